import { cat, nn, scope, type Tensor, zeros } from 'tandem-torch';
import { DropPath } from './drop-path.js';
import type { Encoder } from './encoder.js';

/** What a vision transformer is built from. */
export interface ViTOptions {
  /** Numbers in a token, and so the features. */
  readonly width: number;
  /** Blocks. */
  readonly depth: number;
  /** Of attention; they divide the width. */
  readonly heads: number;
  /** Side of a patch in pixels. */
  readonly patch: number;
  /** Side of the images that its position embeddings are made for. */
  readonly size: number;
  /** Channels of the images. */
  readonly channels: number;
  /**
   * Probability with which a training image passes the last block's layers by; from 0 at the first
   * block, linearly.
   */
  readonly dropPath?: number | undefined;
}

const eps = 1e-6;

/** Softmax attention of every token to all: [n, tokens, width] to the same. */
export class Attention extends nn.Module {
  readonly qkv: nn.Linear;
  readonly proj: nn.Linear;

  constructor(
    width: number,
    readonly heads: number,
  ) {
    super();
    this.qkv = linear(width, 3 * width);
    this.proj = linear(width, width);
  }

  forward(x: Tensor): Tensor {
    const [n, tokens, width] = x.shape as [number, number, number];
    const size = width / this.heads;
    const parts = this.qkv.forward(x).reshape([n, tokens, 3, this.heads, size]).permute([2, 0, 3, 1, 4]);
    const [q, k, v] = parts.unbind() as [Tensor, Tensor, Tensor]; // [n, heads, tokens, size] each
    const weights = q
      .mul(size ** -0.5)
      .matmul(k.transpose(-2, -1))
      .softmax(-1);
    return this.proj.forward(weights.matmul(v).transpose(1, 2).reshape([n, tokens, width]));
  }
}

/** Two layers around GELU, the first four times as wide. */
class Mlp extends nn.Module {
  readonly fc1: nn.Linear;
  readonly fc2: nn.Linear;

  constructor(width: number) {
    super();
    this.fc1 = linear(width, 4 * width);
    this.fc2 = linear(4 * width, width);
  }

  forward(x: Tensor): Tensor {
    return this.fc2.forward(this.fc1.forward(x).gelu());
  }
}

/** Attention and perceptron, each after a norm and beside a shortcut. */
class Block extends nn.Module {
  readonly norm1: nn.LayerNorm;
  readonly attn: Attention;
  readonly norm2: nn.LayerNorm;
  readonly mlp: Mlp;
  readonly dropPath: DropPath;

  constructor(width: number, heads: number, dropPath: number) {
    super();
    this.norm1 = new nn.LayerNorm(width, { eps });
    this.attn = new Attention(width, heads);
    this.norm2 = new nn.LayerNorm(width, { eps });
    this.mlp = new Mlp(width);
    this.dropPath = new DropPath(dropPath);
  }

  forward(x: Tensor): Tensor {
    return scope(() => {
      const y = x.add(this.dropPath.forward(this.attn.forward(this.norm1.forward(x))));
      return y.add(this.dropPath.forward(this.mlp.forward(this.norm2.forward(y))));
    });
  }
}

/** Patches to tokens. */
class PatchEmbed extends nn.Module {
  readonly proj: nn.Conv2d;

  constructor(channels: number, width: number, patch: number) {
    super();
    this.proj = new nn.Conv2d(channels, width, patch, { stride: patch });
  }

  /** [n, channels, h, w] to [n, h w / patch^2, width] */
  forward(x: Tensor): Tensor {
    return this.proj.forward(x).flatten({ startDim: 2 }).transpose(1, 2);
  }
}

function linear(inputs: number, outputs: number): nn.Linear {
  const layer = new nn.Linear(inputs, outputs);
  nn.init.truncatedNormal(layer.weight, 0.02);
  if (layer.bias) nn.init.constant(layer.bias, 0);
  return layer;
}

