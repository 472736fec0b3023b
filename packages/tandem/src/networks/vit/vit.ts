import { cat, nn, type Tensor, where, zeros } from 'tandem-torch';
import type { PlacedEncoder, Seen } from '../encoder.js';
import { Block } from './block.js';
import type { Pooling, Resampling, TransformerForm } from './form.js';
import { type Grid, type Rotation, resampled, rotation } from './positions.js';

/** What a vision transformer is built from. */
export interface ViTOptions extends TransformerForm {
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
  /** Whether it has a token that stands for patches it is not shown; defaults to false. */
  readonly maskToken?: boolean | undefined;
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

/**
 * A vision transformer, norms before the layers (Dosovitskiy et al., 2021): [n, channels, h, w] to
 * [n, width]. The plain one has a class token and learned positions, as DeiT (Touvron et al., 2021)
 * and DINO (facebookresearch/dino) have it; `TransformerForm` says what others have. Tokens stand
 * in the order class, registers, patches. Parameter names are timm's. Images of other sides than
 * `size` are taken too, if patches divide them: the position embeddings are resampled.
 */
export class ViT extends nn.Module implements PlacedEncoder {
  /** The class token, [1, 1, width]; null where there is none. */
  readonly clsToken: Tensor | null;
  /** The registers, [1, n, width]; null where there are none. */
  readonly regToken: Tensor | null;
  /** In place of masked patches, where training masks any; it is no part of what is saved. */
  readonly maskToken: Tensor | null;
  /** Of the class token, if there is one, and the patches; null where they are rotary. */
  readonly posEmbed: Tensor | null;
  /** From pixels to a token a patch. */
  readonly patchEmbed: PatchEmbed;
  /** Attention and multilayer perceptron, one after another. */
  readonly blocks: Block[];
  /** After the last block. */
  readonly norm: nn.LayerNorm;
  /** Numbers of a token, and of an image's features. */
  readonly featureWidth: number;
  /** Side of a patch, in pixels. */
  readonly patch: number;
  /** Patches along a side. */
  readonly side: number;
  /** What an image's features are made of. */
  readonly pooling: Pooling;
  /** How positions are brought to images of another size. */
  readonly resampling: Resampling;

  constructor({ width, depth, heads, patch, size, channels, dropPath = 0, maskToken = false, ...form }: ViTOptions) {
    super();
    const { classToken = true, registers = 0, normEps: eps = 1e-6, mlpWidth = 4 * width } = form;
    if (!Number.isInteger(width / heads) || !Number.isInteger(heads))
      throw new RangeError(`ViT: ${heads} heads do not divide a width of ${width}`);
    if (size % patch !== 0) throw new RangeError(`ViT: patches of ${patch} pixels do not divide images of ${size}`);
    this.pooling = form.pooling ?? (classToken ? 'class' : 'mean');
    if (this.pooling === 'class' && !classToken) throw new RangeError('ViT: there is no class token to read');
    const isRotary = form.positions === 'rotary';
    if (isRotary && (width / heads) % 4 !== 0) {
      throw new RangeError(`ViT: rotary positions need heads in multiples of 4, these have ${width / heads}`);
    }
    const drawn = (count: number) => nn.parameter(nn.init.truncatedNormal(zeros([1, count, width]), 0.02));
    this.featureWidth = width;
    this.patch = patch;
    this.side = size / patch;
    this.resampling = form.resample ?? 'plain';
    this.clsToken = classToken ? drawn(1) : null;
    this.regToken = registers > 0 ? drawn(registers) : null;
    this.maskToken = maskToken ? nn.parameter(zeros([1, width])) : null;
    this.posEmbed = isRotary ? null : drawn(this.side ** 2 + (classToken ? 1 : 0));
    this.patchEmbed = new PatchEmbed(channels, width, patch);
    const rate = (block: number) => (depth === 1 ? dropPath : (dropPath * block) / (depth - 1));
    this.blocks = Array.from(
      { length: depth },
      (_, block) => new Block({ width, heads, mlpWidth, eps, dropPath: rate(block), form }),
    );
    this.norm = new nn.LayerNorm(width, { eps });
  }

  /** Tokens before the patches: of the class, and registers. */
  get prefix(): number {
    return (this.clsToken ? 1 : 0) + (this.regToken?.shape[1] ?? 0);
  }

  forward(x: Tensor): Tensor {
    return this.lastFeatures(x, 1);
  }

  /** Numbers in a token. */
  get placeWidth(): number {
    return this.featureWidth;
  }

  /** Places are the patches after the last norm. */
  see(x: Tensor): Seen {
    const { tokens, turn, grid } = begun(this, x);
    let y = tokens;
    for (const block of this.blocks) y = block.forward(y, turn);
    const patches = this.norm.forward(patchesOf(this, y));
    const map = [y.shape[0] as number, this.featureWidth, grid.rows, grid.columns];
    return { features: pooled(this, y), places: patches.transpose(1, 2).reshape(map) };
  }

