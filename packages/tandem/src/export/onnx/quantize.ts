import { scope } from 'tandem-torch';
import { type Constant, float32, type Graph, type Node, type Numbers, numbersOf } from './graph.js';
import { GraphNetwork } from './network.js';

/** The least and the greatest that a value was seen to be. */
export type Ranges = ReadonlyMap<string, readonly [low: number, high: number]>;

/** Operators whose inputs are 8-bit numbers in a quantized graph. */
const eightBit: ReadonlySet<string> = new Set(['Conv', 'Add', 'MaxPool']);

/**
 * Weights are kept to 7 bits: on processors without VNNI the usual kernels add two products of 8 by
 * 8 bits in 16 bits, which overflow. (ONNX Runtime's documentation on quantization, "reduce_range")
 */
const largestWeight = 63;

/** Why a graph has no form in 8 bits. */
export function unquantizable({ nodes }: Graph): string | undefined {
  return nodes.some(({ op }) => op === 'MatMul') ? 'transformers have none in 8 bits so far' : undefined;
}

/**
 * Runs `work` with the graph as a network, and finds the range of every value that passes through
 * it.
 */
export function observe(graph: Graph, work: (network: GraphNetwork) => void): Ranges {
  const ranges = new Map<string, readonly [number, number]>();
  const network = new GraphNetwork(graph);
  network.onValue = (name, x) => {
    const [low, high] = scope(() => x.aminmax().map((y) => y.item() as number)) as [number, number];
    const [lowest, highest] = ranges.get(name) ?? [0, 0];
    ranges.set(name, [Math.min(low, lowest), Math.max(high, highest)]);
  };
  try {
    work(network);
  } finally {
    network.dispose();
  }
  return ranges;
}

/**
 * The graph with 8-bit values between its operators and 8-bit weights with a scale for each
 * channel, written as pairs of QuantizeLinear and DequantizeLinear, which runtimes fuse with what
 * stands between them. Pooling is left as it is. (Jacob et al., 2018, "Quantization and training of
 * neural networks for efficient integer-arithmetic-only inference")
 */
export function quantized(graph: Graph, ranges: Ranges): Graph {
  const nodes: Node[] = [];
  const constants: Record<string, Constant> = {};
  const scales = new Map<string, number>();
  // In steps of 1 / 127 they are exact.
  const signs = new Set(graph.nodes.filter(({ op }) => op === 'Where').map(({ output }) => output));
  /**
   * Puts a value into 8 bits where it is first needed.
   * @returns the name of what has passed through them
   */
  const passed = (name: string): string => {
    const wide = `${name}.8bit`;
    if (scales.has(name)) return wide;
    const { scale, zero } = scaleOf(signs.has(name) ? [-1, 128 / 127] : ranges.get(name));
    scales.set(name, scale);
    constants[`${name}.scale`] = float32([], Float32Array.of(scale));
    constants[`${name}.zero`] = { type: 'uint8', shape: [], data: Uint8Array.of(zero) };
    const by = [`${name}.scale`, `${name}.zero`];
    nodes.push({ op: 'QuantizeLinear', inputs: [name, ...by], output: `${name}.code` });
    nodes.push({ op: 'DequantizeLinear', inputs: [`${name}.code`, ...by], output: wide });
    return wide;
  };
  // What is added to each channel by itself has no range of its own.
  const isEightBit = ({ op, inputs }: Node) =>
    eightBit.has(op) && (op === 'Conv' || !inputs.some((name) => name in graph.constants));
  for (const node of graph.nodes) {
    if (!isEightBit(node)) {
      nodes.push(node);
      for (const name of node.inputs) if (graph.constants[name]) constants[name] = graph.constants[name];
      continue;
    }
    if (node.op !== 'Conv') {
      nodes.push({ ...node, inputs: node.inputs.map(passed) });
      continue;
    }
    const [x, weight, bias] = node.inputs as [string, string, string];
    const input = passed(x);
    const parts = weights(numbersOf(graph, weight), numbersOf(graph, bias), scales.get(x) as number);
    for (const [name, { code, scale }] of [[weight, parts.weight] as const, [bias, parts.bias] as const]) {
      constants[`${name}.code`] = code;
      constants[`${name}.scale`] = float32(scale.length === 1 ? [1] : [scale.length], scale);
      constants[`${name}.zero`] = { ...code, shape: [scale.length], data: code.data.slice(0, scale.length).fill(0) };
      const by = [`${name}.scale`, `${name}.zero`];
      nodes.push({ op: 'DequantizeLinear', inputs: [`${name}.code`, ...by], output: name, attributes: { axis: 0 } });
    }
    nodes.push({ ...node, inputs: [input, weight, bias] });
  }
  return { ...graph, nodes, constants };
}

/** 256 steps from the lowest to the highest value, one of them at 0, as padding needs it. */
function scaleOf(range: readonly [number, number] | undefined): { scale: number; zero: number } {
  const [low, high] = range ?? [0, 0];
  const scale = Math.fround((high - low) / 255) || 1;
  return { scale, zero: Math.round(-low / scale) };
}

interface Coded {
  readonly code: Numbers;
  readonly scale: Float32Array;
}

/**
 * Weights in whole steps, their sizes by channel, and biases in steps of input times weight, as
 * integer kernels add them.
 */
function weights(weight: Numbers, bias: Numbers, inputScale: number): { weight: Coded; bias: Coded } {
  const channels = weight.shape[0] as number;
  const each = weight.data.length / channels;
  const [w, b] = [new Int8Array(weight.data.length), new Int32Array(channels)];
  const [wScale, bScale] = [new Float32Array(channels), new Float32Array(channels)];
  for (let c = 0; c < channels; c++) {
    const own = weight.data.subarray(c * each, (c + 1) * each);
    const shift = bias.data[c] as number;
    // A channel without weights would have a step too small for its bias.
    const least = Math.abs(shift) / (inputScale * 2 ** 30);
    let largest = 0;
    for (const x of own) largest = Math.max(largest, Math.abs(x));
    const scale = Math.fround(Math.max(largest / largestWeight, least)) || 1;
    wScale[c] = scale;
    bScale[c] = scale * inputScale;
    for (const [i, x] of own.entries()) w[c * each + i] = Math.round(x / scale);
    b[c] = Math.round(shift / (bScale[c] as number));
  }
  return {
    weight: { code: { type: 'int8', shape: weight.shape, data: w }, scale: wScale },
    bias: { code: { type: 'int32', shape: [channels], data: b }, scale: bScale },
  };
}
