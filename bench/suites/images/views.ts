import { scope, setThreads, threads } from 'tandem-torch';
import { makeViews, viewsPreset } from 'tandem-vision';
import { type Comparison, compare, interleave } from '../../harness/interleave.js';
import type { Peer } from '../../harness/peer.js';
import { digits } from '../../harness/print.js';
import type { Context, Goal, Outcome } from '../../harness/suite.js';
import { makeTrainer } from '../engine/training.js';

/** One kind of views, as both sides get it. */
interface Case {
  readonly preset: 'small' | 'large';
  readonly size: number;
  readonly batch: number;
}

interface Block {
  readonly seconds: number;
  /** Of the process: what a view costs, however busy the machine is. */
  readonly cpuSeconds: number;
  readonly mean: number;
}

const cases: readonly (Case & { readonly atLeast: number })[] = [
  { preset: 'small', size: 32, batch: 256, atLeast: 5 },
  { preset: 'large', size: 224, batch: 32, atLeast: 3 },
];

/**
 * Batched views as tensors against the usual pipeline of torchvision, image by image in Pillow; one
 * thread each.
 */
export async function measureViews(context: Context, peer: Peer | null): Promise<Outcome> {
  const before = threads();
  setThreads(1);
  try {
    return await onOneThread(context, peer);
  } finally {
    setThreads(before);
  }
}

async function onOneThread({ short, say }: Context, peer: Peer | null): Promise<Outcome> {
  const rows: string[][] = [];
  const goals: Goal[] = [];
  const results: object[] = [];
  let small = Number.NaN;
  for (const { atLeast, ...given } of cases) {
    const chosen = short ? { ...given, batch: 4 } : given;
    say(`views of ${chosen.size} pixels`);
    const { seconds, cpuSeconds } = await measureCase(chosen, peer, short);
    const { ours, theirs, ratio } = cpuSeconds;
    if (chosen.preset === 'small') small = ours.median;
    rows.push([
      `${chosen.preset}, ${chosen.size} px`,
      digits(1 / ours.median),
      theirs ? digits(1 / theirs.median) : '-',
      ratio ? ratio.median.toFixed(2) : '-',
      ratio ? `${ratio.quartiles[0].toFixed(2)} to ${ratio.quartiles[1].toFixed(2)}` : '-',
      seconds.ratio ? seconds.ratio.median.toFixed(2) : '-',
      String(ours.samples),
    ]);
    if (ratio) goals.push({ name: `${chosen.size} px against Pillow`, measured: ratio.median, atLeast });
    results.push({ ...chosen, secondsAnImage: seconds, cpuSecondsAnImage: cpuSeconds });
  }
  say('a training step');
  const step = trainingSecondsAnImage(short);
  const share = small / step;
  goals.push({ name: 'share of a training step at 32 px', measured: share, atMost: 0.03 });
  return {
    tables: [
      {
        title: 'Views an image and core, from uint8 in memory to normalised float32 (processor time)',
        head: ['views', 'img/s', 'Pillow', 'ratio', 'quartiles', 'wall ratio', 'pairs'],
        rows,
      },
      {
        title: 'A view beside what is done with it: ResNet-18, width 64, 32 px, forward, backward and SGD, one thread',
        head: ['', 'ms an image'],
        rows: [
          ['view', digits(small * 1000)],
          ['training', digits(step * 1000)],
          ['share', `${digits(share * 100)} %`],
        ],
      },
    ],
    goals,
    results: { threads: 1, views: results, trainingCpuSecondsAnImage: step, share },
  };
}

async function measureCase(
  chosen: Case,
  peer: Peer | null,
  short: boolean,
): Promise<{ seconds: Comparison; cpuSeconds: Comparison }> {
  const make = makeOurs(chosen);
  await peer?.ask('prepare', chosen);
  const theirs = peer && (() => peer.ask<Block>('make'));
  const first = [make(), await theirs?.()];
  if (first[1]) assertAlike(first[0] as Block, first[1]);
  const cpu: [ours: number[], theirs: number[]] = [[], []];
  const anImage = ({ seconds, cpuSeconds }: Block, kept: number[]) => {
    kept.push(cpuSeconds / chosen.batch);
    return seconds / chosen.batch;
  };
  const limits = short ? { least: 2, most: 2, seconds: 0 } : { least: 15, most: 60, seconds: 30 };
  const seconds = await interleave(
    () => anImage(make(), cpu[0]),
    theirs && (async () => anImage(await theirs(), cpu[1])),
    limits,
  );
  return { seconds, cpuSeconds: compare(...cpu) };
}

/**
 * Ours and theirs are drawn each with its own numbers, so the pixels' mean is alike only roughly.
 */
function assertAlike(ours: Block, theirs: Block): void {
  if (Math.abs(ours.mean - theirs.mean) < 0.3) return;
  throw new Error(`the peer does not do the same work: the mean of its views is ${theirs.mean}, of ours ${ours.mean}`);
}

function makeOurs({ preset, size, batch }: Case): () => Block {
  const [view] = viewsPreset(preset, { size, data: 'imagenet' });
  if (!view) throw new Error(`${preset} has no view`);
  const indices = Uint32Array.from({ length: batch }, (_, i) => i);
  const bytes = pictures(batch, size);
  let draw = 0;
  return () => {
    const begun = performance.now();
    const before = process.cpuUsage();
    const [made] = scope(() =>
      makeViews({ indices, bytes }, { channels: 3, height: size, width: size }, [view], { seed: 0, draw: draw++ }),
    );
    const { user, system } = process.cpuUsage(before);
    const seconds = (performance.now() - begun) / 1000;
    const mean = scope(() => made?.mean().item()) as number;
    made?.dispose();
    return { seconds, cpuSeconds: (user + system) / 1e6, mean };
  };
}

/** Ramps, the same as in peers/views.py. */
function pictures(count: number, size: number): Uint8Array {
  const bytes = new Uint8Array(count * 3 * size * size);
  let at = 0;
  for (let n = 0; n < count; n++) {
    for (let c = 0; c < 3; c++) {
      for (let y = 0; y < size; y++) {
        for (let x = 0; x < size; x++) bytes[at++] = 11 * n + 50 * c + 3 * y + 7 * x;
      }
    }
  }
  return bytes;
}

/** Processor seconds; the least of a few steps. */
function trainingSecondsAnImage(short: boolean): number {
  const batch = short ? 4 : 64;
  const trainer = makeTrainer({ bfloat16: false, channelsLast: false, width: short ? 8 : 64, batch });
  try {
    trainer.train(1);
    return Math.min(...[1, 2, 3].map(() => trainer.train(1).cpuSeconds)) / batch;
  } finally {
    trainer.dispose();
  }
}
