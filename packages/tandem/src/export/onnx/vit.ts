import { cat, type nn, type Tensor, zeros } from 'tandem-torch';
import { type Rotation, rotation, type ViT } from '../../networks/index.js';
import type { Draft } from './draft.js';
import { io } from './graph.js';

type Block = ViT['blocks'][number];

/**
 * A transformer for images of `side` patches along a side: its tokens, after the last
 * norm where features are read from those, and the features.
 */
export function vit(draft: Draft, encoder: ViT, side: number): void {
  const { patchEmbed, featureWidth, norm, blocks, posEmbed, prefix, pooling } = encoder;
  const { proj } = patchEmbed;
  const patches = draft.convolution('patches', io.input, proj, undefined, { first: true, shift: proj.bias as Tensor });
  const flat = draft.add('Reshape', [patches, draft.indices([0, 0, -1])], 'patches.flat');
  const rows = draft.add('Transpose', [flat], 'patches.rows', { perm: [0, 2, 1] });
  // Rows of zeros in front, to which class token, registers and positions are added, need no size
  // of a batch.
  const padded =
    prefix === 0 ? rows : draft.add('Pad', [rows, draft.indices([0, prefix, 0, 0, 0, 0])], 'tokens.padded');
  let x = draft.add('Add', [padded, draft.put('tokens.positions', added(encoder, side))], 'tokens');
  const turn = posEmbed ? undefined : turning(encoder, side);
  for (const [i, block] of blocks.entries()) {
    const last = pooling === 'mean-norm' && i === blocks.length - 1 ? io.map : `block${i + 1}.out`;
    x = transformed(draft, `block${i + 1}`, x, block, turn, last);
  }
  if (pooling === 'mean-norm') {
    flatten(draft, layerNorm(draft, 'norm', patchMean(draft, prefix, side), norm), featureWidth);
    return;
  }
  layerNorm(draft, 'norm', x, norm, io.map);
  if (pooling === 'class') draft.add('Gather', [io.map, draft.index(0)], io.pooled, { axis: 1 });
  else flatten(draft, patchMean(draft, prefix, side), featureWidth);
}

/** The mean of the map's patches: [n, 1, width]. */
function patchMean(draft: Draft, prefix: number, side: number): string {
  const patches = prefix === 0 ? io.map : slice(draft, 'patches.out', io.map, 1, [prefix, prefix + side ** 2]);
  return draft.add('ReduceMean', [patches], 'patches.mean', { axes: [1], keepdims: 1 });
}

function flatten(draft: Draft, x: string, width: number): void {
  draft.add('Reshape', [x, draft.indices([-1, width])], io.pooled);
}

function slice(draft: Draft, name: string, x: string, axis: number, [start, end]: readonly [number, number]): string {
  return draft.add('Slice', [x, draft.indices([start]), draft.indices([end]), draft.indices([axis])], name);
}

/** What is added to zeros and patches: [1, prefix + patches, width]. */
function added(encoder: ViT, side: number): Tensor {
  const { clsToken, regToken, posEmbed, featureWidth, patchEmbed } = encoder;
  const { device } = patchEmbed.proj.weight;
  const positions = posEmbed
    ? encoder.positions(side, side)
    : zeros([1, side ** 2 + (clsToken ? 1 : 0), featureWidth], { device });
  const before = clsToken ? 1 : 0;
  const first = clsToken ? [clsToken.add(positions.narrow(1, 0, 1))] : [];
  return cat([...first, ...(regToken ? [regToken] : []), positions.narrow(1, before, side ** 2)], { dim: 1 });
}

/**
 * By what queries and keys are turned, names of [tokens, size] each; what stands before the patches
 * by nothing.
 */
type Turn = (draft: Draft, name: string, x: string) => string;

function turning({ featureWidth, blocks, prefix, patchEmbed }: ViT, side: number): Turn {
  const size = featureWidth / (blocks[0] as Block).attn.heads;
  const { cos, sin }: Rotation = rotation({ rows: side, columns: side }, size, patchEmbed.proj.weight);
  const like = { device: cos.device };
  const cosines = cat([zeros([prefix, size], like).add(1), cos]);
  // The halves change places, one of them with the other sign.
  const half = size / 2;
  const signed = cat([sin.narrow(1, 0, half).neg(), sin.narrow(1, half, half)], { dim: 1 });
  const sines = cat([zeros([prefix, size], like), signed]);
  return (draft, name, x) => {
    const [a, b] = [slice(draft, `${name}.first`, x, 3, [0, half]), slice(draft, `${name}.second`, x, 3, [half, size])];
    const swapped = draft.add('Concat', [b, a], `${name}.swapped`, { axis: 3 });
    const along = draft.add('Mul', [x, draft.put('rotation.cos', cosines)], `${name}.along`);
    const across = draft.add('Mul', [swapped, draft.put('rotation.sin', sines)], `${name}.across`);
    return draft.add('Add', [along, across], `${name}.rotated`);
  };
}

function transformed(draft: Draft, name: string, x: string, block: Block, turn: Turn | undefined, out: string): string {
  const { norm1, attn, ls1, norm2, mlp, ls2 } = block;
  const attended = attention(draft, `${name}.attn`, layerNorm(draft, `${name}.norm1`, x, norm1), attn, ls1, turn);
  const y = draft.add('Add', [x, attended], `${name}.attended`);
  const normed = layerNorm(draft, `${name}.norm2`, y, norm2);
  const inner = mlp.gated
    ? gated(draft, name, normed, mlp)
    : gelu(draft, `${name}.gelu`, draft.linear(`${name}.fc1`, normed, mlp.fc1));
  return draft.add('Add', [y, draft.linear(`${name}.fc2`, inner, scaled(mlp.fc2, ls2))], out);
}

