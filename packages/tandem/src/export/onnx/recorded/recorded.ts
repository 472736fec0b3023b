import { inferenceMode, type OperatorCall, randn, recordOperators, scope, type Tensor } from 'tandem-torch';
import type { Encoder } from '../../../networks/index.js';
import { type Graph, type Images, io, type Node } from '../graph.js';
import { GraphNetwork } from '../network.js';
import { Unknown, writers } from './operators.js';
import { Recording } from './recording.js';

/** Images in the batch that is recorded: a number that is no size of anything else. */
const recordedImages = 5;

/**
 * What a network of one's own computes of images of a side, by the operators that it calls.
 * @returns why there is none: an operator without a known form, or one that does not hold for other
 * images
 */
export function recorded(encoder: Encoder, images: Images): Graph | string {
  return scope(() =>
    inferenceMode(() => {
      const { training } = encoder;
      try {
        return record(encoder.eval(), images);
      } catch (error) {
        if (!(error instanceof Unknown)) throw error;
        return `no form in ONNX is known ${error.message}`;
      } finally {
        encoder.train(training);
      }
    }),
  );
}

function record(encoder: Encoder, { size, channels }: Images): Graph | string {
  const recording = new Recording();
  const { draft } = recording;
  const [x, others] = [recordedImages, 3].map((n) => randn([n, channels, size, size])) as [Tensor, Tensor];
  recording.set(x, channels === 1 ? draft.gray(io.input) : io.input);
  recording.map = undefined;
  const y = recordOperators(
    (call) => take(recording, call),
    () => encoder.forward(x),
  );
  if (!recording.depends(y)) return 'its features do not depend on the images';
  const map = recording.map ?? { name: recording.name(y), shape: y.shape };
  draft.add('Identity', [map.name], io.map);
  draft.add('Identity', [recording.name(y)], io.pooled);
  const nodes = needed(draft.nodes);
  const used = new Set(nodes.flatMap(({ inputs }) => inputs));
  const graph: Graph = {
    ...{ channels: channels === 1 ? 3 : channels, features: encoder.featureWidth, side: size, map: map.shape.slice(1) },
    ...{ nodes, constants: Object.fromEntries(Object.entries(draft.constants).filter(([name]) => used.has(name))) },
  };
  return holds(graph, encoder, others)
    ? graph
    : 'what it computes depends on how many images there are, or on what is in them';
}

function take(recording: Recording, { operator, inputs, outputs }: OperatorCall): void {
  const isConstant = !Object.values(inputs)
    .flat()
    .some((x) => recording.depends(x));
  if (isConstant) return; // it is read when it is used
  const [y, ...more] = outputs as [Tensor, ...Tensor[]];
  const write = writers[operator.replace(/^(aten|tandem)::/, '').replace(/_(?=\.|$)/, '')];
  if (!write || more.length > 0) throw new Unknown(`of the operator ${operator}`);
  recording.set(y, write(recording, inputs, y));
}

/** Without nodes that nothing needs. */
function needed(nodes: readonly Node[]): Node[] {
  const wanted = new Set<string>([io.map, io.pooled]);
  return nodes
    .toReversed()
    .filter(({ inputs, output }) => {
      if (!wanted.has(output)) return false;
      for (const name of inputs) wanted.add(name);
      return true;
    })
    .reverse();
}

/** Whether the graph gives the encoder's features of images that it was not recorded with. */
function holds(graph: Graph, encoder: Encoder, x: Tensor): boolean {
  const network = new GraphNetwork(graph);
  try {
    const [ours, theirs] = [network.forward(x), encoder.forward(x)];
    const scale = Number(theirs.abs().amax().item());
    return Number(ours.sub(theirs).abs().amax().item()) <= 1e-4 * scale;
  } catch {
    return false; // a shape that was that of the recorded batch
  } finally {
    network.dispose();
  }
}
