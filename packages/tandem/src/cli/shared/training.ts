import type { distributed } from 'tandem-torch';
import { shellWord, shownDuration } from '../../errors.js';
import { classSizes, knnSplit } from '../../evaluate/index.js';
import { skippedNote } from '../../images/index.js';
import { tandemCommand } from '../../invocation.js';
import { inPoints } from '../../math.js';
import { type EpochMetrics, type LoadingOptions, type PretrainEvent, TimeLeft } from '../../pretrain/index.js';
import { withReport } from '../../report/index.js';
import { Exit } from '../terminal/exit.js';
import { wrapped } from '../terminal/lines.js';
import { printJson, tell } from '../terminal/print.js';
import { progress } from '../terminal/progress.js';
import { abortOnSignals, abortQuietly } from '../terminal/signals.js';
import { sizesLine } from './class-lines.js';
import { counted } from './counted.js';
import { brief, forecastLines, timeLine } from './forecast-lines.js';
import { settingText } from './settings.js';

/** How a training run ended. */
export interface TrainingOutcome {
  /** Its folder. */
  readonly run: string;
  /** Of the last epoch; undefined where none was finished. */
  readonly metrics: EpochMetrics | undefined;
}

/**
 * Shows a training run from reading its images to its end.
 * @param images what is read, in words
 * @throws Exit 130 or 143 when a signal interrupted it
 */
export async function showTraining(
  images: string,
  begin: (hooks: LoadingOptions) => AsyncIterable<PretrainEvent>,
  json: boolean,
  group?: distributed.ProcessGroup,
): Promise<TrainingOutcome> {
  if (group && group.rank > 0) return trainQuietly(begin, group);
  const screen = trainingScreen(images);
  const { signal, exitCode, announce, release } = abortOnSignals('stopping; once more to stop at once', screen.say);
  try {
    const events = begin({ signal, onLoading: screen.onLoading, group });
    for await (const event of withReport(events, { onEnd: release, baselines: true, ...screen.report })) {
      if (event.kind === 'start') announce('stopping after this step, saving; once more to stop at once');
      screen.show(event);
      if (event.kind !== 'end') continue;
      const { run, metrics, interrupted } = event;
      await group?.destroy();
      if (json) printJson({ run, interrupted, ...metrics });
      if (interrupted) throw new Exit(exitCode());
      return { run, metrics };
    }
    throw new Error('training ended without its last event');
  } catch (error) {
    if (error !== signal.reason) throw error;
    screen.say('interrupted before the first step; nothing new was saved');
    throw new Exit(exitCode());
  } finally {
    screen.stop();
    release();
  }
}

/** The same for a process that shares the work of the first one, which shows it. */
async function trainQuietly(
  begin: (hooks: LoadingOptions) => AsyncIterable<PretrainEvent>,
  group: distributed.ProcessGroup,
): Promise<TrainingOutcome> {
  const { signal, exitCode, release } = abortQuietly();
  try {
    for await (const event of begin({ signal, group })) {
      if (event.kind !== 'end') continue;
      await group.destroy(); // the first one leaves last, when its report is written
      if (event.interrupted) throw new Exit(exitCode());
      return { run: event.run, metrics: event.metrics };
    }
    throw new Error('training ended without its last event');
  } catch (error) {
    if (error !== signal.reason) throw error;
    throw new Exit(exitCode());
  } finally {
    release();
  }
}

/**
 * What is shown of a run on stderr: a bar for the images, then one for training, then one for the
 * report.
 */
function trainingScreen(images: string) {
  const reportBar = progress('report');
  let bar = progress('images');
  let [steps, epochs] = [0, 0];
  let rate = imageRate();
  let left: TimeLeft | undefined;
  let refinedAt = 0;
  let begun: Event<'start'> | undefined;
  function start(event: Event<'start'>): void {
    begun = event;
    bar.stop();
    bar = progress('training');
    ({ steps, epochs } = event);
    tell(...opening(event));
    rate = imageRate(event.imagesSeen);
    const { stepsPerEpoch, forecast, from } = event;
    left = new TimeLeft({ steps, stepsPerEpoch, evaluation: forecast?.time.evaluation });
    if (forecast) bar.update(from, steps, '', forecast.time.all);
    refinedAt = from + stepsUntilRefined;
  }
  function step(event: Event<'step'>): void {
    const seconds = left?.step(event.step);
    bar.update(event.step, steps, stepNote(event, rate(event.imagesSeen)), seconds);
    if (event.step !== refinedAt || seconds === undefined || seconds < 60) return;
    bar.say(`by the first steps: a step ${brief(left?.secondsPerStep ?? 0)}, ${shownDuration(seconds)} left`);
  }
  function epoch({ metrics }: Event<'epoch'>): void {
    left?.epoch();
    bar.say(epochLine(metrics, epochs));
    if (metrics.warning) bar.say(`warning: ${metrics.warning}`);
    rate = imageRate(metrics.imagesSeen);
  }
  function show(event: PretrainEvent): void {
    if (event.kind === 'loading') bar.say(`reading ${images}`);
    if (event.kind === 'warning') bar.say(`warning: ${event.text}`);
    if (event.kind === 'timing') bar.say('timing a few steps');
    if (event.kind === 'chosen') tell(...chosenLines(event));
    if (event.kind === 'start') start(event);
    if (event.kind === 'step') step(event);
    if (event.kind === 'evaluation') bar.update(event.step, steps, `evaluating ${event.done}/${event.total}`);
    if (event.kind === 'epoch') epoch(event);
    if (event.kind === 'end') {
      stop();
      tell(...closing(event, begun));
    }
  }
  function stop(): void {
    reportBar.stop();
    bar.stop();
  }
  return {
    show,
    stop,
    say: (line: string) => bar.say(line),
    onLoading: bar.update,
    report: { onNote: reportBar.say, onProgress: reportBar.update },
  };
}

