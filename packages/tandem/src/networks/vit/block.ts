import {
  affine,
  attention,
  cat,
  exactGelu,
  full,
  nn,
  scope,
  selfAttention,
  type Tensor,
  zeros,
  zerosLike,
} from 'tandem-torch';
import { DropPath } from '../drop-path.js';
import type { TransformerForm } from './form.js';
import { type Rotation, rotated } from './positions.js';

/** A linear layer that begins with deviation .02, biases 0. */
function linear(inputs: number, outputs: number, bias = true): nn.Linear {
  const layer = new nn.Linear(inputs, outputs, { bias });
  nn.init.truncatedNormal(layer.weight, 0.02);
  if (layer.bias) nn.init.constant(layer.bias, 0);
  return layer;
}

/** Softmax attention of every token to all: [n, tokens, width] to the same. */
export class Attention extends nn.Module {
  readonly qkv: nn.Linear;
  /** Where keys alone have none. */
  readonly qBias: Tensor | null;
  readonly vBias: Tensor | null;
  readonly proj: nn.Linear;

  constructor(
    width: number,
    readonly heads: number,
    bias: TransformerForm['qkvBias'] = 'all',
  ) {
    super();
    this.qkv = linear(width, 3 * width, bias === 'all');
    [this.qBias, this.vBias] =
      bias === 'query-value' ? [nn.parameter(zeros([width])), nn.parameter(zeros([width]))] : [null, null];
    this.proj = linear(width, width);
  }

  /** The biases of queries, keys and values side by side, if there are any. */
  biases(): Tensor | null {
    const { qBias, vBias, qkv } = this;
    return qBias && vBias ? cat([qBias, zerosLike(qBias), vBias]) : qkv.bias;
  }

  /** @param turn of queries and keys by their places */
  forward(x: Tensor, turn?: Rotation): Tensor {
    if (!turn) return this.proj.forward(selfAttention(this.projected(x), this.heads));
    const [q, k, v] = this.parts(x, turn);
    return this.proj.forward(attention(q, k, v).transpose(1, 2).reshape(x.shape));
  }

  /** How much each token looks at each: [n, heads, tokens, tokens], rows that sum to 1. */
  weights(x: Tensor, turn?: Rotation): Tensor {
    const [q, k] = this.parts(x, turn);
    return q
      .mul((q.shape[3] as number) ** -0.5)
      .matmul(k.transpose(-2, -1))
      .softmax(-1);
  }

  /** Queries, keys and values of all heads side by side: [n, tokens, 3 width]. */
  projected(x: Tensor): Tensor {
    return this.qBias ? affine(x, this.qkv.weight, { bias: this.biases() }) : this.qkv.forward(x);
  }

  /** The same apart, turned by their places where `turn` says so: [n, heads, tokens, size] each. */
  parts(x: Tensor, turn: Rotation | undefined): [Tensor, Tensor, Tensor] {
    const [n, tokens, width] = x.shape as [number, number, number];
    const parts = this.projected(x)
      .reshape([n, tokens, 3, this.heads, width / this.heads])
      .permute([2, 0, 3, 1, 4]);
    const [q, k, v] = parts.unbind() as [Tensor, Tensor, Tensor];
    return turn ? [rotated(q, turn), rotated(k, turn), v] : [q, k, v];
  }
}

/**
 * Two layers around GELU, or around silu(a) b, where a and b are the halves of the first (Shazeer,
 * 2020, SwiGLU).
 */
export class Mlp extends nn.Module {
  readonly fc1: nn.Linear;
  readonly fc2: nn.Linear;
  readonly gated: boolean;

  constructor(width: number, inner: number, kind: TransformerForm['mlp'] = 'gelu') {
    super();
    this.gated = kind === 'swiglu';
    this.fc1 = linear(width, this.gated ? 2 * inner : inner);
    this.fc2 = linear(inner, width);
  }

  forward(x: Tensor): Tensor {
    const inner = this.fc1.forward(x);
    if (!this.gated) return this.fc2.forward(exactGelu(inner));
    const [a, b] = inner.chunk(2, { dim: -1 }) as [Tensor, Tensor];
    return this.fc2.forward(a.silu().mul(b));
  }
}

/** A factor for each channel (Touvron et al., 2021, CaiT). */
export class LayerScale extends nn.Module {
  readonly gamma: Tensor;

  constructor(width: number, initial: number) {
    super();
    this.gamma = nn.parameter(full([width], initial));
  }

  forward(x: Tensor): Tensor {
    return x.mul(this.gamma);
  }
}

/** What a block is made of; the form's numbers are settled. */
export interface BlockOptions {
  readonly width: number;
  readonly heads: number;
  readonly mlpWidth: number;
  readonly eps: number;
  readonly dropPath: number;
  readonly form: TransformerForm;
}

/** Attention and perceptron, each after a norm and beside a shortcut. */
export class Block extends nn.Module {
  readonly norm1: nn.LayerNorm;
  readonly attn: Attention;
  readonly ls1: LayerScale | null;
  readonly norm2: nn.LayerNorm;
  readonly mlp: Mlp;
  readonly ls2: LayerScale | null;
  readonly dropPath: DropPath;

  constructor({ width, heads, mlpWidth, eps, dropPath, form }: BlockOptions) {
    super();
    const { layerScale, qkvBias, mlp } = form;
    const scale = () => (layerScale === undefined ? null : new LayerScale(width, layerScale));
    this.norm1 = new nn.LayerNorm(width, { eps });
    this.attn = new Attention(width, heads, qkvBias);
    this.ls1 = scale();
    this.norm2 = new nn.LayerNorm(width, { eps });
    this.mlp = new Mlp(width, mlpWidth, mlp);
    this.ls2 = scale();
    this.dropPath = new DropPath(dropPath);
  }

  /** @param turn as attention takes it */
  forward(x: Tensor, turn?: Rotation): Tensor {
    return scope(() => {
      const attended = this.attn.forward(this.norm1.forward(x), turn);
      const y = x.add(this.dropPath.forward(this.ls1?.forward(attended) ?? attended));
      const found = this.mlp.forward(this.norm2.forward(y));
      return y.add(this.dropPath.forward(this.ls2?.forward(found) ?? found));
    });
  }
}
