import { digits } from '../../harness/print.js';
import type { Summary } from '../../harness/statistics.js';
import { phases } from '../../harness/stopwatch.js';
import type { Goal, Table } from '../../harness/suite.js';
import { compared, type Measured } from './method.js';

/** MiB of a fresh process that makes two steps of CLBO. */
export interface Peak {
  readonly ours: number;
  readonly tuned?: number;
}

export function rateTable(
  found: readonly Measured[],
  batch: number,
  limit: (one: Measured) => number,
  note: string,
): Table {
  const percent = (share: number) => `${digits(100 * share)} %`;
  const rows = found.map((one) => {
    const { method, operationsPerStep, secondsPerStep, stepWithoutViews, pageFaultsPerStep } = one;
    const share = (seconds: Summary) => percent(operationsPerStep / seconds.median / limit(one));
    return [
      method,
      digits(operationsPerStep / 1e9),
      digits(batch / stepWithoutViews.median),
      share(stepWithoutViews),
      digits(batch / secondsPerStep.median),
      share(secondsPerStep),
      digits(pageFaultsPerStep),
      String(secondsPerStep.samples),
    ];
  });
  const head = [
    'method',
    'GFLOP a step',
    'step img/s',
    'of the limit',
    'end to end img/s',
    'of the limit',
    'page faults',
    'rounds',
  ];
  return { title: `Training, ${note}; the limit is that of both convolution passes`, head, rows };
}

export function ratioTable(found: readonly Measured[], batch: number): Table {
  const rows = found.flatMap((one) =>
    (['tuned', 'published'] as const).flatMap((name) => {
      const { compared: { theirs, ratio } = {}, stepWithoutViews, pageFaultsPerStep } = one[name] ?? {};
      if (!theirs || !ratio || !stepWithoutViews) return [];
      return [
        [
          `${one.method}, ${name}`,
          digits(batch / one.secondsPerStep.median),
          digits(batch / theirs.median),
          ratio.median.toFixed(2),
          ratio.quartiles.map((quartile) => quartile.toFixed(2)).join(' to '),
          digits(batch / stepWithoutViews.median),
          digits(pageFaultsPerStep ?? 0),
        ],
      ];
    }),
  );
  const head = ['against PyTorch', 'img/s', 'PyTorch', 'ratio', 'quartiles', 'its step img/s', 'its page faults'];
  const alone = found.filter((one) => !one.tuned && !one.published).map(({ method }) => method);
  const without = alone.length > 0 ? `; no peer for ${alone.join(', ')}` : '';
  return {
    title: `End to end (images to views to update) against PyTorch; step img/s leave out the wait for views${without}`,
    head,
    rows,
  };
}

export function phaseTable(found: readonly Measured[]): Table {
  const rows = found.map((one) => {
    const whole = phases.reduce((sum, phase) => sum + one.phases[phase], 0);
    return [one.method, ...phases.map((phase) => ((100 * one.phases[phase]) / whole).toFixed(1))];
  });
  return { title: 'Where the time of a step goes, %', head: ['method', ...phases], rows };
}

export function costTable(startUp: Summary, peak: Peak): Table {
  return {
    title: 'A process of its own, CLBO',
    head: ['', 'ours', 'PyTorch tuned'],
    rows: [
      ['seconds from process start to the first step', startUp.median.toFixed(2), '-'],
      ['peak resident memory of two steps, MiB', peak.ours.toFixed(0), peak.tuned?.toFixed(0) ?? '-'],
    ],
  };
}

export function goalsOf(
  found: readonly Measured[],
  limit: (one: Measured) => number,
  startUp: Summary,
  peak: Peak,
): Goal[] {
  const ratios = found.flatMap((one) =>
    [['published', 4] as const, ['tuned', 1.15] as const].flatMap(([name, atLeast]) => {
      const measured = one[name]?.compared.ratio?.median;
      return measured === undefined
        ? []
        : { name: `${one.method}, end to end, times PyTorch ${name}`, measured, atLeast };
    }),
  );
  const shares = found
    .filter(({ method }) => compared.includes(method))
    .map(({ method, phases: { views }, secondsPerStep }) => ({
      name: `${method}, share of views in a step`,
      measured: views / secondsPerStep.median,
      atMost: 0.03,
    }));
  const ofLimit = found
    .filter(({ method }) => method === 'clbo')
    .map((clbo) => ({
      name: `clbo, share of the ${clbo.precision} convolution rate in a step`,
      measured: clbo.operationsPerStep / clbo.stepWithoutViews.median / limit(clbo),
      atLeast: 0.8,
    }));
  return [
    ...ratios,
    ...ofLimit,
    ...shares,
    { name: 'seconds to the first step', measured: startUp.median, atMost: 3 },
    ...(peak.tuned ? [{ name: "peak memory over the tuned peer's", measured: peak.ours / peak.tuned, atMost: 1 }] : []),
  ];
}
