import type { Tensor } from 'tandem-torch';
import type { SelectiveKernels } from '../../networks/index.js';
import type { Draft } from './draft.js';

const plain = { stride: 1, padding: 0 };

/**
 * Two convolutions a and b, each with its norm and ReLU, and b + w (a - b). The softmax over a pair
 * is the sigmoid of the difference, so that the last layer gives the difference and the other
 * weight is 1 - w.
 */
export function selectiveKernels(draft: Draft, name: string, x: string, { conv, bn, attn }: SelectiveKernels): string {
  const half = (bn.runningMean.numel as number) / 2;
  const [a, b] = ['a', 'b'].map((which, i) => {
    const part = (y: Tensor) => y.narrow(0, i * half, half);
    const kernels = { weight: part(conv.weight), options: conv.options };
    return draft.relu(`${name}.${which}`, draft.convolution(`${name}.${which}`, x, kernels, normOf(bn, part)));
  }) as [string, string];
  const pooled = draft.add('GlobalAveragePool', [draft.add('Add', [a, b], `${name}.both`)], `${name}.mean`);
  const reduce = { weight: asKernels(attn.fcReduce.weight), options: plain };
  const inner = draft.relu(`${name}.reduce`, draft.convolution(`${name}.reduce`, pooled, reduce, attn.bn));
  const [ofA, ofB] = attn.fcSelect.weight.to('float64').chunk(2) as [Tensor, Tensor];
  const select = draft.convolution(`${name}.select`, inner, { weight: asKernels(ofA.sub(ofB)), options: plain });
  const weight = draft.add('Sigmoid', [select], `${name}.weight`);
  const mixed = draft.add('Mul', [draft.add('Sub', [a, b], `${name}.difference`), weight], `${name}.share`);
  return draft.add('Add', [b, mixed], `${name}.mixed`);
}

function asKernels(weight: Tensor): Tensor {
  return weight.unsqueeze(2).unsqueeze(3);
}

/** The norm of some channels. */
function normOf({ weight, bias, runningMean, runningVar, eps }: SelectiveKernels['bn'], part: (y: Tensor) => Tensor) {
  const [scale, shift] = [weight, bias].map((y) => y && part(y));
  return {
    weight: scale ?? null,
    bias: shift ?? null,
    runningMean: part(runningMean),
    runningVar: part(runningVar),
    eps,
  };
}
