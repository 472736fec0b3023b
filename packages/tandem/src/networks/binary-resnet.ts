import { nn, scope, type Tensor } from 'tandem-torch';
import { BinaryConv2d, RPReLU, RSign } from './binary.js';
import { convolution } from './convolution.js';
import { MeanPooled } from './mean-pooled.js';
import { AveragePool } from './residual.js';
import { type ResNetOptions, stageChannels, stemConvolution, stemPool } from './resnet.js';
import { batchNorm2d } from './split-batch-norm.js';

/** How a binary network is binary. */
export interface BinaryForm {
  /** ReActNet's learned shifts before signs and its RPReLU; without them a Bi-Real Net. */
  readonly shifts: boolean;
  /** Signs for weights, not for activations alone: false in the first of two steps of training. */
  readonly binaryWeights: boolean;
  readonly splits: number;
}

/**
 * What a binary ResNet is built from; `blocks` are the units of each stage, two for each basic
 * block of the real one.
 */
export interface BinaryResNetOptions
  extends Pick<ResNetOptions, 'blocks' | 'width' | 'features' | 'stem' | 'channels' | 'splits'> {
  readonly shifts: boolean;
  readonly binaryWeights?: boolean | undefined;
}

/**
 * One binary 3x3 convolution beside a shortcut that carries real numbers: [n, inputs, h, w] to [n,
 * outputs, h / stride, w / stride].
 */
export class BinaryUnit extends nn.Module {
  readonly rsign: RSign;
  readonly conv: BinaryConv2d;
  readonly bn: nn.BatchNorm2d;
  /** Real. */
  readonly downsample: nn.Sequential | null;
  readonly rprelu: RPReLU | null;

  constructor(inputs: number, outputs: number, stride: number, { shifts, binaryWeights, splits }: BinaryForm) {
    super();
    this.rsign = new RSign(inputs, shifts);
    this.conv = new BinaryConv2d(inputs, outputs, 3, stride, binaryWeights);
    this.bn = batchNorm2d(outputs, splits);
    const pool = stride === 1 ? [] : [new AveragePool(stride)];
    this.downsample =
      stride === 1 && inputs === outputs
        ? null
        : new nn.Sequential(...pool, convolution(inputs, outputs, 1), batchNorm2d(outputs, splits));
    this.rprelu = shifts ? new RPReLU(outputs) : null;
  }

  forward(x: Tensor): Tensor {
    return scope(() => {
      const carried = this.downsample ? this.downsample.forward(x) : x;
      const y = this.bn.forward(this.conv.forward(this.rsign.forward(x))).add_(carried);
      return this.rprelu ? this.rprelu.forward(y) : y;
    });
  }
}

/**
 * A binary ResNet: [n, channels, h, w] to [n, featureWidth]. Real are the stem, the 1x1
 * convolutions of shortcuts, norms, shifts and slopes. With the shifts it is ReActNet's ResNet,
 * without them Bi-Real Net (Liu et al., 2018 and 2020; liuzechun/Bi-Real-net and
 * liuzechun/ReActNet).
 */
export class BinaryResNet extends MeanPooled {
  readonly conv1: nn.Conv2d;
  readonly bn1: nn.BatchNorm2d;
  readonly maxpool: nn.MaxPool2d | null;
  readonly layers: nn.Sequential[];
  readonly featureWidth: number;

  constructor(options: BinaryResNetOptions) {
    super();
    const { blocks, width, stem, channels, shifts, binaryWeights = true, splits = 1 } = options;
    const form: BinaryForm = { shifts, binaryWeights, splits };
    this.conv1 = stemConvolution(stem, channels, width);
    this.bn1 = batchNorm2d(width, splits);
    this.maxpool = stemPool(stem);
    this.featureWidth = options.features ?? width * 2 ** (blocks.length - 1);
    this.layers = stageChannels(blocks, width, width, this.featureWidth).map(
      ([inputs, outputs], i) =>
        new nn.Sequential(
          ...Array.from({ length: blocks[i] as number }, (_, unit) =>
            unit === 0
              ? new BinaryUnit(inputs, outputs, i === 0 ? 1 : 2, form)
              : new BinaryUnit(outputs, outputs, 1, form),
          ),
        ),
    );
  }

  map(x: Tensor): Tensor {
    let y = this.bn1.forward(this.conv1.forward(x));
    if (this.maxpool) y = this.maxpool.forward(y);
    for (const layer of this.layers) y = layer.forward(y);
    return y;
  }
}
