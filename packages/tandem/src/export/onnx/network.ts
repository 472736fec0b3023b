import { conv2d, fromBytes, maxPool2d, nn, scope, type Tensor } from '@tandem/torch';
import { AveragePool } from '../../networks/index.js';
import { type Constant, type Graph, io, type Node } from './graph.js';

/**
 * A graph that runs in our own engine: images to `pooler_output`, in float32 whatever the constants' types, so that a file can be measured
 * without another runtime. Quantized numbers are whole floats.
 */
export class GraphNetwork extends nn.Module {
  /** The constants, in the order of the graph's. */
  readonly tensors: Tensor[];
  /** Told of every value that is computed. */
  onValue: (name: string, x: Tensor) => void = () => {};

  constructor(readonly graph: Graph) {
    super();
    this.tensors = Object.values(graph.constants).map((one) => nn.buffer(scope(() => tensorOf(one))));
  }

  /** @param x [n, channels, h, w]; gray images also with one channel */
  forward(x: Tensor): Tensor {
    const values: Record<string, Tensor> = {};
    for (const [i, name] of Object.keys(this.graph.constants).entries()) values[name] = this.tensors[i] as Tensor;
    const [n, , h, w] = x.shape as [number, number, number, number];
    const input = x.shape[1] === this.graph.channels ? x : x.expand([n, this.graph.channels, h, w]);
    values[io.input] = input;
    this.onValue(io.input, input);
    for (const node of this.graph.nodes) {
      const y = compute(
        node,
        node.inputs.map((name) => values[name] as Tensor),
      );
      values[node.output] = y;
      this.onValue(node.output, y);
    }
    return values[io.pooled] as Tensor;
  }
}

function tensorOf({ type, shape, data }: Constant): Tensor {
  return fromBytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), shape, type).to('float32');
}

function compute({ op, attributes = {}, inputs }: Node, [x, a, b]: Tensor[]): Tensor {
  if (!x) throw new Error(`${op} has no input`);
  const sizes = (name: string) => attributes[name] as readonly number[];
  const window = () => ({ stride: sizes('strides'), padding: sizes('pads').slice(2) });
  switch (op) {
    case 'Conv':
      return conv2d(x, a as Tensor, { bias: b ?? null, ...window() });
    case 'MaxPool':
      return maxPool2d(x, sizes('kernel_shape'), window());
    case 'AveragePool':
      return new AveragePool(sizes('strides')[0] as number).forward(x);
    case 'Relu':
      return x.relu();
    case 'Add':
      return x.add(a as Tensor);
    case 'GlobalAveragePool':
      return x.mean([2, 3], { keepdim: true });
    case 'Flatten':
      return x.flatten({ startDim: 1 });
    case 'Cast':
      return x;
    case 'QuantizeLinear':
      return x
        .div(a as Tensor)
        .round()
        .add(b as Tensor)
        .clamp({ min: 0, max: 255 });
    case 'DequantizeLinear': {
      // One scale, or one for each channel of a weight.
      const line = (a as Tensor).numel === 1 ? [] : [-1, ...new Array<number>(x.ndim - 1).fill(1)];
      const shift = b === undefined ? x : x.sub(b.numel === 1 ? b : b.view(line));
      return shift.mul((a as Tensor).numel === 1 ? (a as Tensor) : (a as Tensor).view(line));
    }
    default:
      throw new Error(`${op} of ${inputs.join(', ')} cannot be computed`);
  }
}
