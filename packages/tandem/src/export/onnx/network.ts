import { fromBytes, nn, scope, type Tensor } from 'tandem-torch';
import { type Constant, type Graph, io } from './graph.js';
import { compute } from './operators.js';

/**
 * A graph that runs in our own engine: images to `pooler_output`, in float32 whatever the
 * constants' types, so that a file can be measured without another runtime. Quantized numbers are
 * whole floats.
 */
export class GraphNetwork extends nn.Module {
  /** The constants, in the order of the graph's. */
  readonly tensors: Tensor[];
  /** Receives every value that is computed. */
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
      const inputs = node.inputs.map((name) => values[name] as Tensor);
      const y = compute(this.graph, node, inputs);
      values[node.output] = y;
      this.onValue(node.output, y);
    }
    return values[io.pooled] as Tensor;
  }
}

function tensorOf({ type, shape, data }: Constant): Tensor {
  return fromBytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), shape, type).to('float32');
}
