import { avgPool2d, nn, scope, type Tensor } from 'tandem-torch';
import type { Stem } from './architecture.js';
import { convolution } from './convolution.js';
import type { PlacedEncoder, Seen } from './encoder.js';
import { BasicBlock, type BlockForm, Bottleneck } from './residual.js';
import { batchNorm2d } from './split-batch-norm.js';

/**
 * Blocks in each of three or four stages; those after the first halve the resolution and double the
 * channels.
 */
export type Stages = readonly [number, number, number, number?];

/** What a ResNet is built from. */
export interface ResNetOptions {
  /** Of each stage. */
  readonly blocks: Stages;
  /** Bottlenecks, with outputs four times as wide, in place of basic blocks. */
  readonly bottleneck?: boolean;
  /** Channels of the first stage; 64 in the paper. */
  readonly width: number;
  /** Channels of the last stage, and so of the features; what doubling gives unless set. */
  readonly features?: number | undefined;
  /** Cells along each side of the last map, averaged each by itself; defaults to 1. */
  readonly pool?: number | undefined;
  /** Outputs of a linear layer after the pooling; none unless set. */
  readonly embedding?: number | undefined;
  /** How the network begins. */
  readonly stem: Stem;
  /** Channels of the images. */
  readonly channels: number;
  /**
   * SimCLR v2's form: selective kernels in bottlenecks, the shortcuts of ResNet-D and, with the
   * standard stem, its stem.
   */
  readonly sk?: boolean | undefined;
  /** The stem and the shortcuts of ResNet-D as timm has them; with `sk` they are there anyway. */
  readonly resnetD?: boolean | undefined;
  /** The last norm of each block begins at gain 0; defaults to whether `sk` is set. */
  readonly zeroGain?: boolean | undefined;
  /** Batch norm normalises so many parts of a training batch each by itself; defaults to 1. */
  readonly splits?: number | undefined;
}

/** What stands before the stages of a convolutional network, without its norm and ReLU. */
export function stemConvolution(stem: Stem, channels: number, width: number): nn.Conv2d {
  return convolution(channels, width, stem === 'standard' ? 7 : 3, stem === 'small' ? 1 : 2);
}

/** The pooling after it. */
export function stemPool(stem: Stem): nn.MaxPool2d | null {
  return stem === 'standard' ? new nn.MaxPool2d(3, { stride: 2, padding: 1 }) : null;
}

/** How many pixels of the image's side a step in the last map is. */
export function reductionOf(stem: Stem, stages: number): number {
  return { small: 1, strided: 2, standard: 4 }[stem] * 2 ** (stages - 1);
}

/** Places in a cell, and from one cell to the next. */
interface Cells {
  readonly kernel: number;
  readonly stride: number;
}

/**
 * Cells of equal size that cover `side` places, `count` of them; they overlap where it does not
 * divide. Two are the same as PyTorch's adaptive pooling's.
 */
export function cellsOf(side: number, count: number): Cells {
  const stride = Math.floor(side / count);
  return { kernel: side - (count - 1) * stride, stride };
}

/** Three 3x3 convolutions in place of the 7x7 one. (He et al., 2019, ResNet-D) */
function deepStem(channels: number, width: number, splits: number): nn.Sequential {
  const half = width / 2;
  const part = (inputs: number, stride: number) => [convolution(inputs, half, 3, stride), batchNorm2d(half, splits)];
  return new nn.Sequential(
    ...[...part(channels, 2), new nn.ReLU(), ...part(half, 1), new nn.ReLU()],
    convolution(half, width, 3),
  );
}

/** Input and output channels of each stage. */
export function stageChannels(blocks: Stages, first: number, width: number, last: number): [number, number][] {
  const outputs = blocks.map((_, i) => (i === blocks.length - 1 ? last : width * 2 ** i));
  return outputs.map((output, i) => [i === 0 ? first : (outputs[i - 1] as number), output]);
}

/**
 * A ResNet without its classifier: [n, channels, h, w] to [n, featureWidth]. Parameter names are
 * torchvision's; those of the ResNet-D parts timm's. The `small` stem is the CIFAR variant (3x3,
 * stride 1, no pooling), `standard` torchvision's (7x7, stride 2, max-pool); `strided` is the CIFAR
 * stem at stride 2, for few minutes on few cores.
 */