/** A layer with the factors of its outputs in its weights. */
function scaled({ weight, bias }: nn.Linear, scale: Block['ls1']): Layer {
  if (!scale) return { weight, bias };
  const { gamma } = scale;
  return { weight: weight.mul(gamma.unsqueeze(1)), bias: bias ? bias.mul(gamma) : null };
}

/** silu(a) b */
function gated(draft: Draft, name: string, x: string, { fc1 }: Block['mlp']): string {
  const [first, second] = halves(fc1);
  const a = draft.linear(`${name}.fc1.a`, x, first);
  const b = draft.linear(`${name}.fc1.b`, x, second);
  const gate = draft.add('Mul', [a, draft.add('Sigmoid', [a], `${name}.sigmoid`)], `${name}.silu`);
  return draft.add('Mul', [gate, b], `${name}.gated`);
}

function halves({ weight, bias }: nn.Linear): [Layer, Layer] {
  const [a, b] = weight.chunk(2) as [Tensor, Tensor];
  const [c, d] = (bias as Tensor).chunk(2) as [Tensor, Tensor];
  return [
    { weight: a, bias: c },
    { weight: b, bias: d },
  ];
}

function attention(
  draft: Draft,
  name: string,
  x: string,
  attn: Block['attn'],
  scale: Block['ls1'],
  turn: Turn | undefined,
): string {
  const { qkv, proj, heads } = attn;
  const width = proj.weight.shape[0] as number;
  const size = width / heads;
  const weights = qkv.weight.chunk(3) as [Tensor, Tensor, Tensor];
  const biases = (attn.biases() ?? zeros([3 * width], { device: qkv.weight.device })).chunk(3) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  // [n, tokens, width] to [n, heads, tokens, size]; the scale is in the queries' weights
  const part = (which: 'q' | 'k' | 'v', i: 0 | 1 | 2, factor: number, perm: number[]) => {
    const own = { weight: weights[i].mul(factor), bias: biases[i].mul(factor) };
    const all = draft.linear(`${name}.${which}`, x, own);
    const split = draft.add('Reshape', [all, draft.indices([0, 0, heads, size])], `${name}.${which}.heads`);
    return draft.add('Transpose', [split], `${name}.${which}.turned`, { perm });
  };
  const q = part('q', 0, size ** -0.5, [0, 2, 1, 3]);
  // keys to [n, heads, size, tokens], once they are turned
  const k = part('k', 1, 1, turn ? [0, 2, 1, 3] : [0, 2, 3, 1]);
  const v = part('v', 2, 1, [0, 2, 1, 3]);
  const scores = turn
    ? draft.add(
        'MatMul',
        [
          turn(draft, `${name}.q`, q),
          draft.add('Transpose', [turn(draft, `${name}.k`, k)], `${name}.k.columns`, { perm: [0, 1, 3, 2] }),
        ],
        `${name}.scores`,
      )
    : draft.add('MatMul', [q, k], `${name}.scores`);
  const shares = draft.add('Softmax', [scores], `${name}.shares`, { axis: -1 });
  const sums = draft.add('MatMul', [shares, v], `${name}.sums`);
  const turned = draft.add('Transpose', [sums], `${name}.sums.turned`, { perm: [0, 2, 1, 3] });
  const joined = draft.add('Reshape', [turned, draft.indices([0, 0, width])], `${name}.joined`);
  return draft.linear(`${name}.proj`, joined, scaled(proj, scale));
}

type Layer = Pick<nn.Linear, 'weight' | 'bias'>;

/** In the operators of the set, which has none for it; runtimes know the pattern. */
export function layerNorm(
  draft: Draft,
  name: string,
  x: string,
  { weight, bias, eps }: Pick<nn.LayerNorm, 'weight' | 'bias' | 'eps'>,
  output = name,
): string {
  const mean = draft.add('ReduceMean', [x], `${name}.mean`, { axes: [-1], keepdims: 1 });
  const centred = draft.add('Sub', [x, mean], `${name}.centred`);
  const squares = draft.add('Pow', [centred, draft.number(2)], `${name}.squares`);
  const variance = draft.add('ReduceMean', [squares], `${name}.variance`, { axes: [-1], keepdims: 1 });
  const deviation = draft.add(
    'Sqrt',
    [draft.add('Add', [variance, draft.number(eps)], `${name}.safe`)],
    `${name}.deviation`,
  );
  const scaled = draft.add('Div', [centred, deviation], `${name}.scaled`);
  const weighed = draft.add('Mul', [scaled, draft.put(`${name}.weight`, weight)], `${name}.weighed`);
  return draft.add('Add', [weighed, draft.put(`${name}.bias`, bias)], output);
}

/** x (1 + erf(x / sqrt 2)) / 2 */
export function gelu(draft: Draft, name: string, x: string): string {
  const erf = draft.add('Erf', [draft.add('Div', [x, draft.number(Math.SQRT2)], `${name}.narrow`)], `${name}.erf`);
  const twice = draft.add('Mul', [x, draft.add('Add', [erf, draft.number(1)], `${name}.risen`)], `${name}.twice`);
  return draft.add('Mul', [twice, draft.number(0.5)], name);
}
