import { type nn, ones, type Tensor, tensor, zeros } from 'tandem-torch';
import type { AveragePool } from '../../networks/index.js';
import { type Constant, float32, type Node, type Numbers } from './graph.js';

/**
 * What each colour counts in a gray value (ITU-R BT.601), as PIL and the usual image libraries have
 * it.
 */
const luma = [0.299, 0.587, 0.114] as const;

/** A graph while it is being written, in a scope and without gradients. */
export class Draft {
  readonly nodes: Node[] = [];
  readonly constants: Record<string, Constant> = {};
  channels = 0;

  add(op: string, inputs: readonly string[], output: string, attributes?: Node['attributes']): string {
    this.nodes.push({ op, inputs, output, ...(attributes && { attributes }) });
    return output;
  }

  relu(name: string, x: string, output = `${name}.relu`): string {
    return this.add('Relu', [x], output);
  }

  /** Keeps a tensor as a constant in float32. */
  put(name: string, x: Tensor): string {
    this.constants[name] = constant(x.to({ device: 'cpu' }));
    return name;
  }

  /** Keeps what belongs to each channel of images. */
  putChannels(name: string, x: Tensor): string {
    return this.put(name, x.view([-1, 1, 1]));
  }

  index(value: number): string {
    const name = `index.${value}`;
    this.constants[name] = { type: 'int64', shape: [], data: BigInt64Array.of(BigInt(value)) };
    return name;
  }

  indices(values: readonly number[]): string {
    const name = `indices.${values.join('.')}`;
    this.constants[name] = { type: 'int64', shape: [values.length], data: BigInt64Array.from(values, BigInt) };
    return name;
  }

  number(value: number): string {
    const name = `number.${value}`;
    this.constants[name] = float32([], Float32Array.of(value));
    return name;
  }

  zeros(count: number): string {
    const name = `zeros.${count}`;
    this.constants[name] = float32([count], new Float32Array(count));
    return name;
  }

  /** The slope of a PRelu, for all channels. */
  slope(value: number): string {
    const name = `slope.${value}`;
    this.constants[name] = float32([1], Float32Array.of(value));
    return name;
  }

  /** Colour made gray. */
  gray(x: string): string {
    this.constants['gray.weight'] = float32([1, 3, 1, 1], Float32Array.from(luma));
    const window = { kernel_shape: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0] };
    return this.add('Conv', [x, 'gray.weight', this.zeros(1)], 'gray', window);
  }

  convolution(name: string, x: string, conv: Kernels, norm?: Norm, more?: More): string {
    const [weight, bias] = folded(conv.weight, norm, more);
    if (more?.first) this.channels = weight.shape[1] as number;
    Object.assign(this.constants, { [`${name}.weight`]: weight, [`${name}.bias`]: bias });
    const { stride, padding } = conv.options;
    const window = windowOf(weight.shape.slice(2), stride, padding);
    return this.add('Conv', [x, `${name}.weight`, `${name}.bias`], name, window);
  }

  /** Of rows, or of the last dimension of more. */
  linear(name: string, x: string, { weight, bias }: Pick<nn.Linear, 'weight' | 'bias'>, output = name): string {
    const product = this.add('MatMul', [x, this.put(`${name}.weight`, weight.t())], `${name}.product`);
    return this.add('Add', [product, this.put(`${name}.bias`, bias as Tensor)], output);
  }

  /** Over 2x2 cells: those of them that lie inside, or with zeros for the others. */
  averagePool(name: string, x: string, { stride, countsZeros }: AveragePool): string {
    const window = { kernel_shape: [2, 2], strides: [stride, stride], pads: [0, 0, 1, 1] };
    const attributes = { ...window, count_include_pad: countsZeros ? 1 : 0 };
    return this.add('AveragePool', [x], name, attributes);
  }

  maxPool(name: string, x: string, { kernel, options: { stride = kernel, padding = 0 } }: nn.MaxPool2d): string {
    return this.add('MaxPool', [x], name, windowOf(pair(kernel), stride, padding));
  }
}

type Sizes = number | readonly number[];

/** What convolves: [out, in, kernel, kernel]. */
export interface Kernels {
  readonly weight: Tensor;
  readonly options: { readonly stride: Sizes; readonly padding: Sizes };
}

/** What the batch norm of so many channels has. */
type Norm = Pick<nn.BatchNorm2d, 'weight' | 'bias' | 'runningMean' | 'runningVar' | 'eps'>;

interface More {
  /** Takes the images themselves, which are of colour. */
  readonly first?: boolean;
  /** Added to each channel after the norm. */
  readonly shift?: Tensor | undefined;
}

const pair = (size: Sizes): readonly number[] => (typeof size === 'number' ? [size, size] : size);

function windowOf(kernel: readonly number[], stride: Sizes, padding: Sizes): Node['attributes'] {
  const [y, x] = pair(padding) as [number, number];
  return { kernel_shape: kernel, strides: pair(stride), pads: [y, x, y, x] };
}

/**
 * Convolution and batch norm as one: w g / sqrt(v + eps) and b - m g / sqrt(v + eps), in float64.
 */
function folded(
  kernels: Tensor,
  norm: Norm | undefined,
  { first = false, shift: more }: More = {},
): [weight: Numbers, bias: Numbers] {
  const wide = (x: Tensor) => x.to({ device: 'cpu', dtype: 'float64' });
  const [factor, moved] = norm
    ? affine(norm, wide)
    : [ones([kernels.shape[0] as number]), zeros([kernels.shape[0] as number])];
  let weight = wide(kernels).mul(factor.view([-1, 1, 1, 1]));
  // The shares sum to 1, so that normalisation and padding stay what they are.
  if (first && weight.shape[1] === 1) weight = weight.mul(tensor([...luma], { dtype: 'float64', shape: [1, 3, 1, 1] }));
  return [constant(weight), constant(more ? moved.add(wide(more)) : moved)];
}

/** A norm as a factor and what is added. */
function affine({ weight, bias, runningMean, runningVar, eps }: Norm, wide: (x: Tensor) => Tensor): [Tensor, Tensor] {
  const factor = wide(weight as Tensor).div(wide(runningVar).add(eps).sqrt());
  return [factor, wide(bias as Tensor).sub(wide(runningMean).mul(factor))];
}

function constant(x: Tensor): Numbers {
  return float32(x.shape, Float32Array.from(x.to('float32').contiguous().data() as Float32Array));
}
