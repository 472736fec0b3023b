import { shellWord } from '../../errors.js';
import type { EpochMetrics, LoadingOptions, PretrainEvent } from '../../pretrain/index.js';
import { Exit } from '../terminal/exit.js';
import { wrapped } from '../terminal/help.js';
import { duration, progress } from '../terminal/progress.js';
import { abortOnSignals } from '../terminal/signals.js';
import { skippedFiles } from './skipped.js';
import { reported } from './with-report.js';

/**
 * Shows a training run from reading its images to its end.
 * @param images what is read, in words
 * @throws Exit 130 or 143 when a signal interrupted it
 */
export async function showTraining(
  images: string,
  begin: (hooks: LoadingOptions) => AsyncIterable<PretrainEvent>,
  json: boolean,
): Promise<{ run: string; metrics: EpochMetrics | undefined }> {
  const { stderr } = process;
  let bar = progress('images');
  let saves = false;
  const { signal, exitCode, release } = abortOnSignals(() =>
    bar.say(`stopping${saves ? ' after this step, saving' : ''}; once more to stop at once`),
  );
  try {
    let [steps, epochs] = [0, 0];
    let rate = imageRate();
    for await (const event of reported(begin({ signal, onLoading: bar.update }), release)) {
      switch (event.kind) {
        case 'loading':
          bar.say(`reading ${images}`);
          break;
        case 'warning':
          bar.say(`warning: ${event.text}`);
          break;
        case 'start':
          bar.stop();
          bar = progress('training');
          saves = true;
          ({ steps, epochs } = event);
          stderr.write(`${opening(event).join('\n')}\n`);
          rate = imageRate(event.imagesSeen);
          break;
        case 'step':
          bar.update(event.step, steps, stepNote(event, rate(event.imagesSeen)));
          break;
        case 'evaluation':
          bar.update(event.step, steps, `evaluating ${event.done}/${event.total}`);
          break;
        case 'epoch':
          bar.say(epochLine(event.metrics, epochs));
          if (event.metrics.warning) bar.say(`warning: ${event.metrics.warning}`);
          rate = imageRate(event.metrics.imagesSeen);
          break;
        case 'end':
          bar.stop();
          stderr.write(
            event.interrupted
              ? `interrupted; saved. Go on with: tandem resume ${shellWord(event.run)}\n`
              : `done: ${event.run}\n`,
          );
          if (json) console.log(JSON.stringify({ run: event.run, interrupted: event.interrupted, ...event.metrics }));
          if (event.interrupted) throw new Exit(exitCode());
          return { run: event.run, metrics: event.metrics };
      }
    }
    throw new Error('training ended without a word');
  } catch (error) {
    if (error !== signal.reason) throw error;
    bar.say('interrupted before the first step; nothing new was saved');
    throw new Exit(exitCode());
  } finally {
    bar.stop();
    release();
  }
}

type Event<Kind extends PretrainEvent['kind']> = Extract<PretrainEvent, { kind: Kind }>;

function opening({ run, settings: all, data, learned, steps, parameters, from }: Event<'start'>): string[] {
  const { train, skipped, note } = data;
  const settings = Object.entries(all).map(([key, value]) => `${key}=${value}`);
  return [
    `${train.name}: ${train.count.toLocaleString('en')} images of ${train.channels}x${train.height}x${train.width}`,
    ...(learned === train.count ? [] : [`learned from are ${learned.toLocaleString('en')}, with their labels`]),
    ...(note ? [note] : []),
    ...(skipped.length ? [`${skippedFiles(skipped)}; see ${run}/skipped.jsonl`] : []),
    ...(data.queries ? [] : ['k-NN is skipped']),
    wrapped(['settings:', ...settings]),
    `${parameters.toLocaleString('en')} parameters, ${steps.toLocaleString('en')} steps, run folder ${run}`,
    ...(from > 0 ? [`going on after step ${from.toLocaleString('en')}`] : []),
  ];
}

function stepNote({ loss }: Event<'step'>, imagesPerSecond: number): string {
  return `${loss === undefined ? '' : `loss ${loss.toFixed(3)}  `}${imagesPerSecond.toFixed(0)} images/s`;
}

/** Images a second from now on, evaluation in between left out. */
function imageRate(before = 0): (imagesSeen: number) => number {
  const started = Date.now();
  return (imagesSeen) => ((imagesSeen - before) * 1000) / Math.max(Date.now() - started, 1);
}

function epochLine(metrics: EpochMetrics, epochs: number): string {
  const { epoch, loss, lr, top1, knnStudent, knnTeacher, embeddingStd, effectiveRank, imagesPerSecond, seconds } =
    metrics;
  const percent = (share: number | undefined) => (share === undefined ? undefined : (share * 100).toFixed(2));
  const parts: [string, string | undefined][] = [
    ['loss', loss.toFixed(4)],
    ['lr', lr.toPrecision(3)],
    ['top 1', percent(top1)],
    ['k-NN student', percent(knnStudent)],
    ['teacher', percent(knnTeacher)],
    ['std', embeddingStd?.toFixed(4)],
    ['rank', effectiveRank?.toFixed(1)],
    ['images/s', imagesPerSecond.toFixed(0)],
    ['time', duration(seconds)],
  ];
  const shown = parts.filter(([, value]) => value !== undefined).map(([name, value]) => `${name} ${value}`);
  return `epoch ${epoch}/${epochs}  ${shown.join('  ')}`;
}