  /**
   * Where the class token of the last block looks: its share for each patch, head by head, [n,
   * heads, rows, columns]. What goes to itself and to registers is missing in their sums.
   * @throws RangeError where there is no class token
   */
  classAttention(x: Tensor): Tensor {
    if (!this.clsToken) throw new RangeError('ViT: there is no class token to look');
    const { tokens, turn, grid } = begun(this, x);
    let y = tokens;
    for (const block of this.blocks.slice(0, -1)) y = block.forward(y, turn);
    const { norm1, attn } = this.blocks.at(-1) as Block;
    const shares = attn.weights(norm1.forward(y), turn).select(2, 0);
    const { rows, columns } = grid;
    return shares.narrow(2, this.prefix, rows * columns).reshape([...shares.shape.slice(0, 2), rows, columns]);
  }

  /**
   * All tokens after the last norm: [n, prefix + patches, width].
   * @param masked the patches in whose place the mask token stands: bool [n, patches]
   */
  tokens(x: Tensor, masked?: Tensor): Tensor {
    const { tokens, turn } = begun(this, x, masked);
    let y = tokens;
    for (const block of this.blocks) y = block.forward(y, turn);
    return this.norm.forward(y);
  }

  /**
   * The class tokens after each of the last `blocks` blocks, each through the last norm, side by
   * side: [n, blocks width].
   */
  classTokens(x: Tensor, blocks: number): Tensor {
    return this.lastFeatures(x, blocks);
  }

  /** The same of what the features are made of, the class token or the patches' mean. */
  lastFeatures(x: Tensor, blocks: number): Tensor {
    if (blocks < 1 || blocks > this.blocks.length) {
      throw new RangeError(`ViT: it has ${this.blocks.length} blocks, ${blocks} were asked for`);
    }
    const found: Tensor[] = [];
    const { tokens, turn } = begun(this, x);
    let y = tokens;
    this.blocks.forEach((block, i) => {
      y = block.forward(y, turn);
      if (i >= this.blocks.length - blocks) found.push(pooled(this, y));
    });
    return found.length === 1 ? (found[0] as Tensor) : cat(found, { dim: 1 });
  }

  /**
   * The position embeddings of so many rows and columns of patches: [1, class + rows columns,
   * width].
   */
  positions(rows: number, columns: number): Tensor {
    const { posEmbed, side, clsToken, resampling } = this;
    if (!posEmbed) throw new Error('ViT: its positions are rotary');
    const own = { rows: side, columns: side };
    return resampled(posEmbed, clsToken ? 1 : 0, own, { rows, columns }, resampling);
  }
}

/** The tokens of patches: [n, tokens, width] to [n, patches, width]. */
function patchesOf({ prefix }: ViT, y: Tensor): Tensor {
  return y.narrow(1, prefix, (y.shape[1] as number) - prefix);
}

/** From the last block's tokens to features: [n, tokens, width] to [n, width]. */
function pooled(vit: ViT, y: Tensor): Tensor {
  const { pooling, norm } = vit;
  if (pooling === 'class') return norm.forward(y.select(1, 0));
  const patches = patchesOf(vit, y);
  return pooling === 'mean' ? norm.forward(patches).mean([1]) : norm.forward(patches.mean([1]));
}

/** What enters the blocks. */
interface Begun {
  /** Class, registers and patches with their positions: [n, prefix + patches, width]. */
  readonly tokens: Tensor;
  readonly grid: Grid;
  readonly turn?: Rotation | undefined;
}

function begun(vit: ViT, x: Tensor, masked?: Tensor): Begun {
  const { patch, clsToken, regToken, posEmbed, patchEmbed, featureWidth } = vit;
  const [n, , height, width] = x.shape as [number, number, number, number];
  if (height % patch !== 0 || width % patch !== 0) {
    throw new RangeError(`ViT: patches of ${patch} pixels do not divide images of ${height} x ${width}`);
  }
  const grid: Grid = { rows: height / patch, columns: width / patch };
  const every = (token: Tensor) => token.expand([n, token.shape[1] as number, featureWidth]);
  const patches = masked ? hidden(vit, patchEmbed.forward(x), masked) : patchEmbed.forward(x);
  const plain = clsToken ? cat([every(clsToken), patches], { dim: 1 }) : patches;
  const placed = posEmbed ? plain.add(vit.positions(grid.rows, grid.columns)) : plain;
  const tokens = regToken ? withRegisters(placed, every(regToken), clsToken ? 1 : 0) : placed;
  const [block] = vit.blocks as [Block];
  return { tokens, grid, turn: posEmbed ? undefined : rotation(grid, featureWidth / block.attn.heads, placed) };
}

/** Patches, the mask token in place of some. */
function hidden({ maskToken }: ViT, patches: Tensor, masked: Tensor): Tensor {
  if (!maskToken) throw new Error('ViT: it was built without a mask token');
  return where(masked.unsqueeze(2), maskToken.to(patches.dtype), patches);
}

/** Registers have no positions and stand behind the class token. */
function withRegisters(tokens: Tensor, registers: Tensor, before: number): Tensor {
  const after = (tokens.shape[1] as number) - before;
  return cat([tokens.narrow(1, 0, before), registers, tokens.narrow(1, before, after)], { dim: 1 });
}