/** Steps of this process after which it is told how long they took. */
const stepsUntilRefined = 3;

type Event<Kind extends PretrainEvent['kind']> = Extract<PretrainEvent, { kind: Kind }>;

function opening(event: Event<'start'>): string[] {
  const { run, settings: all, changed, data, learned, epochs, steps, parameters, from, forecast } = event;
  const { train, stream, skipped, note } = data;
  const count = stream?.count ?? train.count;
  const split = knnSplit(data);
  const settings = Object.entries(changed).map(([key, value]) => settingText(key, value));
  return [
    `${train.name}: ${counted(count, 'image')} of ${train.channels}x${train.height}x${train.width}`,
    ...(learned === count ? [] : [`learned from: ${learned.toLocaleString('en')} of them, with their labels`]),
    ...(note ? [note] : []),
    ...(skipped.length ? [`${skippedNote(skipped)}; see ${run}/skipped.jsonl`] : []),
    ...(split ? [sizesLine(classSizes(split))] : ['k-NN is skipped']),
    ...(data.stream ? [] : leftOver(learned, Number(all.batch))),
    ...wrapped(settings.length > 0 ? ['settings that are not the defaults:', ...settings] : ['settings: the defaults']),
    `${parameters.toLocaleString('en')} parameters, ${counted(steps, 'step')}, run folder ${run}`,
    ...(forecast ? forecastLines(forecast, { epochs, batch: Number(all.batch) }) : []),
    ...(from > 0 ? [`resuming after step ${from.toLocaleString('en')}`] : []),
  ];
}

/** Images that do not fill a batch are left for another epoch: of few images a large part. */
function leftOver(images: number, batch: number): string[] {
  const left = images % batch;
  if (left <= images / 10) return [];
  return [`batch ${batch}: an epoch sees ${images - left} of the ${images} images, others each time`];
}

function chosenLines({ chosen, time }: Event<'chosen'>): string[] {
  const settings = Object.entries(chosen).map(([key, value]) => settingText(key, value));
  const run = { epochs: Number(chosen.epochs), batch: Number(chosen.batch) };
  return [...wrapped(['chosen for this time:', ...settings]), ...wrapped([timeLine(time, run)])];
}

function closing({ run, interrupted }: Event<'end'>, begun: Event<'start'> | undefined): string[] {
  const folder = shellWord(run);
  if (interrupted) return [`interrupted; saved. Resume with: ${tandemCommand()} resume ${folder}`];
  if (begun === undefined) return [`done: ${run}`];
  const images = shellWord(String(begun.settings.images));
  const next = [
    ...(knnSplit(begun.data) ? [`linear ${folder} ${images}`] : []),
    `index ${folder} ${images} --to gallery`,
    `export ${folder} --out my-encoder`,
  ];
  const rows = next.map((words) => `  ${tandemCommand()} ${words}`);
  return [`done: ${run}`, `it holds the ${begun.result}'s encoder; what next, for example:`, ...rows];
}

function stepNote({ loss, flow }: Event<'step'>, imagesPerSecond: number): string {
  const rate = `${loss === undefined ? '' : `loss ${loss.toFixed(3)}  `}${imagesPerSecond.toFixed(0)} images/s`;
  return flow ? `${rate}  ${flowNote(flow)}` : rate;
}

/** How the images of a stream come: what arrives, and how long was waited for them. */
function flowNote({ bytesPerSecond, waited }: NonNullable<Event<'step'>['flow']>): string {
  return `${(bytesPerSecond / 2 ** 20).toFixed(1)} MiB/s, ${(100 * waited).toFixed(0)} % of the time waiting for images`;
}

/** Images a second from now on, evaluation in between left out. */
function imageRate(before = 0): (imagesSeen: number) => number {
  const started = performance.now();
  return (imagesSeen) => ((imagesSeen - before) * 1000) / Math.max(performance.now() - started, 1);
}

function epochLine(metrics: EpochMetrics, epochs: number): string {
  const {
    epoch,
    loss,
    lr,
    top1,
    knnStudent,
    knnTeacher,
    knnAverage,
    embeddingStd,
    effectiveRank,
    imagesPerSecond,
    seconds,
  } = metrics;
  const points = (share: number | undefined) => (share === undefined ? undefined : inPoints(share));
  const parts: [string, string | undefined][] = [
    ['loss', loss.toFixed(4)],
    ['lr', lr.toPrecision(3)],
    ['top 1', points(top1)],
    ['k-NN student', points(knnStudent)],
    ['teacher', points(knnTeacher)],
    ['average', points(knnAverage)],
    ['std', embeddingStd?.toFixed(4)],
    ['rank', effectiveRank?.toFixed(1)],
    ['images/s', imagesPerSecond.toFixed(0)],
    ['time', shownDuration(seconds)],
  ];
  const shown = parts.filter(([, value]) => value !== undefined).map(([name, value]) => `${name} ${value}`);
  return `epoch ${epoch}/${epochs}  ${shown.join('  ')}`;
}
