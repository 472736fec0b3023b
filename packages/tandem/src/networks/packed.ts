import { avgPool2d, nn, scope, type Tensor } from 'tandem-torch';
import { foldBatchNorms } from './folded.js';
import { BasicBlock, type Bottleneck } from './residual.js';
import { cellsOf, ResNet } from './resnet.js';

/**
 * A copy of an encoder that is put to work: it computes the same in evaluation, in less time. On a
 * CPU a ResNet becomes a `PackedResNet`; of others the batch norms are folded. Not to be trained.
 * @returns undefined where there is nothing to gain, and of such a copy
 */
export function workingCopy(network: nn.Module): nn.Module | undefined {
  const folded = foldBatchNorms(network);
  if (!folded || !PackedResNet.fits(folded)) return folded;
  const packed = new PackedResNet(folded);
  folded.dispose();
  return packed;
}

/**
 * A ResNet of packed convolutions, whose biases, sums and ReLUs take no passes of their own. What
 * an image gives depends on nothing but the image, to the last bit: on no other of the batch, and
 * not on the number of threads.
 */
export class PackedResNet extends nn.Module {
  readonly conv1: nn.PackedConv2d;
  readonly maxpool: nn.MaxPool2d | null;
  readonly blocks: readonly PackedBlock[];
  /** Cells along each side of the last map. */
  readonly pool: number;

  /**
   * Whether a network is made of what there are packed forms of, and computes as this class does. A
   * linear layer at its end would round by what else is in the batch.
   */
  static fits(network: nn.Module): network is ResNet {
    if (!(network instanceof ResNet) || network.constructor !== ResNet) return false;
    const convolutions = network.modules().filter((part) => part instanceof nn.Conv2d);
    const isPlain = !network.sk && !network.resnetD && network.embedding === null;
    return isPlain && convolutions.every(nn.PackedConv2d.fits);
  }

  /** @param network one that `fits`, with folded batch norms; stays as it is */
  constructor(network: ResNet) {
    super();
    const { maxpool, layer1, layer2, layer3, layer4, pool } = network;
    this.conv1 = new nn.PackedConv2d(network.conv1 as nn.Conv2d);
    this.maxpool = maxpool && new nn.MaxPool2d(maxpool.kernel, maxpool.options);
    const stages = [layer1, layer2, layer3, ...(layer4 ? [layer4] : [])];
    this.blocks = stages.flatMap(({ layers }) => layers.map((block) => new PackedBlock(block as Block)));
    this.pool = pool;
  }

  forward(x: Tensor): Tensor {
    const stem = scope(() => {
      const y = this.conv1.forward(x, { relu: true });
      return this.maxpool ? this.maxpool.forward(y) : y;
    });
    const map = this.blocks.reduce((y, block) => {
      const next = block.forward(y);
      y.dispose();
      return next;
    }, stem);
    const [down, across] = map.shape.slice(2).map((side) => cellsOf(side, this.pool));
    if (!down || !across) throw new RangeError(`expected images [n, c, h, w], got ${x}`);
    return avgPool2d(map, [down.kernel, across.kernel], { stride: [down.stride, across.stride] }).flatten({
      startDim: 1,
    });
  }
}

type Block = BasicBlock | Bottleneck;

/** Convolutions one after another, around a shortcut. */
class PackedBlock extends nn.Module {
  readonly inner: readonly nn.PackedConv2d[];
  readonly last: nn.PackedConv2d;
  readonly shortcut: nn.PackedConv2d | null;

  constructor(block: Block) {
    super();
    const [first, second] = [block.conv1, block.conv2 as nn.Conv2d];
    const [inner, last] = block instanceof BasicBlock ? [[first], second] : [[first, second], block.conv3];
    this.inner = inner.map((conv) => new nn.PackedConv2d(conv));
    this.last = new nn.PackedConv2d(last);
    this.shortcut = block.downsample && new nn.PackedConv2d(block.downsample.layers[0] as nn.Conv2d);
  }

  forward(x: Tensor): Tensor {
    return scope(() => {
      const y = this.inner.reduce((z, conv) => conv.forward(z, { relu: true }), x);
      return this.last.forward(y, { relu: true, carried: this.shortcut ? this.shortcut.forward(x) : x });
    });
  }
}
