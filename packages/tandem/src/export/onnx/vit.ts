import { cat, type nn, type Tensor, zeros } from 'tandem-torch';
import type { ViT } from '../../networks/index.js';
import type { Draft } from './draft.js';
import { io } from './graph.js';

type Block = ViT['blocks'][number];

/**
 * A transformer for images of the side that its positions are made for: its tokens after the last
 * norm, and the class token of them.
 */
export function vit(draft: Draft, encoder: ViT): void {
  const { patchEmbed, featureWidth, clsToken, posEmbed, norm, blocks } = encoder;
  const { proj } = patchEmbed;
  const patches = draft.convolution('patches', io.input, proj, undefined, { first: true, shift: proj.bias as Tensor });
  const flat = draft.add('Reshape', [patches, draft.indices([0, 0, -1])], 'patches.flat');
  const rows = draft.add('Transpose', [flat], 'patches.rows', { perm: [0, 2, 1] });
  // A row of zeros in front, to which class token and its position are added, needs no size of a
  // batch.
  const padded = draft.add('Pad', [rows, draft.indices([0, 1, 0, 0, 0, 0])], 'tokens.padded');
  const rest = zeros([1, (posEmbed.shape[1] as number) - 1, featureWidth], { device: clsToken.device });
  const classRow = cat([clsToken, rest], { dim: 1 });
  let x = draft.add('Add', [padded, draft.put('tokens.positions', posEmbed.add(classRow))], 'tokens');
  for (const [i, block] of blocks.entries()) x = transformed(draft, `block${i + 1}`, x, block);
  layerNorm(draft, 'norm', x, norm, io.map);
  draft.add('Gather', [io.map, draft.index(0)], io.pooled, { axis: 1 });
}

function transformed(draft: Draft, name: string, x: string, { norm1, attn, norm2, mlp }: Block): string {
  const attended = attention(draft, `${name}.attn`, layerNorm(draft, `${name}.norm1`, x, norm1), attn);
  const y = draft.add('Add', [x, attended], `${name}.attended`);
  const inner = draft.linear(`${name}.fc1`, layerNorm(draft, `${name}.norm2`, y, norm2), mlp.fc1);
  return draft.add('Add', [y, draft.linear(`${name}.fc2`, gelu(draft, `${name}.gelu`, inner), mlp.fc2)], `${name}.out`);
}

function attention(draft: Draft, name: string, x: string, { qkv, proj, heads }: Block['attn']): string {
  const width = proj.weight.shape[0] as number;
  const size = width / heads;
  const weights = qkv.weight.chunk(3) as [Tensor, Tensor, Tensor];
  const biases = (qkv.bias as Tensor).chunk(3) as [Tensor, Tensor, Tensor];
  // [n, tokens, width] to [n, heads, tokens, size], of keys to [n, heads, size, tokens]; the scale
  // is in the queries' weights
  const part = (which: 'q' | 'k' | 'v', i: 0 | 1 | 2, scale: number, perm: number[]) => {
    const own = { weight: weights[i].mul(scale), bias: biases[i].mul(scale) };
    const all = draft.linear(`${name}.${which}`, x, own);
    const split = draft.add('Reshape', [all, draft.indices([0, 0, heads, size])], `${name}.${which}.heads`);
    return draft.add('Transpose', [split], `${name}.${which}.turned`, { perm });
  };
  const q = part('q', 0, size ** -0.5, [0, 2, 1, 3]);
  const k = part('k', 1, 1, [0, 2, 3, 1]);
  const v = part('v', 2, 1, [0, 2, 1, 3]);
  const scores = draft.add('MatMul', [q, k], `${name}.scores`);
  const shares = draft.add('Softmax', [scores], `${name}.shares`, { axis: -1 });
  const sums = draft.add('MatMul', [shares, v], `${name}.sums`);
  const turned = draft.add('Transpose', [sums], `${name}.sums.turned`, { perm: [0, 2, 1, 3] });
  const joined = draft.add('Reshape', [turned, draft.indices([0, 0, width])], `${name}.joined`);
  return draft.linear(`${name}.proj`, joined, proj);
}

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
