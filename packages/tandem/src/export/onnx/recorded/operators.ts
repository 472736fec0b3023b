import type { Tensor } from 'tandem-torch';
import { gelu, layerNorm } from '../vit.js';
import type { Recording } from './recording.js';

/** There is no form for something. */
export class Unknown extends Error {}

/** Arguments of an operator by libtorch's names. */
type Inputs = Readonly<Record<string, unknown>>;

/** Writes an operator. @returns the name of its value */
type Write = (to: Recording, inputs: Inputs, y: Tensor) => string;

const pair = (size: unknown, fallback = 0): readonly number[] =>
  size === undefined ? [fallback, fallback] : typeof size === 'number' ? [size, size] : (size as number[]);

/** @throws Unknown unless the argument was left out, or is what it is by default */
function usual(inputs: Inputs, what: string, ...defaults: [name: string, value: unknown][]): void {
  const other = defaults.find(([name, value]) => inputs[name] !== undefined && String(inputs[name]) !== String(value));
  if (other) throw new Unknown(`of ${what} with ${other[0]}=${inputs[other[0]]}`);
}

/** The same operator of one or two values: tensors, or a number as the second. */
function plain(op: string): Write {
  return (to, inputs) => {
    usual(inputs, op, ['alpha', 1], ['rounding_mode', null]);
    const { self, other } = inputs;
    const second =
      other === undefined ? [] : [typeof other === 'number' ? to.draft.number(other) : to.name(other as Tensor)];
    return to.draft.add(op, [to.name(self as Tensor), ...second], to.fresh(op.toLowerCase()));
  };
}

/** What changes nothing in evaluation, in float32. */
const same: Write = (to, { self, dtype }) => {
  if (dtype !== undefined && dtype !== 'float32') throw new Unknown(`of numbers in ${dtype}`);
  return to.name(self as Tensor);
};

/** To the shape that came out; the first size stays that of the batch. */
const reshaped: Write = (to, { self }, y) => {
  const x = self as Tensor;
  const sizes = y.shape.map((size, i) => (i === 0 && size === x.shape[0] ? 0 : size));
  return to.draft.add('Reshape', [to.name(x), to.draft.indices(sizes)], to.fresh('shaped'));
};

const permuted = (to: Recording, x: Tensor, perm: readonly number[]) =>
  to.draft.add('Transpose', [to.name(x)], to.fresh('turned'), {
    perm: perm.map((axis) => (axis < 0 ? axis + x.ndim : axis)),
  });

/** Kernel, stride and padding of a pooling window. */
function window(inputs: Inputs, what: string): Readonly<Record<string, readonly number[]>> {
  usual(inputs, what, ['dilation', '1,1'], ['ceil_mode', false], ['divisor_override', null]);
  const kernel = pair(inputs.kernel_size);
  const stride = pair(inputs.stride);
  const [y, x] = pair(inputs.padding) as [number, number];
  return {
    kernel_shape: kernel,
    strides: stride.length > 0 && inputs.stride !== undefined ? stride : kernel,
    pads: [y, x, y, x],
  };
}

const convolution: Write = (to, inputs) => {
  const { input, weight, bias, stride, padding, dilation, groups = 1 } = inputs;
  const kernels = weight as Tensor;
  if (to.depends(kernels)) throw new Unknown('of a convolution whose kernels depend on the images');
  const [y, x] = pair(padding) as [number, number];
  const b = bias ? [to.name(bias as Tensor)] : [to.draft.zeros(kernels.shape[0] as number)];
  return to.draft.add('Conv', [to.name(input as Tensor), to.name(kernels), ...b], to.fresh('conv'), {
    ...{ kernel_shape: kernels.shape.slice(2), strides: pair(stride, 1), pads: [y, x, y, x] },
    // To a kernel of one pixel a dilation says nothing.
    ...{ dilations: isOnePixel(kernels) ? [1, 1] : pair(dilation, 1), group: groups as number },
  });
};

function isOnePixel({ shape }: Tensor): boolean {
  return shape.slice(2).every((side) => side === 1);
}

/** In evaluation a factor and something added, of each channel. */
const batchNorm: Write = (to, inputs) => {
  if (inputs.training === true) throw new Unknown('of a batch norm that takes its statistics from the batch');
  const { input, weight, bias, running_mean: mean, running_var: variance, eps } = inputs as Record<string, Tensor>;
  const x = input as Tensor;
  const wide = (one: Tensor) => one.to('float64').view([-1, ...new Array<number>(x.ndim - 2).fill(1)]);
  const deviation = wide(variance as Tensor)
    .add(Number(eps))
    .sqrt();
  const factor = weight ? wide(weight).div(deviation) : deviation.reciprocal();
  const moved = wide(mean as Tensor)
    .mul(factor)
    .neg();
  const scaled = to.draft.add('Mul', [to.name(x), to.constant(factor)], to.fresh('scaled'));
  return to.draft.add('Add', [scaled, to.constant(bias ? moved.add(wide(bias)) : moved)], to.fresh('norm'));
};

/** Steps over rows or columns: a max-pool of single pixels; nothing else is known. */
const sliced: Write = (to, inputs) => {
  const { self, dim, step = 1 } = inputs;
  const x = self as Tensor;
  usual(inputs, 'a slice', ['start', 0], ['end', Number.MAX_SAFE_INTEGER]);
  if (x.ndim !== 4 || (dim !== 2 && dim !== 3)) throw new Unknown('of a slice');
  const strides = dim === 2 ? [step as number, 1] : [1, step as number];
  return to.draft.add('MaxPool', [to.name(x)], to.fresh('stepped'), {
    kernel_shape: [1, 1],
    strides,
    pads: [0, 0, 0, 0],
  });
};

