import { nn, type Tensor } from '@tandem/torch';
import type { Encoder } from './encoder.js';
import { batchNorm2d } from './split-batch-norm.js';

/** How the network begins: `small` keeps the resolution, `strided` halves it, `standard` quarters it. */
export type Stem = 'small' | 'strided' | 'standard';

/** What a ResNet is built from. */
export interface ResNetOptions {
  /** Basic blocks in each of three or four stages; those after the first halve the resolution and double the channels. */
  readonly blocks: readonly [number, number, number, number?];
  /** Channels of the first stage; 64 in the paper. */
  readonly width: number;
  /** Channels of the last stage, and so of the features; what doubling gives unless set. */
  readonly features?: number | undefined;
  readonly stem: Stem;
  /** Channels of the images. */
  readonly channels: number;
  /** Batch norm normalises so many parts of a training batch each by itself; 1 unless given. */
  readonly splits?: number | undefined;
}

/** Two 3x3 convolutions around a shortcut (He et al., 2016, "basic block"). */
export class BasicBlock extends nn.Module {
  readonly conv1: nn.Conv2d;
  readonly bn1: nn.BatchNorm2d;
  readonly conv2: nn.Conv2d;
  readonly bn2: nn.BatchNorm2d;
  readonly downsample: nn.Sequential | null;

  constructor(inputs: number, outputs: number, stride: number, splits: number) {
    super();
    this.conv1 = convolution(inputs, outputs, 3, stride);
    this.bn1 = batchNorm2d(outputs, splits);
    this.conv2 = convolution(outputs, outputs, 3, 1);
    this.bn2 = batchNorm2d(outputs, splits);
    this.downsample =
      stride === 1 && inputs === outputs
        ? null
        : new nn.Sequential(convolution(inputs, outputs, 1, stride), batchNorm2d(outputs, splits));
  }

  forward(x: Tensor): Tensor {
    const y = this.bn1.forward(this.conv1.forward(x)).relu_();
    const shortcut = this.downsample ? this.downsample.forward(x) : x;
    return this.bn2.forward(this.conv2.forward(y)).add_(shortcut).relu_();
  }
}

function convolution(inputs: number, outputs: number, kernel: number, stride: number): nn.Conv2d {
  const conv = new nn.Conv2d(inputs, outputs, kernel, { stride, padding: (kernel - 1) / 2, bias: false });
  nn.init.kaimingNormal(conv.weight, 'fanOut');
  return conv;
}

/**
 * A ResNet of basic blocks without its classifier: [n, channels, h, w] to [n, featureWidth]. Parameter names are torchvision's.
 * The `small` stem is the CIFAR variant (3x3, stride 1, no pooling), `standard` torchvision's (7x7, stride 2, max-pool);
 * `strided` is the CIFAR stem at stride 2, for few minutes on few cores.
 */
export class ResNet extends nn.Module implements Encoder {
  readonly conv1: nn.Conv2d;
  readonly bn1: nn.BatchNorm2d;
  readonly maxpool: nn.MaxPool2d | null;
  readonly layer1: nn.Sequential;
  readonly layer2: nn.Sequential;
  readonly layer3: nn.Sequential;
  /** Absent in networks of three stages. */
  readonly layer4: nn.Sequential | null;
  readonly featureWidth: number;

  constructor({ blocks, width, features, stem, channels, splits = 1 }: ResNetOptions) {
    super();
    this.conv1 = convolution(channels, width, stem === 'standard' ? 7 : 3, stem === 'small' ? 1 : 2);
    this.bn1 = batchNorm2d(width, splits);
    this.maxpool = stem === 'standard' ? new nn.MaxPool2d(3, { stride: 2, padding: 1 }) : null;
    const [first, second, third, fourth] = blocks;
    this.featureWidth = features ?? width * 2 ** (blocks.length - 1);
    this.layer1 = stage(first, width, width, 1, splits);
    this.layer2 = stage(second, width, width * 2, 2, splits);
    this.layer3 = stage(third, width * 2, fourth ? width * 4 : this.featureWidth, 2, splits);
    this.layer4 = fourth ? stage(fourth, width * 4, this.featureWidth, 2, splits) : null;
  }

  forward(x: Tensor): Tensor {
    let y = this.bn1.forward(this.conv1.forward(x)).relu_();
    if (this.maxpool) y = this.maxpool.forward(y);
    y = this.layer3.forward(this.layer2.forward(this.layer1.forward(y)));
    if (this.layer4) y = this.layer4.forward(y);
    return y.mean([2, 3]);
  }
}

function stage(blocks: number, inputs: number, outputs: number, stride: number, splits: number): nn.Sequential {
  return new nn.Sequential(
    ...Array.from({ length: blocks }, (_, i) =>
      i === 0 ? new BasicBlock(inputs, outputs, stride, splits) : new BasicBlock(outputs, outputs, 1, splits),
    ),
  );
}
