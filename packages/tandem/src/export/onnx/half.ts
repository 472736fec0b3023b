import { fromBytes, scope } from 'tandem-torch';
import { type Constant, type Graph, io, type Node } from './graph.js';
import { elementTypes } from './model.js';

/**
 * The graph with constants and arithmetic in float16, half as large; inputs and outputs stay
 * float32.
 * @returns why there is none, where a weight is too large for float16
 */
export function halved(graph: Graph): Graph | string {
  const constants: Record<string, Constant> = {};
  for (const [name, one] of Object.entries(graph.constants)) {
    const narrow = half(one);
    if (!narrow) return `${name} has weights too large for it`;
    constants[name] = narrow;
  }
  const inner = (name: string) => (isOuter(name) ? `${name}.half` : name);
  const cast = (from: string, to: string, type: 'float16' | 'float32'): Node => {
    return { op: 'Cast', inputs: [from], output: to, attributes: { to: elementTypes[type] } };
  };
  return {
    ...graph,
    constants,
    nodes: [
      cast(io.input, inner(io.input), 'float16'),
      ...graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map(inner), output: inner(node.output) })),
      cast(inner(io.map), io.map, 'float32'),
      cast(inner(io.pooled), io.pooled, 'float32'),
      ...(graph.classes === undefined ? [] : [cast(inner(io.scores), io.scores, 'float32')]),
    ],
  };
}

function isOuter(name: string): boolean {
  return Object.values<string>(io).includes(name);
}

/** @returns undefined where a number becomes infinite */
function half(one: Constant): Constant | undefined {
  if (one.type === 'int64') return one;
  const { type, shape, data } = one;
  return scope(() => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const x = fromBytes(bytes, shape, type).to('float16');
    if (x.isfinite().all().item() !== 1) return undefined;
    const bits = Uint8Array.from(x.bytes());
    return { type: 'float16', shape, data: new Uint16Array(bits.buffer) };
  });
}
