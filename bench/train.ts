import { methods, UserError } from 'tandem';
import { assertAlike } from './alike.js';
import { type Cifar, withCifar } from './cifar.js';
import { inFreshProcess } from './fresh.js';
import { type Comparison, compare, takeTurns } from './interleave.js';
import { measureLimits } from './limits.js';
import type { Peer } from './peer.js';
import { digits } from './print.js';
import { secondsToFirstStep } from './startup.js';
import { type Summary, summarise } from './statistics.js';
import { type Phases, phases } from './stopwatch.js';
import type { Context, Goal, Suite, Table } from './suite.js';
import { openTrainer, operationsOfStep, type Step } from './trainer.js';

/** Those that bench/peers/methods.py has too. */
const compared = ['simclr', 'byol', 'clbo'];

/** What bench/peers/train.py tells of a block, for each step. */
interface PeerStep {
  readonly seconds: number;
  readonly views: number;
  readonly pageFaults: number;
}

/** The two ways in which the peer does the same. */
type Peers = Readonly<Record<'tuned' | 'published', Peer | null>>;

/** What a peer is told besides. */
interface Prepared {
  readonly batch: number;
  readonly width: number;
  readonly channelsLast: boolean;
  readonly bfloat16: boolean;
}

/** One method's numbers. */
interface Measured {
  readonly method: string;
  readonly precision: 'float32' | 'bfloat16';
  readonly memoryFormat: string;
  readonly operationsPerStep: number;
  readonly secondsPerStep: Summary;
  readonly stepWithoutViews: Summary;
  readonly phases: Phases;
  readonly pageFaultsPerStep: number;
  readonly tuned?: Against;
  readonly published?: Against;
}

/** A peer's seconds for each step, and how many times faster ours is. */
interface Against {
  readonly compared: Comparison;
  readonly stepWithoutViews: Summary;
  readonly pageFaultsPerStep: number;
}

/** Training as users have it, against the machine and against PyTorch. */
export const train: Suite = {
  what: 'training, images to update: all methods, the limit, PyTorch as published and tuned, start-up, peak memory',
  async run(context) {
    const { settings, short, machine, say } = context;
    const size = { batch: settings.batch, width: settings.width };
    const { limits, ...limit } = measureLimits(context, size);
    return withCifar(context, async (cifar) => {
      const peers: Peers = {
        tuned: await context.startPeer('train'),
        published: await context.startPeer('train', { allocator: 'default' }),
      };
      const bfloat16 = machine.bfloat16InHardware;
      const channelsLast = peers.tuned ? await fasterFormat(peers.tuned, context) : false;
      const found: Measured[] = [];
      for (const method of Object.keys(methods)) {
        say(`training steps of ${method}`);
        try {
          found.push(await measureMethod(method, cifar, peers, { ...size, channelsLast, bfloat16 }, context));
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          say(`${method} is left out: ${error.message}`); // it needs what a bare command line does not give
        }
      }
      say('start-up and peak memory');
      const startUp = await measureStartUp(cifar, context);
      const peak = await measurePeak(cifar, peers, { ...size, channelsLast, bfloat16 }, context);
      const peer = {
        precision: bfloat16 ? 'bfloat16' : 'float32',
        tunedFormat: channelsLast ? 'channelsLast' : 'contiguous',
      };
      const rate = (one: Measured) => limits[one.precision].training;
      const [first] = found as [Measured];
      const note = `ResNet-18, width ${size.width}, batch ${size.batch}, 3x32x32, ${machine.threads} threads; ours ${first.precision} ${first.memoryFormat}, tuned ${peer.precision} ${peer.tunedFormat}, published float32 contiguous`;
      return {
        tables: [
          ...limit.tables,
          rateTable(found, size.batch, rate, note),
          ratioTable(found, size.batch),
          phaseTable(found),
          costTable(startUp, peak),
        ],
        goals: short ? [] : goalsOf(found, rate, startUp, peak),
        results: {
          ...size,
          images: settings.dataRoot ? 'CIFAR-10' : 'noise',
          peer,
          ...limit.results,
          methods: found,
          startUp,
          peak,
        },
      };
    });
  },
};

async function fasterFormat(tuned: Peer, { settings, machine, say }: Context): Promise<boolean> {
  say('memory format of the tuned peer');
  const batch = Math.max(16, settings.batch / 4);
  const asked = { method: 'simclr', width: settings.width, batch, bfloat16: machine.bfloat16InHardware };
  const { contiguous, channelsLast } = await tuned.ask<Record<'contiguous' | 'channelsLast', number>>('formats', asked);
  return channelsLast < contiguous;
}