const product = (to: Recording, a: Tensor, b: Tensor) =>
  to.draft.add('MatMul', [to.name(a), to.name(b)], to.fresh('product'));

const linear: Write = (to, { input, weight, bias }) => {
  const y = product(to, input as Tensor, (weight as Tensor).t());
  return bias ? to.draft.add('Add', [y, to.name(bias as Tensor)], to.fresh('linear')) : y;
};

/** By libtorch's names, and ours; those of operators in place are without their `_`. */
export const writers: Readonly<Record<string, Write>> = {
  conv2d: convolution,
  batch_norm: batchNorm,
  layer_norm: (to, inputs) => {
    const { input, weight, bias, eps = 1e-5 } = inputs as { input: Tensor; weight: Tensor; bias: Tensor; eps?: number };
    usual(inputs, 'a layer norm', ['normalized_shape', String(input.shape.at(-1))]);
    if (!weight || !bias) throw new Unknown('of a layer norm without gain and shift');
    return layerNorm(to.draft, to.fresh('norm'), to.name(input), { weight, bias, eps });
  },
  linear,
  affine: linear,
  matmul: (to, { self, other }) => product(to, self as Tensor, other as Tensor),
  mm: (to, { self, mat2 }) => product(to, self as Tensor, mat2 as Tensor),
  bmm: (to, { self, mat2 }) => product(to, self as Tensor, mat2 as Tensor),
  relu: plain('Relu'),
  sigmoid: plain('Sigmoid'),
  tanh: plain('Tanh'),
  sqrt: plain('Sqrt'),
  'add.Tensor': plain('Add'),
  'add.Scalar': plain('Add'),
  'sub.Tensor': plain('Sub'),
  'sub.Scalar': plain('Sub'),
  'mul.Tensor': plain('Mul'),
  'mul.Scalar': plain('Mul'),
  'div.Tensor': plain('Div'),
  'div.Scalar': plain('Div'),
  silu: (to, { self }) => {
    const x = to.name(self as Tensor);
    return to.draft.add('Mul', [x, to.draft.add('Sigmoid', [x], to.fresh('sigmoid'))], to.fresh('silu'));
  },
  gelu: (to, inputs) => {
    usual(inputs, 'GELU', ['approximate', 'none']);
    return gelu(to.draft, to.fresh('gelu'), to.name(inputs.self as Tensor));
  },
  exact_gelu: (to, { input }) => gelu(to.draft, to.fresh('gelu'), to.name(input as Tensor)),
  leaky_relu: (to, { self, negative_slope: slope = 0.01 }) =>
    to.draft.add('PRelu', [to.name(self as Tensor), to.draft.slope(slope as number)], to.fresh('leaky')),
  prelu: (to, { self, weight }) => {
    const slopes = (weight as Tensor).view([-1, ...new Array<number>((self as Tensor).ndim - 2).fill(1)]);
    return to.draft.add('PRelu', [to.name(self as Tensor), to.constant(slopes)], to.fresh('prelu'));
  },
  max_pool2d: (to, inputs) =>
    to.draft.add('MaxPool', [to.name(inputs.self as Tensor)], to.fresh('pool'), window(inputs, 'a max pool')),
  avg_pool2d: (to, inputs) => {
    usual(inputs, 'an average pool', ['padding', '0,0']);
    const { pads: _, ...attributes } = window({ ...inputs, padding: 0 }, 'an average pool');
    return to.draft.add('AveragePool', [to.name(inputs.self as Tensor)], to.fresh('pool'), attributes);
  },
  adaptive_avg_pool2d: (to, inputs) => {
    if (pair(inputs.output_size).some((size) => size !== 1))
      throw new Unknown('of an adaptive pool to more than one pixel');
    return to.draft.add('GlobalAveragePool', [to.name(inputs.self as Tensor)], to.fresh('pool'));
  },
  'mean.dim': (to, { self, dim, keepdim = false }) => {
    const x = self as Tensor;
    const axes = (dim as number[]).map((axis) => (axis < 0 ? axis + x.ndim : axis));
    return to.draft.add('ReduceMean', [to.name(x)], to.fresh('mean'), { axes, keepdims: Number(keepdim) });
  },
  'softmax.int': (to, { self, dim }) =>
    to.draft.add('Softmax', [to.name(self as Tensor)], to.fresh('shares'), { axis: dim as number }),
  cat: (to, { tensors, dim = 0 }) =>
    to.draft.add(
      'Concat',
      (tensors as Tensor[]).map((x) => to.name(x)),
      to.fresh('joined'),
      { axis: dim as number },
    ),
  permute: (to, { self, dims }) => permuted(to, self as Tensor, dims as number[]),
  'transpose.int': (to, { self, dim0, dim1 }) => {
    const x = self as Tensor;
    const perm = x.shape.map((_, axis) => axis);
    const [a, b] = [dim0, dim1].map((axis) => ((axis as number) + x.ndim) % x.ndim) as [number, number];
    perm[a] = b;
    perm[b] = a;
    return permuted(to, x, perm);
  },
  'slice.Tensor': sliced,
  view: reshaped,
  reshape: reshaped,
  'flatten.using_ints': reshaped,
  'squeeze.dim': reshaped,
  unsqueeze: reshaped,
  contiguous: same,
  clone: same,
  detach: same,
  alias: same,
  'to.dtype_layout': same,
};
