import { nn, scope, type Tensor } from 'tandem-torch';
import { convolution } from './convolution.js';
import { SelectiveKernels } from './selective-kernels.js';
import { batchNorm2d } from './split-batch-norm.js';

/** How every block of a network is made. */
export interface BlockForm {
  /** Parts into which batch norms split a batch. */
  readonly splits: number;
  /**
   * ResNet-D shortcuts on the first block of every stage and, in bottlenecks, selective kernels.
   */
  readonly sk: boolean;
  /** Strided shortcuts take means, as ResNet-D's do. */
  readonly averages: boolean;
  /** The last norm of a block begins at gain 0, and so each block as its shortcut. */
  readonly zeroGain: boolean;
}

/**
 * What carries a block's input to its output where their shapes differ; with `sk`, in every first
 * block.
 */
function shortcut(
  inputs: number,
  outputs: number,
  stride: number,
  first: boolean,
  form: BlockForm,
): nn.Sequential | null {
  const { sk, averages, splits } = form;
  if (stride === 1 && inputs === outputs && !(sk && first)) return null;
  const norm = batchNorm2d(outputs, splits);
  if (!sk && !averages) return new nn.Sequential(convolution(inputs, outputs, 1, stride), norm);
  const pool = sk ? new AveragePool(stride, { countsZeros: true }) : averagePool(stride);
  return new nn.Sequential(pool, convolution(inputs, outputs, 1), norm);
}

/** As timm has it: nothing where the map keeps its size. */
function averagePool(stride: number): nn.Module {
  return stride === 1 ? new nn.Identity() : new AveragePool(stride);
}

function lastNorm(channels: number, { splits, zeroGain }: BlockForm): nn.BatchNorm2d {
  const norm = batchNorm2d(channels, splits);
  if (zeroGain && norm.weight) nn.init.constant(norm.weight, 0);
  return norm;
}

/**
 * Means over 2x2 cells, or over those of them that lie inside: [n, c, h, w] to ceil(h / stride),
 * ceil(w / stride). (He et al., 2019, ResNet-D) With `countsZeros` a strided one takes what lies
 * outside as zeros that count, as SimCLR v2 pads odd maps.
 */
export class AveragePool extends nn.Module {
  readonly countsZeros: boolean;

  constructor(
    readonly stride: number,
    { countsZeros = false } = {},
  ) {
    super();
    this.countsZeros = countsZeros && stride !== 1;
  }

  forward(x: Tensor): Tensor {
    const [, , height, width] = x.shape as [number, number, number, number];
    if (this.countsZeros) return x.constantPadNd([0, width % 2, 0, height % 2]).avgPool2d(2, { stride: this.stride });
    if (this.stride !== 1) return x.avgPool2d(2, { stride: this.stride, ceilMode: true, countIncludePad: false });
    const padded = x.avgPool2d(2, { stride: 1, padding: 1, countIncludePad: false });
    return padded.narrow(2, 1, height).narrow(3, 1, width);
  }
}

/** Two 3x3 convolutions around a shortcut (He et al., 2016, "basic block"). */
export class BasicBlock extends nn.Module {
  readonly conv1: nn.Conv2d;
  readonly bn1: nn.BatchNorm2d;
  readonly conv2: nn.Conv2d;
  readonly bn2: nn.BatchNorm2d;
  readonly downsample: nn.Sequential | null;

  constructor(inputs: number, outputs: number, stride: number, first: boolean, form: BlockForm) {
    super();
    this.conv1 = convolution(inputs, outputs, 3, stride);
    this.bn1 = batchNorm2d(outputs, form.splits);
    this.conv2 = convolution(outputs, outputs, 3);
    this.bn2 = lastNorm(outputs, form);
    this.downsample = shortcut(inputs, outputs, stride, first, form);
  }

  forward(x: Tensor): Tensor {
    return scope(() => {
      // Of each norm and ReLU nothing is kept: it is made again backward. conv2 takes them along.
      const y = this.conv2.forward(this.conv1.forward(x), this.bn1);
      return this.bn2.relu(y, this.downsample ? this.downsample.forward(x) : x);
    });
  }
}

/**
 * 1x1, 3x3 and 1x1 convolutions around a shortcut, the middle ones with a quarter of the output's
 * channels and the stride, as torchvision has it (He et al., 2016, "bottleneck").
 */
export class Bottleneck extends nn.Module {
  readonly conv1: nn.Conv2d;
  readonly bn1: nn.BatchNorm2d;
  readonly conv2: nn.Conv2d | SelectiveKernels;
  /** Selective kernels have a norm of their own. */
  readonly bn2: nn.BatchNorm2d | null;
  readonly conv3: nn.Conv2d;
  readonly bn3: nn.BatchNorm2d;
  readonly downsample: nn.Sequential | null;

  constructor(inputs: number, outputs: number, stride: number, first: boolean, form: BlockForm) {
    super();
    const { sk, splits } = form;
    const inner = outputs / 4;
    this.conv1 = convolution(inputs, inner, 1);
    this.bn1 = batchNorm2d(inner, splits);
    this.conv2 = sk ? new SelectiveKernels(inner, stride, splits) : convolution(inner, inner, 3, stride);
    this.bn2 = sk ? null : batchNorm2d(inner, splits);
    this.conv3 = convolution(inner, outputs, 1);
    this.bn3 = lastNorm(outputs, form);
    this.downsample = shortcut(inputs, outputs, stride, first, form);
  }

  forward(x: Tensor): Tensor {
    return scope(() => {
      const inner = this.conv1.forward(x);
      let y =
        this.conv2 instanceof nn.Conv2d
          ? this.conv2.forward(inner, this.bn1)
          : this.conv2.forward(this.bn1.relu(inner));
      if (this.bn2) y = this.bn2.relu(y);
      return this.bn3.relu(this.conv3.forward(y), this.downsample ? this.downsample.forward(x) : x);
    });
  }
}
