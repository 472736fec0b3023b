import { cat, nn, scope, type Tensor } from 'tandem-torch';
import { BinaryConv2d, RPReLU, RSign } from './binary.js';
import type { BinaryForm } from './binary-resnet.js';
import { convolution } from './convolution.js';
import { MeanPooled } from './mean-pooled.js';
import { AveragePool } from './residual.js';
import { batchNorm2d } from './split-batch-norm.js';

/** What ReActNet-A is built from. */
export interface ReActNetOptions {
  /** Channels after the stem; 32 in the paper. The features are 32 times as many. */
  readonly width: number;
  /** Channels of the images. */
  readonly channels: number;
  /** Whether the first convolution halves the resolution, as it does in the paper. */
  readonly strided: boolean;
  readonly binaryWeights?: boolean | undefined;
  readonly splits?: number | undefined;
}

/**
 * Output channels of each block in units of `width`. Where they double after the first block, the
 * resolution halves.
 */
const outputs = [2, 4, 4, 8, 8, 16, 16, 16, 16, 16, 16, 32, 32];

/**
 * A binary 3x3 convolution, then one or, where channels double, two 1x1 convolutions side by side;
 * each has a shortcut.
 */
export class ReActBlock extends nn.Module {
  readonly rsign1: RSign;
  readonly conv1: BinaryConv2d;
  readonly bn1: nn.BatchNorm2d;
  readonly pool: AveragePool | null;
  readonly rprelu1: RPReLU;
  readonly rsign2: RSign;
  readonly pointwise: BinaryConv2d[];
  readonly bn2: nn.BatchNorm2d[];
  readonly rprelu2: RPReLU;

  constructor(inputs: number, doubles: boolean, stride: number, { binaryWeights, splits }: BinaryForm) {
    super();
    const copies = doubles ? [0, 1] : [0];
    this.rsign1 = new RSign(inputs, true);
    this.conv1 = new BinaryConv2d(inputs, inputs, 3, stride, binaryWeights);
    this.bn1 = batchNorm2d(inputs, splits);
    this.pool = stride === 1 ? null : new AveragePool(stride);
    this.rprelu1 = new RPReLU(inputs);
    this.rsign2 = new RSign(inputs, true);
    this.pointwise = copies.map(() => new BinaryConv2d(inputs, inputs, 1, 1, binaryWeights));
    this.bn2 = copies.map(() => batchNorm2d(inputs, splits));
    this.rprelu2 = new RPReLU(inputs * copies.length);
  }

  forward(x: Tensor): Tensor {
    return scope(() => {
      const spatial = this.bn1.forward(this.conv1.forward(this.rsign1.forward(x)));
      const a = this.rprelu1.forward(spatial.add_(this.pool ? this.pool.forward(x) : x));
      const signs = this.rsign2.forward(a);
      const parts = this.pointwise.map((conv, i) => (this.bn2[i] as nn.Module).forward(conv.forward(signs)).add_(a));
      return this.rprelu2.forward(parts.length === 1 ? (parts[0] as Tensor) : cat(parts, { dim: 1 }));
    });
  }
}

/**
 * ReActNet-A without its classifier, the student of S2-BNN: [n, channels, h, w] to [n, 32 width].
 * MobileNet's shape with binary convolutions; real are the stem, norms, shifts and slopes. (Liu et
 * al., 2020; liuzechun/ReActNet, szq0214/S2-BNN)
 */
export class ReActNet extends MeanPooled {
  readonly conv1: nn.Conv2d;
  readonly bn1: nn.BatchNorm2d;
  readonly blocks: ReActBlock[];
  readonly featureWidth: number;

  constructor({ width, channels, strided, binaryWeights = true, splits = 1 }: ReActNetOptions) {
    super();
    this.conv1 = convolution(channels, width, 3, strided ? 2 : 1);
    this.bn1 = batchNorm2d(width, splits);
    this.blocks = outputs.map((output, i) => {
      const input = i === 0 ? 1 : (outputs[i - 1] as number);
      const doubles = output !== input;
      const form: BinaryForm = { shifts: true, binaryWeights, splits };
      return new ReActBlock(input * width, doubles, doubles && i > 0 ? 2 : 1, form);
    });
    this.featureWidth = 32 * width;
  }

  map(x: Tensor): Tensor {
    let y = this.bn1.forward(this.conv1.forward(x));
    for (const block of this.blocks) y = block.forward(y);
    return y;
  }
}
