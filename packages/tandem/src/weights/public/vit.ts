import { noGrad, type Tensor, zeros } from 'tandem-torch';
import type { Architecture, TransformerForm } from '../../networks/index.js';
import type { Layout } from '../layouts/index.js';
import type { FolderSays } from './folder.js';
import type { Recognised } from './recognise.js';

type Tensors = Record<string, Tensor>;

/** Backbones by the width of their tokens. */
const named: Readonly<Record<number, string>> = {
  192: 'vit-tiny',
  384: 'vit-small',
  768: 'vit-base',
  1024: 'vit-large',
  1280: 'vit-large',
  1408: 'vit-large',
  1536: 'vit-large',
};

/** Heads where they are not 64 wide. */
const headsOfWidth: Readonly<Record<number, number>> = { 1280: 16, 1408: 16, 1664: 16 };

/** A network that was read off, the tensors that it loads, and what was taken for granted. */
export interface ReadOff {
  readonly architecture: Architecture;
  readonly tensors: Tensors;
  readonly assumed: readonly string[];
}

/**
 * Reads off the shapes which vision transformer has these weights, under the names here.
 * Heads, norms' eps and how positions are resampled show nowhere: those of the layout are taken.
 * @throws Error where no transformer here has them
 */
export function readOffViT({ tensors, layout, prefix }: Recognised, folder: FolderSays): ReadOff {
  const found = withoutEmpty(withOneNorm(tensors));
  refuseOther(found);
  const [width, channels, patch, across] = (found['patch_embed.proj.weight']?.shape ?? []) as number[];
  if (!width || !channels || !patch || patch !== across) {
    throw new Error(`its patches are ${found['patch_embed.proj.weight']}; expected [width, channels, side, side]`);
  }
  let depth = 0;
  while (found[`blocks.${depth}.norm1.weight`]) depth += 1;
  const hasClass = found.cls_token !== undefined;
  const registers = found.reg_token?.shape[1] ?? 0;
  const positions = found.pos_embed;
  if (!positions && layout.form?.positions !== 'rotary') {
    throw new Error('it has no positions (pos_embed); relative and other kinds are not known here');
  }
  const side = positions ? sideOf(positions, hasClass) : undefined;
  const size = side === undefined ? (folder.size ?? 256) : side * patch;
  const hidden = found['blocks.0.mlp.fc2.weight']?.shape[1] ?? 4 * width;
  const isGated = found['blocks.0.mlp.fc1.weight']?.shape[0] === 2 * hidden;
  const heads = folder.form.heads ?? mocoHeads(prefix, width) ?? headsOfWidth[width] ?? width / 64;
  const hasScale = found['blocks.0.ls1.gamma'] !== undefined;
  const noBias = found['blocks.0.attn.q_bias'] ? 'query-value' : 'none';
  const { resample = resampleOf(layout, folder, { registers, hasScale, found }), ...said } = folder.form;
  const form: TransformerForm = {
    ...{ heads, resample },
    ...(isGated && { mlp: 'swiglu' }),
    ...(hidden !== 4 * width && { mlpWidth: hidden }),
    ...(hasScale && { layerScale: 1e-5 }),
    ...(registers > 0 && { registers }),
    ...(!hasClass && { classToken: false }),
    ...(!found['blocks.0.attn.qkv.bias'] && { qkvBias: noBias }),
    ...(!tensors['norm.weight'] && { pooling: 'mean-norm' }),
  };
  const { positions: kind, normEps, pooling } = { ...layout.form, ...said };
  const architecture: Architecture = {
    ...{ backbone: named[width] ?? 'vit-small', width, channels, depth, patch, size },
    ...form,
    ...(kind === 'rotary' && { positions: kind, resample: undefined }),
    ...(normEps !== undefined && { normEps }),
    ...(pooling !== undefined && form.pooling === undefined && { pooling }),
  };
  const assumed = folder.form.heads === undefined ? [`${heads} heads`] : [];
  return { architecture, tensors: withClassPosition(found, hasClass, side), assumed };
}

function sideOf(positions: Tensor, hasClass: boolean): number {
  const count = positions.shape[1] as number;
  const side = [count, count - 1].map(Math.sqrt).find(Number.isInteger);
  if (side === undefined || side < 1 || (!hasClass && side ** 2 !== count)) {
    throw new Error(`its ${count} positions are of no square grid of patches`);
  }
  return side;
}

/** MoCo v3's ViT-S has twice the usual number. (facebookresearch/moco-v3, vits.py) */
function mocoHeads(prefix: string, width: number): number | undefined {
  return /(^|\.)(base_encoder|momentum_encoder)\./.test(prefix) && width === 384 ? 12 : undefined;
}

interface Shown {
  readonly registers: number;
  readonly hasScale: boolean;
  readonly found: Tensors;
}

/** As the weights' authors bring positions to another size, where several libraries differ. */
function resampleOf(
  { form }: Layout,
  { isTimm }: FolderSays,
  { registers, hasScale, found }: Shown,
): TransformerForm['resample'] {
  if (registers > 0) return 'antialias';
  if (hasScale) return 'offset';
  return isTimm || found['head.weight'] ? 'antialias' : form?.resample;
}

/** timm's norm stands under another name where it comes after the mean. */
function withOneNorm(tensors: Tensors): Tensors {
  const { 'fc_norm.weight': weight, 'fc_norm.bias': bias, ...rest } = tensors;
  return weight && bias && !tensors['norm.weight'] ? { ...rest, 'norm.weight': weight, 'norm.bias': bias } : tensors;
}

/** transformers writes registers where there are none. */
function withoutEmpty({ reg_token: registers, ...rest }: Tensors): Tensors {
  return registers && registers.numel > 0 ? { ...rest, reg_token: registers } : rest;
}

/** Where the class token has no position of its own, one of zeros changes nothing. */
function withClassPosition(found: Tensors, hasClass: boolean, side: number | undefined): Tensors {
  const positions = found.pos_embed;
  if (!positions || !hasClass || side === undefined || positions.shape[1] !== side ** 2) return found;
  const [, count, width] = positions.shape as [number, number, number];
  const whole = noGrad(() => {
    const all = zeros([1, count + 1, width], { dtype: positions.dtype });
    all.narrow(1, 1, count).copy_(positions);
    return all;
  });
  return { ...found, pos_embed: whole };
}

/** Parts that change what a transformer computes, and that none here has. */
const foreign: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^blocks\.0\.attn\.(q_norm|k_norm)\b/, 'norms of queries and keys'],
  [/^norm_pre\b/, 'a norm before the blocks'],
  [/^attn_pool\b/, 'pooling by attention'],
  [/rel_pos|relative_position/, 'relative positions'],
  [/^patch_embed\.(backbone|stem)\b/, 'convolutions in place of patches'],
  [/^blocks\.0\.attn\.norm\b|^blocks\.0\.mlp\.norm\b/, 'norms within its layers'],
  [/^dist_token$/, 'a distillation token'],
];

function refuseOther(found: Tensors): void {
  for (const name of Object.keys(found)) {
    const part = foreign.find(([pattern]) => pattern.test(name));
    if (part) throw new Error(`it has ${part[1]} (${name}), which no vision transformer here has`);
  }
}
