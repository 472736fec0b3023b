import { type Device, optim, randn, scope, type Tensor } from 'tandem-torch';
import { Batches, buildEncoder, chooseDevice, type ImageSet, smallView, train } from 'tandem-vision';
import { cudaGraphs, encoderOperations, findMethod } from 'tandem-vision/internal';
import { compare } from '../harness/interleave.js';
import type { Peer } from '../harness/peer.js';
import { digits } from '../harness/print.js';
import type { Context, Suite } from '../harness/suite.js';

const side = 32;
/** Images of CIFAR-10. */
const images = 50_000;

interface Size {
  readonly device: Device;
  readonly width: number;
  readonly batch: number;
  /**
   * Steps between two looks at the clock, of which the last reads the loss and so waits for the
   * device.
   */
  readonly block: number;
}

/**
 * Training on a GPU: SimCLR against the same in PyTorch, and CLBO, beside what the GPU's matrix
 * products reach.
 */
export const gpu: Suite = {
  what: 'SimCLR and CLBO, ResNet-18 on 32x32 images, on a GPU, against its matrix products and PyTorch',
  async run({ short, say, startPeer }: Context) {
    const device = short ? 'cpu' : chooseDevice('cuda');
    const size: Size = short ? { device, width: 8, batch: 16, block: 2 } : { device, width: 64, batch: 256, block: 50 };
    const blocks = short ? 1 : 7;
    say('matrix products in bfloat16');
    const limit = matrixRate(device, short ? 256 : 8192);
    const peer = await startPeer('gpu');
    const rows: string[][] = [];
    const found: object[] = [];
    const goals = [];
    for (const name of ['simclr', 'clbo']) {
      say(`steps of ${name}`);
      const trainer = newTrainer(name, size);
      const theirs = name === 'simclr' ? peer : null;
      const compared = await takeBlocks(trainer, theirs, size, blocks);
      await trainer.end();
      const seconds = compared.ours.median;
      const perEpoch = Math.floor(images / size.batch) * seconds * trainer.passesOverTheData;
      const share = trainer.operations / seconds / limit;
      rows.push([name, digits(1000 * seconds), digits(perEpoch), `${digits(100 * share)} %`, ratioOf(compared.ratio)]);
      found.push({ name, ...size, operations: trainer.operations, perEpoch, share, ...compared });
      goals.push({ name: `${name}: share of the matrix rate`, measured: share, atLeast: 0.35 });
      const most = name === 'simclr' ? 2 : (15 * 60) / 200;
      goals.push({ name: `${name}: seconds for an epoch of ${images} images`, measured: perEpoch, atMost: most });
    }
    const title = `ResNet-18, width ${size.width}, batch ${size.batch}, bfloat16, channels-last; matrix products ${digits(limit / 1e12)} TFLOP/s`;
    const head = ['method', 'ms a step', 's an epoch', 'share', 'PyTorch takes'];
    return { tables: [{ title, head, rows }], goals, results: { matrixRate: limit, methods: found } };
  },
};

const ratioOf = (ratio: { median: number } | undefined) => (ratio ? `${digits(ratio.median)} x` : '');

/** Operations a second of a product of two n x n matrices: the best of some. */
function matrixRate(device: Device, n: number): number {
  return scope(() => {
    const [a, b] = [0, 1].map(() => randn([n, n], { device }).to('bfloat16')) as [Tensor, Tensor];
    const rates = Array.from({ length: 6 }, () => {
      const begun = performance.now();
      scope(() => {
        let c = a;
        for (let i = 0; i < 10; i++) c = a.mm(b);
        c.select(0, 0).select(0, 0).item(); // waits
      });
      return (10 * 2 * n ** 3 * 1000) / (performance.now() - begun);
    });
    return Math.max(...rates);
  });
}

async function takeBlocks(trainer: Trainer, peer: Peer | null, { device, width, batch, block }: Size, count: number) {
  await trainer.block();
  if (peer) await peer.ask('prepare', { device, width, batch });
  if (peer) await peer.ask('train', { steps: block });
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let i = 0; i < count; i++) {
    ours.push(await trainer.block());
    if (peer) theirs.push(await peer.ask<number>('train', { steps: block }));
  }
  return compare(ours, theirs);
}

interface Trainer {
  /** Multiplications and additions of the encoder in a step, forward and backward. */
  readonly operations: number;
  readonly passesOverTheData: number;
  /** Seconds of a step, over a block of them. */
  block(): Promise<number>;
  end(): Promise<void>;
}

function newTrainer(name: string, { device, width, batch, block }: Size): Trainer {
  const view = smallView({ size: side });
  const architecture = { backbone: 'resnet18', width, stem: 'small', channels: 3 } as const;
  const newEncoder = () => buildEncoder(architecture).to({ device, memoryFormat: 'channelsLast' });
  const method = findMethod(name).configure({}).build(newEncoder, [view, view]);
  const { macs } = encoderOperations(method.student.encoder, { size: side, channels: 3 });
  const steps = train(method, new Batches(noise(8 * batch), { batch, seed: 0 }), {
    epochs: 1_000_000,
    lr: () => 1e-3,
    optimizer: new optim.SGD(method.student.parameters(), { lr: 1e-3, momentum: 0.9, weightDecay: 5e-4 }),
    seed: 0,
    device,
    precision: 'bfloat16',
    memoryFormat: 'channelsLast',
    readLossEvery: block,
    capture: cudaGraphs(device),
  });
  // Each view three times through the student (once forward, twice backward) and once through a
  // teacher.
  const passes = 2 * (method.teacher ? 4 : 3);
  return {
    operations: 2 * macs * batch * passes,
    passesOverTheData: (method.rounds?.passes ?? 1) * (method.rounds?.repeats ?? 1),
    async block() {
      const begun = performance.now();
      for (let i = 0; i < block; i++) await steps.next();
      scope(() => method.student.parameters()[0]?.sum().item()); // waits
      return (performance.now() - begun) / 1000 / block;
    },
    async end() {
      await steps.return(undefined);
    },
  };
}

function noise(count: number): ImageSet {
  const pixels = Uint8Array.from({ length: count * 3 * side * side }, (_, i) => (i * 2_654_435_761) >>> 24);
  return { name: 'noise', count, channels: 3, height: side, width: side, pixels };
}
