import { noGrad, scope } from '@tandem/torch';
import { BinaryResNet, type Encoder, ReActNet, ResNet } from '../../networks/index.js';
import { binaryResnet, reactnet } from './binary.js';
import { Draft } from './draft.js';
import { type Graph, io } from './graph.js';
import { resnet } from './resnet.js';

/**
 * What an encoder computes in evaluation. Batch norms go into the convolutions before them. Encoders of gray images take
 * colour ones: the first convolution makes them gray, since no reader of the format does that by itself.
 * @returns why there is none, for an encoder of another kind
 */
export function graphOf(encoder: Encoder): Graph | string {
  const write = writer(encoder);
  if (typeof write === 'string') return write;
  const draft = new Draft();
  scope(() => noGrad(() => write(draft)));
  draft.add('GlobalAveragePool', [io.map], 'pool');
  draft.add('Flatten', ['pool'], io.pooled, { axis: 1 });
  return { channels: draft.channels, features: encoder.featureWidth, nodes: draft.nodes, constants: draft.constants };
}

function writer(encoder: Encoder): ((draft: Draft) => void) | string {
  if (encoder instanceof BinaryResNet) return (draft) => binaryResnet(draft, encoder);
  if (encoder instanceof ReActNet) return (draft) => reactnet(draft, encoder);
  if (encoder instanceof ResNet) return (draft) => resnet(draft, encoder);
  return `no form in ONNX is known of a ${encoder.constructor.name}`;
}
