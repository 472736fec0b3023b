import { autocast, full, linear, nn, type Tensor } from 'tandem-torch';
import { Head, type HeadShape } from './head.js';

/** DINO's head as data: a perceptron, and how many prototypes its outputs are compared with. */
export interface PrototypeHeadShape extends HeadShape {
  /** How many, and so the width of its outputs. */
  readonly prototypes: number;
  /**
   * Whether the prototypes' lengths are fixed at 1, which DINO calls `norm_last_layer`; true unless
   * given.
   */
  readonly fixedGain?: boolean | undefined;
}

/**
 * Cosines of rows with prototypes, times the prototypes' gains: a weight-normalised Linear without
 * bias, after its input's normalisation.
 */
export class Prototypes extends nn.Module {
  /** Lengths. [prototypes, 1] */
  readonly weightG: Tensor;
  /** Directions; their own lengths do not matter. [prototypes, inputs] */
  readonly weightV: Tensor;

  constructor(inputs: number, prototypes: number, fixedGain: boolean) {
    super();
    const gains = full([prototypes, 1], 1, { dtype: 'float32' });
    this.weightG = fixedGain ? nn.buffer(gains) : nn.parameter(gains);
    this.weightV = new nn.Linear(inputs, prototypes, { bias: false }).weight;
  }

  /** [n, inputs] to [n, prototypes] */
  forward(x: Tensor): Tensor {
    const { weightV, weightG } = this;
    return linear(unitRows(x), unitRows(weightV).mul(weightG));
  }
}

function unitRows(x: Tensor): Tensor {
  return x.div(x.norm(2, [1], { keepdim: true }).clampMin(1e-12));
}

/**
 * DINO's head (Caron et al., 2021; facebookresearch/dino): a perceptron with GELU, its output
 * scaled to length 1, and its cosines with prototypes. The cosines are computed in float32 at
 * least. The last activation are the logits, the one before the perceptron's output, not yet
 * scaled.
 */
export class PrototypeHead extends Head {
  /** What it was built from. */
  declare readonly shape: PrototypeHeadShape;
  /** The last layer: directions that outputs are compared with. */
  readonly prototypes: Prototypes;
  /** How many prototypes there are. */
  override readonly outputWidth: number;

  constructor(shape: PrototypeHeadShape) {
    super(shape);
    const { prototypes, fixedGain = true, widths } = shape;
    this.outputWidth = prototypes;
    for (const [name, x] of this.namedParameters()) {
      if (x.ndim === 2) nn.init.truncatedNormal(x, 0.02);
      else if (name.endsWith('.0.bias')) nn.init.constant(x, 0);
    }
    this.prototypes = new Prototypes(widths.at(-1) as number, prototypes, fixedGain);
  }

  /** What is compared with the prototypes: there may be more of them than images to judge by. */
  override embed(x: Tensor): Tensor {
    return super.activations(x).at(-1) as Tensor;
  }

  override get embeddingWidth(): number {
    return this.shape.widths.at(-1) as number;
  }

  override activations(x: Tensor): Tensor[] {
    const all = super.activations(x);
    const z = all.at(-1) as Tensor;
    const device = z.device.replace(/:.*/, '');
    const half = z.dtype === 'bfloat16' || z.dtype === 'float16';
    const logits = autocast({ device, enabled: false }, () => this.prototypes.forward(half ? z.to('float32') : z));
    return [...all, logits];
  }
}

/**
 * The head as published: three layers of 2,048, 2,048 and 256 numbers; batch norm, off unless asked
 * for, goes before each GELU.
 */
export function dinoHead(inputs: number, prototypes: number, shape: Partial<DinoHeadShape> = {}): PrototypeHeadShape {
  const { layers = 3, hidden = 2048, bottleneck = 256, norm = false, fixedGain = true } = shape;
  const widths = [inputs, ...Array<number>(layers - 1).fill(hidden), bottleneck];
  return { widths, norm, activation: 'gelu', prototypes, fixedGain };
}

/** The shape of DINO's head beside its input width and number of prototypes. */
export interface DinoHeadShape {
  /** Of the perceptron, at least 1. */
  readonly layers: number;
  /** Hidden width of the perceptron. */
  readonly hidden: number;
  /** Output width of the perceptron, in which it is compared with the prototypes. */
  readonly bottleneck: number;
  /** Batch norm between its layers. */
  readonly norm: boolean;
  /** Whether the prototypes keep length 1. */
  readonly fixedGain: boolean;
}
