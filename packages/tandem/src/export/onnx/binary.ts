import {
  type BinaryConv2d,
  type BinaryResNet,
  type BinaryUnit,
  binarySign,
  type ReActBlock,
  type ReActNet,
  type RPReLU,
  type RSign,
} from '../../networks/index.js';
import type { Draft, Kernels } from './draft.js';
import { io } from './graph.js';
import { shortcut } from './resnet.js';

/** A binary ResNet: its features' map. */
export function binaryResnet(draft: Draft, { conv1, bn1, maxpool, layers }: BinaryResNet): void {
  let x = draft.convolution('stem.conv', io.input, conv1, bn1, { first: true });
  if (maxpool) x = draft.maxPool('stem.pool', x, maxpool);
  const units = layers.flatMap((stage, s) =>
    stage.layers.map((unit, u) => [`layer${s + 1}.${u}`, unit as BinaryUnit] as const),
  );
  for (const [i, [name, unit]] of units.entries()) {
    const { rsign, conv, bn, downsample, rprelu } = unit;
    const output = i === units.length - 1 ? io.map : `${name}.out`;
    const carried = downsample ? shortcut(draft, name, x, downsample) : x;
    const signs = sign(draft, `${name}.sign`, x, rsign);
    const y = draft.convolution(`${name}.conv`, signs, kernels(conv), bn, { shift: rprelu?.before });
    const sum = draft.add('Add', [y, carried], rprelu ? `${name}.sum` : output);
    x = rprelu ? slopes(draft, `${name}.rprelu`, sum, rprelu, output) : sum;
  }
}

/** ReActNet-A: its features' map. */
export function reactnet(draft: Draft, { conv1, bn1, blocks }: ReActNet): void {
  let x = draft.convolution('stem.conv', io.input, conv1, bn1, { first: true });
  for (const [i, one] of blocks.entries()) {
    x = block(draft, `block${i + 1}`, x, one, i === blocks.length - 1 ? io.map : `block${i + 1}.out`);
  }
}

function block(draft: Draft, name: string, x: string, one: ReActBlock, output: string): string {
  const { rsign1, conv1, bn1, pool, rprelu1, rsign2, pointwise, bn2, rprelu2 } = one;
  const carried = pool ? draft.averagePool(`${name}.pool`, x, pool) : x;
  const first = sign(draft, `${name}.sign1`, x, rsign1);
  const spatial = draft.convolution(`${name}.conv1`, first, kernels(conv1), bn1, { shift: rprelu1.before });
  const sum = draft.add('Add', [spatial, carried], `${name}.sum1`);
  const a = slopes(draft, `${name}.rprelu1`, sum, rprelu1, `${name}.middle`);
  const signs = sign(draft, `${name}.sign2`, a, rsign2);
  const shifts = rprelu2.before.chunk(pointwise.length);
  const parts = pointwise.map((conv, i) => {
    const part = `${name}.conv2.${i + 1}`;
    const y = draft.convolution(part, signs, kernels(conv), bn2[i] as (typeof bn2)[number], { shift: shifts[i] });
    return draft.add('Add', [y, a], `${part}.sum`);
  });
  const [all] = parts.length === 1 ? parts : [draft.add('Concat', parts, `${name}.both`, { axis: 1 })];
  return slopes(draft, `${name}.rprelu2`, all as string, rprelu2, output);
}

/** 1 where x is not less than the negative shift, else -1. ONNX's Sign has a third value, at 0. */
function sign(draft: Draft, name: string, x: string, { bias }: RSign): string {
  const least = bias ? draft.putChannels(`${name}.least`, bias.neg()) : draft.number(0);
  const isPositive = draft.add('GreaterOrEqual', [x, least], `${name}.isPositive`);
  return draft.add('Where', [isPositive, draft.number(1), draft.number(-1)], name);
}

/** PReLU, and what is added after it; what is added before it is in the convolution's bias. */
function slopes(draft: Draft, name: string, x: string, { weight, after }: RPReLU, output: string): string {
  const y = draft.add('PRelu', [x, draft.putChannels(`${name}.slope`, weight)], name);
  return draft.add('Add', [y, draft.putChannels(`${name}.after`, after)], output);
}

/**
 * The weights that convolve: signs times the channel's scale, or in the first of two steps of
 * training the weights as they are.
 */
function kernels(conv: BinaryConv2d): Kernels {
  const { weight, options, binary } = conv;
  if (!binary) return conv;
  const scale = weight.abs().mean([1, 2, 3], { keepdim: true }).clampMin(1e-12);
  return { weight: binarySign(weight, 'clip').mul(scale), options };
}