export class ResNet extends nn.Module implements PlacedEncoder {
  readonly conv1: nn.Conv2d | nn.Sequential;
  readonly bn1: nn.BatchNorm2d;
  readonly maxpool: nn.MaxPool2d | null;
  readonly layer1: nn.Sequential;
  readonly layer2: nn.Sequential;
  readonly layer3: nn.Sequential;
  /** Absent in networks of three stages. */
  readonly layer4: nn.Sequential | null;
  /** Absent unless the features are its outputs. */
  readonly embedding: nn.Linear | null;
  readonly featureWidth: number;
  /** Channels of the last map. */
  readonly placeWidth: number;
  /** In SimCLR v2's form. */
  readonly sk: boolean;
  /** In the form D. */
  readonly resnetD: boolean;
  /** Cells along each side of the last map. */
  readonly pool: number;
  /** Pixels of the image's side in a step of the last map. */
  readonly reduction: number;

  constructor(options: ResNetOptions) {
    super();
    const { blocks, bottleneck = false, width, stem, channels, sk = false, splits = 1 } = options;
    const resnetD = options.resnetD ?? false;
    const form: BlockForm = { sk, splits, averages: resnetD, zeroGain: options.zeroGain ?? sk };
    const deep = (sk || resnetD) && stem === 'standard';
    this.conv1 = deep ? deepStem(channels, width, splits) : stemConvolution(stem, channels, width);
    this.bn1 = batchNorm2d(width, splits);
    this.maxpool = stemPool(stem);
    const widest = bottleneck ? 4 * width : width;
    const last = options.features ?? widest * 2 ** (blocks.length - 1);
    this.sk = sk;
    this.resnetD = resnetD;
    this.pool = options.pool ?? 1;
    this.reduction = reductionOf(stem, blocks.length);
    const [first, ...rest] = stageChannels(blocks, width, widest, last).map(([inputs, outputs], i) =>
      stage(bottleneck ? Bottleneck : BasicBlock, blocks[i] as number, inputs, outputs, i === 0 ? 1 : 2, form),
    );
    this.layer1 = first as nn.Sequential;
    [this.layer2, this.layer3, this.layer4 = null] = rest as [nn.Sequential, nn.Sequential, nn.Sequential?];
    this.placeWidth = last;
    const pooled = last * this.pool ** 2;
    this.embedding = options.embedding ? new nn.Linear(pooled, options.embedding) : null;
    this.featureWidth = options.embedding ?? pooled;
  }

  forward(x: Tensor): Tensor {
    return this.pooled(this.map(x));
  }

  see(x: Tensor): Seen {
    const places = this.map(x);
    return { features: this.pooled(places), places };
  }

  /** The last map: [n, channels, h, w] to [n, placeWidth, h / reduction, w / reduction]. */
  map(x: Tensor): Tensor {
    let y = scope(() => this.bn1.relu(this.conv1.forward(x)));
    for (const part of [this.maxpool, this.layer1, this.layer2, this.layer3, this.layer4]) if (part) y = next(y, part);
    return y;
  }

  /** Features of the last map. */
  pooled(map: Tensor): Tensor {
    const y = this.pool === 1 ? map.mean([2, 3]) : cellMeans(map, this.pool);
    return this.embedding ? this.embedding.forward(y) : y;
  }
}

/** Blocks one after another. */
class Stage extends nn.Sequential {
  override forward(x: Tensor): Tensor {
    const [first, ...rest] = this.layers as [nn.Module, ...nn.Module[]];
    return rest.reduce(next, first.forward(x));
  }
}

/** What a module makes of a map, which nothing else needs. */
function next(x: Tensor, module: nn.Module): Tensor {
  const y = module.forward(x);
  if (y !== x) x.dispose();
  return y;
}

/** [n, channels, h, w] to [n, channels cells cells]. */
function cellMeans(y: Tensor, cells: number): Tensor {
  const [down, across] = y.shape.slice(2).map((side) => cellsOf(side, cells)) as [Cells, Cells];
  const means = avgPool2d(y, [down.kernel, across.kernel], { stride: [down.stride, across.stride] });
  return means.flatten({ startDim: 1 });
}

function stage(
  Block: typeof BasicBlock | typeof Bottleneck,
  blocks: number,
  inputs: number,
  outputs: number,
  stride: number,
  form: BlockForm,
): nn.Sequential {
  return new Stage(
    ...Array.from({ length: blocks }, (_, i) =>
      i === 0 ? new Block(inputs, outputs, stride, true, form) : new Block(outputs, outputs, 1, false, form),
    ),
  );
}
