import { autocast, crossEntropyLoss, manualSeed, nn, noGrad, optim, randint, randn, scope } from 'tandem-torch';
import { buildEncoder } from 'tandem-vision';
import { type Comparison, compare, interleave } from '../../harness/interleave.js';
import type { Peer } from '../../harness/peer.js';
import { digits } from '../../harness/print.js';
import type { Context, Goal, Outcome } from '../../harness/suite.js';

/** One kind of step, as both sides get it. */
interface Case {
  readonly bfloat16: boolean;
  readonly channelsLast: boolean;
  readonly width: number;
  readonly batch: number;
}

interface Block {
  readonly seconds: number;
  /**
   * Of all threads together: what a step costs, however busy the machine is. Threads that wait for
   * others spin, too.
   */
  readonly cpuSeconds: number;
  readonly loss: number;
}

const side = 32;
const classes = 10;

/** Steps of ResNet-18 with the CIFAR stem: forward, cross-entropy, backward, SGD. */
export async function measureTraining({ short, machine, say }: Context, peer: Peer | null): Promise<Outcome> {
  const size = short ? { width: 8, batch: 8 } : { width: 64, batch: 64 };
  const rows: string[][] = [];
  const goals: Goal[] = [];
  const results: object[] = [];
  for (const bfloat16 of [false, true]) {
    for (const channelsLast of [false, true]) {
      const chosen = { bfloat16, channelsLast, ...size };
      const name = [bfloat16 ? 'bfloat16 autocast' : 'float32', channelsLast ? 'channels-last' : 'contiguous'];
      say(`training steps, ${name.join(', ')}`);
      const { stepsInBlock, seconds, cpuSeconds } = await measureCase(chosen, peer, short);
      const { ours, theirs, ratio } = seconds;
      const rate = size.batch / ours.median;
      rows.push([
        ...name,
        digits(rate),
        theirs ? digits(size.batch / theirs.median) : '-',
        ratio ? ratio.median.toFixed(3) : '-',
        ratio ? `${ratio.quartiles[0].toFixed(3)} to ${ratio.quartiles[1].toFixed(3)}` : '-',
        cpuSeconds.ratio ? cpuSeconds.ratio.median.toFixed(3) : '-',
        String(ours.samples),
        digits((rate * operationsPerImage(size.width)) / 1e9),
      ]);
      if (ratio)
        goals.push({ name: `speed against PyTorch, ${name.join(', ')}`, measured: ratio.median, atLeast: 0.95 });
      results.push({ ...chosen, stepsInBlock, secondsPerStep: seconds, cpuSecondsPerStep: cpuSeconds });
    }
  }
  const title = `Training steps of ResNet-18, width ${size.width}, batch ${size.batch}, 3x${side}x${side}, ${machine.threads} threads`;
  const head = ['dtype', 'memory', 'img/s', 'PyTorch', 'ratio', 'quartiles', 'CPU ratio', 'pairs', 'GFLOP/s'];
  return { tables: [{ title, head, rows }], goals, results: { training: results } };
}

async function measureCase(
  chosen: Case,
  peer: Peer | null,
  short: boolean,
): Promise<{ stepsInBlock: number; seconds: Comparison; cpuSeconds: Comparison }> {
  const trainer = makeTrainer(chosen);
  await peer?.ask('prepare', chosen);
  const theirs = peer && ((steps: number) => peer.ask<Block>('train', { steps }));
  try {
    const first = trainer.train(1);
    if (theirs) assertSame(first.loss, (await theirs(1)).loss, chosen.bfloat16 ? 0.02 : 0.001);
    const { seconds } = trainer.train(1);
    await theirs?.(1);
    const steps = Math.max(1, Math.min(3, Math.round(1 / seconds)));
    const limits = short
      ? { least: 2, most: 2, seconds: 0 }
      : { least: 5, most: 30, seconds: chosen.bfloat16 ? 80 : 45 };
    const cpu: [ours: number[], theirs: number[]] = [[], []];
    const perStep = ({ seconds, cpuSeconds }: Block, kept: number[]) => {
      kept.push(cpuSeconds / steps);
      return seconds / steps;
    };
    const compared = await interleave(
      () => perStep(trainer.train(steps), cpu[0]),
      theirs && (async () => perStep(await theirs(steps), cpu[1])),
      limits,
    );
    return { stepsInBlock: steps, seconds: compared, cpuSeconds: compare(...cpu) };
  } finally {
    trainer.dispose();
  }
}

/** Both begin with the same weights and images, so a different loss means different work. */
function assertSame(ours: number, theirs: number, tolerance: number): void {
  if (Math.abs(ours - theirs) <= tolerance * Math.abs(theirs)) return;
  throw new Error(`the peer does not do the same work: its first loss is ${theirs}, ours ${ours}`);
}

/** Weights and images come from the generator in the order in which peers/engine.py draws them. */
export function makeTrainer({ bfloat16, channelsLast, width, batch }: Case) {
  manualSeed(0);
  const encoder = buildEncoder({ backbone: 'resnet18', width, stem: 'small', channels: 3 });
  const classifier = new nn.Linear(encoder.featureWidth, classes);
  manualSeed(0);
  const [images, labels] = scope(() => {
    noGrad(() => {
      for (const x of [...encoder.parameters(), ...classifier.parameters()]) {
        if (x.ndim > 1) x.normal_({ std: Math.sqrt((2 * (x.shape[0] as number)) / x.numel) });
      }
      classifier.bias?.zero_();
    });
    const memoryFormat = channelsLast ? 'channelsLast' : 'contiguous';
    encoder.to({ memoryFormat });
    const drawn = randn([batch, 3, side, side]).to({ memoryFormat });
    return [drawn.keep(), randint(classes, [batch], { dtype: 'int64' }).keep()];
  });
  const sgd = new optim.SGD([...encoder.parameters(), ...classifier.parameters()], {
    lr: 0.01,
    momentum: 0.9,
    weightDecay: 5e-4,
  });
  const step = () =>
    scope(() => {
      const loss = autocast({ enabled: bfloat16 }, () =>
        crossEntropyLoss(classifier.forward(encoder.forward(images)), labels),
      );
      sgd.zeroGrad();
      loss.backward();
      sgd.step();
      return loss.item();
    });
  return {
    train(steps: number): Block {
      let loss = Number.NaN;
      const begun = performance.now();
      const before = process.cpuUsage();
      for (let i = 0; i < steps; i++) loss = step();
      const { user, system } = process.cpuUsage(before);
      return { seconds: (performance.now() - begun) / 1000, cpuSeconds: (user + system) / 1e6, loss };
    },
    dispose() {
      sgd.zeroGrad();
      for (const owner of [encoder, classifier, sgd, images, labels]) owner.dispose();
    },
  };
}

/** Of the convolutions, forward and twice as much backward; a multiply-add counts as two. */
function operationsPerImage(width: number): number {
  const stem = 3 * width * 9 * side ** 2;
  const firstStage = 4 * 9 * width ** 2 * side ** 2;
  // The later stages double the channels at a quarter of the pixels: 2 + 3 * 4 parts at 3x3 and 2
  // in the shortcut.
  const laterStage = (14 * 9 + 2) * width ** 2 * (side / 2) ** 2;
  return 2 * 3 * (stem + firstStage + 3 * laterStage);
}
