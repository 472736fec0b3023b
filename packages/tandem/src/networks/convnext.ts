import { full, nn, scope, type Tensor } from 'tandem-torch';
import type { Stem } from './architecture.js';
import { DropPath } from './drop-path.js';
import type { PlacedEncoder, Seen } from './encoder.js';

/** Blocks in each of four stages. */
export type ConvNeXtStages = readonly [number, number, number, number];

/** What a ConvNeXt is built from. */
export interface ConvNeXtOptions {
  /** Of each stage; each halves the map of the one before and doubles the channels. */
  readonly blocks: ConvNeXtStages;
  /** Channels of the first stage. */
  readonly width: number;
  /** Pixels along a place of the first map: `standard` 4, `strided` 2, `small` 1. */
  readonly stem: Stem;
  /** Channels of the images. */
  readonly channels: number;
  /** Factors of the blocks' channels begin at it; defaults to 1e-6. */
  readonly layerScale?: number | undefined;
  /** Of the norm after the pooling; defaults to 1e-6, which the others have. */
  readonly normEps?: number | undefined;
  /**
   * Probability with which a training image passes the last block by; from 0 at the first block,
   * linearly.
   */
  readonly dropPath?: number | undefined;
}

const eps = 1e-6;

/** Side of the stem's patches, in pixels. */
export const stemSides: Readonly<Record<Stem, number>> = { small: 1, strided: 2, standard: 4 };

/** [n, c, h, w] to [n, h, w, c], and back. */
const channelsLast = (x: Tensor) => x.permute([0, 2, 3, 1]);
const channelsFirst = (x: Tensor) => x.permute([0, 3, 1, 2]);

/** In at least float32, as norms must be. */
const wide = (x: Tensor) => (x.dtype === 'bfloat16' || x.dtype === 'float16' ? x.to('float32') : x);

/** A norm of each place's channels: [n, c, h, w] to the same. */
class ChannelNorm extends nn.LayerNorm {
  override forward(x: Tensor): Tensor {
    return channelsFirst(super.forward(channelsLast(wide(x))));
  }
}

function convolution(inputs: number, outputs: number, side: number, groups = 1): nn.Conv2d {
  const how = groups === 1 ? { stride: side } : { padding: (side - 1) / 2, groups };
  return new nn.Conv2d(inputs, outputs, side, how);
}

/** The perceptron of each place. */
class PlaceMlp extends nn.Module {
  readonly fc1: nn.Linear;
  readonly fc2: nn.Linear;

  constructor(width: number) {
    super();
    this.fc1 = new nn.Linear(width, 4 * width);
    this.fc2 = new nn.Linear(4 * width, width);
  }

  forward(x: Tensor): Tensor {
    return this.fc2.forward(this.fc1.forward(x).gelu());
  }
}

/** A 7x7 convolution of each channel by itself, a norm and a perceptron, beside a shortcut. */
export class ConvNeXtBlock extends nn.Module {
  readonly convDw: nn.Conv2d;
  readonly norm: nn.LayerNorm;
  readonly mlp: PlaceMlp;
  readonly gamma: Tensor;
  readonly dropPath: DropPath;

  constructor(width: number, layerScale: number, dropPath: number) {
    super();
    this.convDw = convolution(width, width, 7, width);
    this.norm = new nn.LayerNorm(width, { eps });
    this.mlp = new PlaceMlp(width);
    this.gamma = nn.parameter(full([width], layerScale));
    this.dropPath = new DropPath(dropPath);
  }

  forward(x: Tensor): Tensor {
    return scope(() => {
      const found = this.mlp.forward(this.norm.forward(channelsLast(wide(this.convDw.forward(x))))).mul(this.gamma);
      return x.add(this.dropPath.forward(channelsFirst(found)));
    });
  }
}

/** Blocks, after a norm and a convolution of stride 2 in all stages but the first. */
class ConvNeXtStage extends nn.Module {
  readonly downsample: nn.Sequential | null;
  readonly blocks: ConvNeXtBlock[];

  constructor(inputs: number, width: number, layerScale: number, rates: readonly number[]) {
    super();
    this.downsample =
      inputs === width ? null : new nn.Sequential(new ChannelNorm(inputs, { eps }), convolution(inputs, width, 2));
    this.blocks = rates.map((rate) => new ConvNeXtBlock(width, layerScale, rate));
  }

  forward(x: Tensor): Tensor {
    return this.blocks.reduce((y, block) => block.forward(y), this.downsample ? this.downsample.forward(x) : x);
  }
}

/** What timm keeps the last norm in. */
class ConvNeXtHead extends nn.Module {
  readonly norm: nn.LayerNorm;

  constructor(width: number, normEps: number) {
    super();
    this.norm = new nn.LayerNorm(width, { eps: normEps });
  }

  /** Means over the map, normed: [n, c, h, w] to [n, c] */
  forward(x: Tensor): Tensor {
    return this.norm.forward(wide(x.mean([2, 3])));
  }
}

/**
 * A ConvNeXt without its classifier (Liu et al., 2022): [n, channels, h, w] to [n, 8 width].
 * Parameter names are timm's.
 */
export class ConvNeXt extends nn.Module implements PlacedEncoder {
  readonly stem: nn.Sequential;
  readonly stages: ConvNeXtStage[];
  readonly head: ConvNeXtHead;
  readonly featureWidth: number;

  constructor({ blocks, width, stem, channels, layerScale = 1e-6, normEps = eps, dropPath = 0 }: ConvNeXtOptions) {
    super();
    this.stem = new nn.Sequential(convolution(channels, width, stemSides[stem]), new ChannelNorm(width, { eps }));
    const total = blocks.reduce((sum, count) => sum + count);
    let block = 0;
    this.stages = blocks.map((count, stage) => {
      const rates = Array.from({ length: count }, () => (dropPath * block++) / Math.max(total - 1, 1));
      return new ConvNeXtStage(stage === 0 ? width : width * 2 ** (stage - 1), width * 2 ** stage, layerScale, rates);
    });
    this.featureWidth = 8 * width;
    this.head = new ConvNeXtHead(this.featureWidth, normEps);
    for (const part of this.modules()) {
      if (!(part instanceof nn.Conv2d || part instanceof nn.Linear)) continue;
      nn.init.truncatedNormal(part.weight, 0.02);
      if (part.bias) nn.init.constant(part.bias, 0);
    }
  }

  forward(x: Tensor): Tensor {
    return this.head.forward(this.map(x));
  }

  get placeWidth(): number {
    return this.featureWidth;
  }

  see(x: Tensor): Seen {
    const places = this.map(x);
    return { features: this.head.forward(places), places };
  }

  /** The last map: [n, 8 width, rows, columns]. */
  map(x: Tensor): Tensor {
    return this.stages.reduce((y, stage) => stage.forward(y), this.stem.forward(x));
  }
}