async function measureMethod(
  method: string,
  { root, folder, images }: Cifar,
  peers: Peers,
  prepared: Prepared,
  { settings, short }: Context,
): Promise<Measured> {
  const config = { method, batch: prepared.batch, width: prepared.width };
  const operationsPerStep = await operationsOfStep(config, root);
  const kept = { ours: [] as Step[], tuned: [] as PeerStep[], published: [] as PeerStep[] };
  const against = compared.includes(method) ? (['tuned', 'published'] as const).filter((name) => peers[name]) : [];
  for (const name of against) {
    const peer = peers[name] as Peer;
    await assertAlike(method, images, peer, name === 'tuned');
    await peer.ask('prepare', { ...prepared, method, data: folder, tuned: name === 'tuned' });
  }
  const trainer = openTrainer(config, images);
  const rounds = short ? 1 : compared.includes(method) ? settings.rounds : Math.ceil(settings.rounds / 2);
  const blocks = [
    async () => kept.ours[kept.ours.push(await trainer.step()) - 1] as Step,
    ...against.map((name) => async () => {
      const step = await (peers[name] as Peer).ask<PeerStep>('train', { steps: 1 });
      return kept[name][kept[name].push(step) - 1] as PeerStep;
    }),
  ];
  // The first step allocates and prepares kernels.
  for (const block of blocks) await block();
  for (const steps of Object.values(kept)) steps.length = 0;
  const [ours, ...theirs] = await takeTurns(
    blocks.map((block) => async () => (await block()).seconds),
    { least: rounds, most: rounds, seconds: 0 },
  );
  await trainer.end();
  for (const name of against) await peers[name]?.ask('release');
  const compareWith = (name: 'tuned' | 'published', seconds: readonly number[]): Against => ({
    compared: compare(ours as number[], seconds),
    stepWithoutViews: summarise(kept[name].map((step) => step.seconds - step.views)),
    pageFaultsPerStep: summarise(kept[name].map((step) => step.pageFaults)).median,
  });
  return {
    method,
    precision: trainer.plan.precision,
    memoryFormat: trainer.plan.memoryFormat,
    operationsPerStep,
    secondsPerStep: summarise(ours as number[]),
    stepWithoutViews: summarise(kept.ours.map((step) => step.seconds - step.phases.views)),
    phases: Object.fromEntries(
      phases.map((phase) => [phase, kept.ours.reduce((sum, step) => sum + step.phases[phase], 0) / kept.ours.length]),
    ) as Phases,
    pageFaultsPerStep: summarise(kept.ours.map((step) => step.pageFaults)).median,
    ...Object.fromEntries(against.map((name, i) => [name, compareWith(name, theirs[i] as number[])])),
  };
}

async function measureStartUp({ root }: Cifar, { settings, short }: Context): Promise<Summary> {
  const seconds: number[] = [];
  for (let i = 0; i < (short ? 1 : 5); i++)
    seconds.push(await secondsToFirstStep({ method: 'clbo', ...settings }, root));
  return summarise(seconds);
}

/** MiB of a fresh process that makes two steps of CLBO. */
interface Peak {
  readonly ours: number;
  readonly tuned?: number;
}

async function measurePeak(
  { root, folder }: Cifar,
  peers: Peers,
  prepared: Prepared,
  { startPeer }: Context,
): Promise<Peak> {
  const { batch, width } = prepared;
  const { peakMiB } = await inFreshProcess({ dataRoot: root, steps: 2, config: { method: 'clbo', batch, width } });
  const peer = peers.tuned && (await startPeer('train'));
  if (!peer) return { ours: peakMiB };
  await peer.ask('prepare', { ...prepared, method: 'clbo', data: folder, tuned: true });
  await peer.ask('train', { steps: 2 });
  return { ours: peakMiB, tuned: await peer.ask<number>('peak') };
}

function rateTable(found: readonly Measured[], batch: number, limit: (one: Measured) => number, note: string): Table {
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

function ratioTable(found: readonly Measured[], batch: number): Table {
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
  return {
    title: 'End to end (images to views to update) against PyTorch; step img/s leave out the wait for views',
    head,
    rows,
  };
}

function phaseTable(found: readonly Measured[]): Table {
  const rows = found.map((one) => {
    const whole = phases.reduce((sum, phase) => sum + one.phases[phase], 0);
    return [one.method, ...phases.map((phase) => ((100 * one.phases[phase]) / whole).toFixed(1))];
  });
  return { title: 'Where the time of a step goes, %', head: ['method', ...phases], rows };
}

function costTable(startUp: Summary, peak: Peak): Table {
  return {
    title: 'A process of its own, CLBO',
    head: ['', 'ours', 'PyTorch tuned'],
    rows: [
      ['seconds from process start to the first step', startUp.median.toFixed(2), '-'],
      ['peak resident memory of two steps, MiB', peak.ours.toFixed(0), peak.tuned?.toFixed(0) ?? '-'],
    ],
  };
}

function goalsOf(found: readonly Measured[], limit: (one: Measured) => number, startUp: Summary, peak: Peak): Goal[] {
  const ratios = found.flatMap(({ method, tuned, published }) => [
    ...(published?.compared.ratio
      ? [
          {
            name: `${method}, end to end, times PyTorch as published`,
            measured: published.compared.ratio.median,
            atLeast: 4,
          },
        ]
      : []),
    ...(tuned?.compared.ratio
      ? [{ name: `${method}, end to end, times PyTorch tuned`, measured: tuned.compared.ratio.median, atLeast: 1.15 }]
      : []),
  ]);
  const shares = found
    .filter(({ method }) => compared.includes(method))
    .map(({ method, phases: spent, secondsPerStep }) => {
      return {
        name: `${method}, share of views in a step`,
        measured: spent.views / secondsPerStep.median,
        atMost: 0.03,
      };
    });
  const clbo = found.find(({ method }) => method === 'clbo') as Measured;
  const ofLimit = clbo.operationsPerStep / clbo.stepWithoutViews.median / limit(clbo);
  return [
    ...ratios,
    { name: `clbo, share of the ${clbo.precision} convolution rate in a step`, measured: ofLimit, atLeast: 0.8 },
    ...shares,
    { name: 'seconds to the first step', measured: startUp.median, atMost: 3 },
    ...(peak.tuned ? [{ name: "peak memory over the tuned peer's", measured: peak.ours / peak.tuned, atMost: 1 }] : []),
  ];
}
