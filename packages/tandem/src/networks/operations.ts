import { nn, noGrad, scope, type Tensor, zeros } from 'tandem-torch';
import { BinaryConv2d } from './binary.js';
import type { Encoder } from './encoder.js';
import { Prototypes } from './prototype-head.js';
import { Attention } from './vit/block.js';

/**
 * Multiply-adds in the convolutions, matrices and attention of networks; norms, activations and
 * pooling are not counted.
 */
export interface Operations {
  /** Of real numbers; what the literature of small networks calls FLOPs, and is half of them. */
  readonly macs: number;
  /** Of signs by signs. */
  readonly binaryMacs: number;
}

/** Binary operations count as the 64th part of a real one, as Bi-Real Net and ReActNet have it. */
export function effectiveOperations({ macs, binaryMacs }: Operations): number {
  return macs + binaryMacs / 64;
}

/**
 * Operations as GFLOP/s count them: a product and a sum are two. Binary ones are none of floating
 * point and count as `effectiveOperations` has it.
 */
export function flopsOf(operations: Operations): number {
  return 2 * effectiveOperations(operations);
}

/** What was counted, apart by whether a backward pass can follow. */
export interface Counted {
  /** In networks that are trained. */
  readonly trained: Operations;
  /** In networks that are not. */
  readonly untrained: Operations;
}

/** Counts what `run` computes in these networks, by the shapes that come along. */
export function countOperations(networks: readonly nn.Module[], run: () => unknown): Counted {
  const counted = { trained: { macs: 0, binaryMacs: 0 }, untrained: { macs: 0, binaryMacs: 0 } };
  const watched: nn.Module[] = [];
  for (const part of new Set(networks.flatMap((network) => network.modules()))) {
    const macs = macsOf(part);
    if (!macs) continue;
    const kind = part instanceof BinaryConv2d && part.binary ? 'binaryMacs' : 'macs';
    const { forward } = part;
    part.forward = (...given) => {
      const y = forward.apply(part, given);
      counted[y.requiresGrad ? 'trained' : 'untrained'][kind] += macs(y);
      return y;
    };
    watched.push(part);
  }
  try {
    run();
  } finally {
    // the class's own shows again
    for (const part of watched) Reflect.deleteProperty(part, 'forward');
  }
  return counted;
}

/** From an output of a module to its multiply-adds, those of the modules within it left out. */
function macsOf(part: nn.Module): ((y: Tensor) => number) | undefined {
  // Every token's product with every token, and the sum of as many values.
  if (part instanceof Attention) return (y) => 2 * y.numel * (y.shape[1] as number);
  if (part instanceof Prototypes) return perOutput(part.weightV);
  if (part instanceof nn.Conv2d || part instanceof nn.Linear || part instanceof BinaryConv2d) {
    return perOutput(part.weight);
  }
  return undefined;
}

function perOutput(weight: Tensor): (y: Tensor) => number {
  const each = weight.numel / (weight.shape[0] as number);
  return (y) => y.numel * each;
}

/** The operations of one image's way through an encoder; nothing in it changes. */
export function encoderOperations(
  encoder: Encoder,
  { size, channels }: { size: number; channels: number },
): Operations {
  const { training } = encoder;
  const [first] = encoder.parameters() as [Tensor];
  const { device, dtype } = first;
  encoder.eval();
  try {
    const pass = () => encoder.forward(zeros([1, channels, size, size], { device, dtype }));
    return countOperations([encoder], () => scope(() => noGrad(pass))).untrained;
  } finally {
    encoder.train(training);
  }
}
