import type { JobHooks } from '../evaluate/index.js';
import { systemMessage } from '../files/system-error.js';
import type { PretrainEvent } from '../pretrain/index.js';
import { writeReport } from './write.js';

type Start = Extract<PretrainEvent, { kind: 'start' }>;

/** As of any job, and when the run itself is over. */
export interface WithReportHooks extends JobHooks {
  /** Called when the run is over and all of it saved, before the report is made. */
  readonly onEnd?: () => void;
  /** Whether the report has the baselines of k-NN, where measuring them takes little. */
  readonly baselines?: boolean | undefined;
}

/**
 * Passes a run's events on, and writes its report before the last one, or where the run fails. The
 * pictures, which take another look at some images, are left out where the run was interrupted or
 * failed. That a report cannot be written is a note, and fails no run.
 */
export async function* withReport(
  events: AsyncIterable<PretrainEvent>,
  hooks: WithReportHooks = {},
): AsyncGenerator<PretrainEvent> {
  let start: Start | undefined;
  let isDue = false;
  try {
    for await (const event of events) {
      if (event.kind === 'start') {
        start = event;
        isDue = true;
      } else if (event.kind === 'end') {
        isDue = false;
        hooks.onEnd?.();
        await report(event.run, event.interrupted ? undefined : start, hooks);
      }
      yield event;
    }
  } finally {
    if (start && isDue) await report(start.run, undefined, hooks);
  }
}

/** @param whole the run's start, where it came to its end */
async function report(run: string, whole: Start | undefined, hooks: WithReportHooks): Promise<void> {
  const { onNote, onProgress } = hooks;
  try {
    const baselines = hooks.baselines ? ('little' as const) : false;
    const onNeighbours = (done: number, total: number) => onProgress?.(done, total, 'neighbours');
    const pictures = whole && { data: whole.data, device: whole.device, onProgress: onNeighbours, baselines };
    onNote?.(`report: ${await writeReport(run, pictures ? { pictures } : {})}`);
  } catch (error) {
    onNote?.(`no report was written: ${systemMessage(error) ?? (error instanceof Error ? error.message : error)}`);
  }
}
