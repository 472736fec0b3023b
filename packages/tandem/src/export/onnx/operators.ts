import { avgPool2d, cat, conv2d, maxPool2d, type Tensor, where } from 'tandem-torch';
import { AveragePool } from '../../networks/index.js';
import { type Graph, indicesOf, type Node } from './graph.js';

type Three = readonly [x: Tensor, a: Tensor, b: Tensor];

/** What an operator's node says beside its inputs. */
interface Said {
  /** Undefined where nothing is said. */
  readonly size: (name: string) => number;
  readonly sizes: (name: string) => readonly number[];
  /** An input, the second by default, where it is a constant shape or place. */
  readonly indices: (input?: number) => number[];
}

/**
 * From up to three inputs to the output, as https://onnx.ai/onnx/operators/ has it; of each
 * operator what graphs use of it.
 */
const operators: Readonly<Record<string, (inputs: Three, said: Said) => Tensor>> = {
  Conv: ([x, a, b], said) =>
    conv2d(x, a, {
      ...{ bias: b ?? null, ...windowOf(said) },
      ...{ groups: said.size('group') ?? 1, dilation: said.sizes('dilations') ?? 1 },
    }),
  MaxPool: ([x], said) => maxPool2d(x, said.sizes('kernel_shape'), windowOf(said)),
  AveragePool: ([x], { size, sizes }) =>
    sizes('pads')
      ? new AveragePool(sizes('strides')[0] as number, { countsZeros: size('count_include_pad') === 1 }).forward(x)
      : avgPool2d(x, sizes('kernel_shape'), { stride: sizes('strides') }),
  GlobalAveragePool: ([x]) => x.mean([2, 3], { keepdim: true }),
  Flatten: ([x]) => x.flatten({ startDim: 1 }),
  Relu: ([x]) => x.relu(),
  PRelu: ([x, a]) => x.prelu(a.flatten()),
  Sigmoid: ([x]) => x.sigmoid(),
  Tanh: ([x]) => x.tanh(),
  Identity: ([x]) => x,
  Add: ([x, a]) => x.add(a),
  Sub: ([x, a]) => x.sub(a),
  Mul: ([x, a]) => x.mul(a),
  GreaterOrEqual: ([x, a]) => x.ge(a),
  Where: ([x, a, b]) => where(x, a, b),
  Div: ([x, a]) => x.div(a),
  Pow: ([x, a]) => x.pow(a),
  Sqrt: ([x]) => x.sqrt(),
  Erf: ([x]) => x.erf(),
  MatMul: ([x, a]) => x.matmul(a),
  Softmax: ([x], { size }) => x.softmax(size('axis')),
  ReduceMean: ([x], { size, sizes }) => x.mean(sizes('axes'), { keepdim: size('keepdims') !== 0 }),
  Transpose: ([x], { sizes }) => x.permute(sizes('perm')),
  // 0 stands for the size that is there.
  Reshape: ([x], { indices }) => x.reshape(indices().map((size, i) => (size === 0 ? (x.shape[i] as number) : size))),
  Pad: ([x], { indices }) => x.constantPadNd(sidesOf(indices())),
  Gather: ([x], { size, indices }) => x.select(size('axis'), indices()[0] as number),
  Slice: ([x], { indices }) => {
    const [start, end, axis] = [1, 2, 3].map((input) => indices(input)[0]) as [number, number, number];
    return x.narrow(axis, start, end - start);
  },
  Concat: (parts, { size }) => cat(parts, { dim: size('axis') }),
  Cast: ([x]) => x,
  QuantizeLinear: ([x, a, b]) => x.div(a).round().add(b).clamp({ min: 0, max: 255 }),
  DequantizeLinear: ([x, a, b]) => {
    // One scale, or one for each channel of a weight.
    const line = [-1, ...new Array<number>(x.ndim - 1).fill(1)];
    const each = (y: Tensor) => (y.numel === 1 ? y : y.view(line));
    return (b === undefined ? x : x.sub(each(b))).mul(each(a));
  },
};

function windowOf({ sizes }: Said) {
  return { stride: sizes('strides'), padding: sizes('pads').slice(2) };
}

/**
 * From all axes' beginnings and then all their ends to both of each axis, the last axis first, as
 * the engine has it.
 */
function sidesOf(pads: readonly number[]): number[] {
  const axes = pads.length / 2;
  return Array.from({ length: axes }, (_, i) => axes - 1 - i).flatMap(
    (axis) => [pads[axis], pads[axes + axis]] as number[],
  );
}

/** What a node computes. */
export function compute(graph: Graph, { op, attributes = {}, inputs }: Node, values: readonly Tensor[]): Tensor {
  const operator = operators[op];
  if (!operator || values.length === 0) throw new Error(`${op} of ${inputs.join(', ')} cannot be computed`);
  return operator(values as unknown as Three, {
    size: (name) => attributes[name] as number,
    sizes: (name) => attributes[name] as readonly number[],
    indices: (input = 1) => indicesOf(graph, inputs[input]),
  });
}
