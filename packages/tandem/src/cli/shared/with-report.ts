import type { PretrainEvent } from '../../pretrain/index.js';
import { writeReport } from '../../report/index.js';
import { progress } from '../terminal/progress.js';

/**
 * Passes a run's events on, and writes its report before the last one, or where it fails. The
 * pictures, which take another look at some images, are left out where the run was interrupted or
 * failed. A report that cannot be written is told, and fails no run.
 * @param onEnd told when the run is over and all of it saved
 */
export async function* reported(
  events: AsyncIterable<PretrainEvent>,
  onEnd: () => void,
): AsyncGenerator<PretrainEvent> {
  let start: Extract<PretrainEvent, { kind: 'start' }> | undefined;
  let isDue = false;
  try {
    for await (const event of events) {
      if (event.kind === 'start') {
        start = event;
        isDue = true;
      } else if (event.kind === 'end') {
        isDue = false;
        onEnd();
        await report(event.run, event.interrupted ? undefined : start);
      }
      yield event;
    }
  } finally {
    if (start && isDue) await report(start.run, undefined);
  }
}

async function report(run: string, whole: Extract<PretrainEvent, { kind: 'start' }> | undefined): Promise<void> {
  const bar = progress('report');
  try {
    const onProgress = (done: number, total: number) => bar.update(done, total, 'neighbours');
    bar.say(
      `report: ${await writeReport(run, whole ? { pictures: { data: whole.data, device: whole.device, onProgress } } : {})}`,
    );
  } catch (error) {
    bar.say(`no report was written: ${error instanceof Error ? error.message : error}`);
  } finally {
    bar.stop();
  }
}