/**
 * A vision transformer with a class token and learned positions, norms before the layers
 * (Dosovitskiy et al., 2021), as DeiT (Touvron et al., 2021) and DINO (facebookresearch/dino) have
 * it: [n, channels, h, w] to the class token after the last norm, [n, width]. Parameter names are
 * timm's. Images of other sides than `size` are taken too, if patches divide them: the position
 * embeddings are resampled.
 */
export class ViT extends nn.Module implements Encoder {
  readonly clsToken: Tensor;
  readonly posEmbed: Tensor;
  readonly patchEmbed: PatchEmbed;
  readonly blocks: Block[];
  readonly norm: nn.LayerNorm;
  readonly featureWidth: number;
  readonly patch: number;
  /** Patches along a side. */
  readonly side: number;

  constructor({ width, depth, heads, patch, size, channels, dropPath = 0 }: ViTOptions) {
    super();
    if (!Number.isInteger(width / heads) || !Number.isInteger(heads))
      throw new RangeError(`ViT: ${heads} heads do not divide a width of ${width}`);
    if (size % patch !== 0) throw new RangeError(`ViT: patches of ${patch} pixels do not divide images of ${size}`);
    this.featureWidth = width;
    this.patch = patch;
    this.side = size / patch;
    this.clsToken = nn.parameter(nn.init.truncatedNormal(zeros([1, 1, width]), 0.02));
    this.posEmbed = nn.parameter(nn.init.truncatedNormal(zeros([1, this.side ** 2 + 1, width]), 0.02));
    this.patchEmbed = new PatchEmbed(channels, width, patch);
    const rate = (block: number) => (depth === 1 ? dropPath : (dropPath * block) / (depth - 1));
    this.blocks = Array.from({ length: depth }, (_, block) => new Block(width, heads, rate(block)));
    this.norm = new nn.LayerNorm(width, { eps });
  }

  forward(x: Tensor): Tensor {
    return this.classTokens(x, 1);
  }

  /**
   * The class tokens after each of the last `blocks` blocks, each through the last norm, side by
   * side: [n, blocks width].
   */
  classTokens(x: Tensor, blocks: number): Tensor {
    if (blocks < 1 || blocks > this.blocks.length) {
      throw new RangeError(`ViT: it has ${this.blocks.length} blocks, ${blocks} were asked for`);
    }
    const found: Tensor[] = [];
    let y = tokensOf(this, x);
    this.blocks.forEach((block, i) => {
      y = block.forward(y);
      if (i >= this.blocks.length - blocks) found.push(this.norm.forward(y.select(1, 0)));
    });
    return found.length === 1 ? (found[0] as Tensor) : cat(found, { dim: 1 });
  }

  /**
   * The position embeddings of so many rows and columns of patches: [1, 1 + rows columns, width].
   */
  positions(rows: number, columns: number): Tensor {
    const { posEmbed, side, featureWidth } = this;
    if (rows === side && columns === side) return posEmbed;
    const map = posEmbed
      .narrow(1, 1, side * side)
      .reshape([1, side, side, featureWidth])
      .permute([0, 3, 1, 2]);
    const resampled = map.upsampleBicubic2d([rows, columns], false).permute([0, 2, 3, 1]);
    return cat([posEmbed.narrow(1, 0, 1), resampled.reshape([1, rows * columns, featureWidth])], { dim: 1 });
  }
}

/** Class token and patches with their positions: [n, 1 + patches, width]. */
function tokensOf(vit: ViT, x: Tensor): Tensor {
  const { patch, clsToken, patchEmbed, featureWidth } = vit;
  const [n, , height, width] = x.shape as [number, number, number, number];
  if (height % patch !== 0 || width % patch !== 0) {
    throw new RangeError(`ViT: patches of ${patch} pixels do not divide images of ${height} x ${width}`);
  }
  const all = cat([clsToken.expand([n, 1, featureWidth]), patchEmbed.forward(x)], { dim: 1 });
  return all.add(vit.positions(height / patch, width / patch));
}
