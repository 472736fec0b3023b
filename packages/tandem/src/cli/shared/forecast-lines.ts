import { shownBytes, shownDuration } from '../../errors.js';
import { flopsOf, type Operations } from '../../networks/index.js';
import type { Forecast, RunTime } from '../../pretrain/index.js';
import { wrapped } from '../terminal/lines.js';

/** What a run will take, and where that is long what makes it shorter. */
export function forecastLines(
  { time, load, shorter, memoryAdvice }: Forecast,
  run: { readonly epochs: number; readonly batch: number },
): string[] {
  const memory = load && `${shownOperations(load.perStep)} a step, memory about ${shownBytes(load.memory.total)}`;
  return [
    ...wrapped([timeLine(time, run)]),
    ...(memory ? [memory] : []),
    ...(memoryAdvice ? wrapped([`warning: ${memoryAdvice}`]) : []),
    ...(shorter.length > 0 ? ['that is long; shorter, one or more of:', ...changes(shorter)] : []),
  ];
}

/** `forecast: a step 16.2s, an epoch 2m54s, all 200 epochs 9h40m (timed ...)` */
export function timeLine({ step, epoch, all, timedBatch }: RunTime, run: { epochs: number; batch: number }): string {
  const how = timedBatch === run.batch ? 'timed on whole batches' : `by steps of ${timedBatch} of ${run.batch} images`;
  const epochs = run.epochs === 1 ? 'all' : `all ${run.epochs.toLocaleString('en')} epochs`;
  return `forecast: a step ${brief(step)}, an epoch ${brief(epoch)} with its evaluation, ${epochs} ${brief(all)} (${how})`;
}

function changes(shorter: Forecast['shorter']): string[] {
  const rows = shorter.map(({ setting, all }) => [setting, `about ${shownDuration(all)}`] as const);
  const all = [...rows, ['--budget 1h', 'chooses width, size, epochs and batch for an hour'] as const];
  const width = Math.max(...all.map(([setting]) => setting.length)) + 2;
  return all.map(([setting, what]) => `  ${setting.padEnd(width)}${what}`);
}

/** `350ms`, `4.2s`, `1m15s` */
export function brief(seconds: number): string {
  if (seconds < 1) return `${Math.round(1000 * seconds)}ms`;
  return seconds < 10 ? `${seconds.toFixed(1)}s` : shownDuration(seconds);
}

/** Operations as `tandem doctor` counts them: `2.85 TFLOP`. */
export function shownOperations(operations: Operations): string {
  return inThousands(flopsOf(operations), 'FLOP');
}

/** `1.23 G`, or `1.23 GFLOP` with that unit. */
export function inThousands(n: number, unit = ''): string {
  const power = Math.min(Math.max(Math.floor(Math.log10(Math.max(n, 1)) / 3), 0), 5);
  return `${Number((n / 1000 ** power).toPrecision(3))} ${['', 'k', 'M', 'G', 'T', 'P'][power]}${unit}`.trimEnd();
}
