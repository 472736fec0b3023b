import { nn, type Tensor } from '@tandem/torch';
import type { Encoder } from './encoder.js';

/** How the network begins: `small` keeps the resolution, `strided` halves it, `standard` quarters it. */
export type Stem = 'small' | 'strided' | 'standard';

/** What a ResNet is built from. */
export interface ResNetOptions {
  /** Basic blocks in each stage; stages after the first halve the resolution and double the channels. */
  readonly blocks: readonly number[];
  /** Channels of the first stage; 64 in the paper. */
  readonly width: number;
  readonly stem: Stem;
  /** Channels of the images. */
  readonly channels: number;
}

/** Two 3x3 convolutions around a shortcut (He et al., 2016, "basic block"). */
class BasicBlock extends nn.Module {
  readonly conv1: nn.Conv2d;
  readonly bn1: nn.BatchNorm2d;
  readonly conv2: nn.Conv2d;
  readonly bn2: nn.BatchNorm2d;
  readonly downsample: nn.Sequential | null;

  constructor(inputs: number, outputs: number, stride: number) {
    super();
    this.conv1 = convolution(inputs, outputs, 3, stride);
    this.bn1 = new nn.BatchNorm2d(outputs);
    this.conv2 = convolution(outputs, outputs, 3, 1);
    this.bn2 = new nn.BatchNorm2d(outputs);
    this.downsample =
      stride === 1 && inputs === outputs
        ? null
        : new nn.Sequential(convolution(inputs, outputs, 1, stride), new nn.BatchNorm2d(outputs));
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
  readonly layer4: nn.Sequential;
  readonly featureWidth: number;

  constructor({ blocks, width, stem, channels }: ResNetOptions) {
    super();
    const stride = stem === 'small' ? 1 : 2;
    this.conv1 = convolution(channels, width, stem === 'standard' ? 7 : 3, stride);
    this.bn1 = new nn.BatchNorm2d(width);
    this.maxpool = stem === 'standard' ? new nn.MaxPool2d(3, { stride: 2, padding: 1 }) : null;
    let inputs = width;
    const [layer1, layer2, layer3, layer4] = blocks.map((count, stage) => {
      const outputs = width * 2 ** stage;
      const layer = Array.from(
        { length: count },
        (_, i) => new BasicBlock(i === 0 ? inputs : outputs, outputs, i === 0 && stage > 0 ? 2 : 1),
      );
      inputs = outputs;
      return new nn.Sequential(...layer);
    });
    if (!layer1 || !layer2 || !layer3 || !layer4 || blocks.length !== 4) {
      throw new RangeError(`ResNet: four stages are needed, got ${blocks.length}`);
    }
    this.layer1 = layer1;
    this.layer2 = layer2;
    this.layer3 = layer3;
    this.layer4 = layer4;
    this.featureWidth = inputs;
  }

  forward(x: Tensor): Tensor {
    let y = this.bn1.forward(this.conv1.forward(x)).relu_();
    if (this.maxpool) y = this.maxpool.forward(y);
    for (const layer of [this.layer1, this.layer2, this.layer3, this.layer4]) y = layer.forward(y);
    return y.mean([2, 3]);
  }
}
