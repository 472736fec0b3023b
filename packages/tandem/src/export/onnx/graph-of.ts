import { noGrad, scope } from 'tandem-torch';
import { BinaryResNet, type Encoder, ReActNet, ResNet, ViT } from '../../networks/index.js';
import { binaryResnet, reactnet } from './binary.js';
import { Draft } from './draft.js';
import { type Graph, io } from './graph.js';
import { resnet } from './resnet.js';
import { vit } from './vit.js';

/**
 * What an encoder computes in evaluation. Batch norms go into the convolutions before them.
 * Encoders of gray images take colour ones: the first convolution makes them gray, since no reader
 * of the format does that by itself.
 * @returns why there is none, for an encoder of another kind
 */
export function graphOf(encoder: Encoder): Graph | string {
  const write = writer(encoder);
  if (typeof write === 'string') return write;
  const draft = new Draft();
  scope(() => noGrad(() => write(draft)));
  const { channels, nodes, constants } = draft;
  const side = encoder instanceof ViT ? encoder.side * encoder.patch : undefined;
  return { channels, features: encoder.featureWidth, ...(side !== undefined && { side }), nodes, constants };
}

function writer(encoder: Encoder): ((draft: Draft) => void) | string {
  if (encoder instanceof ViT) return (draft) => vit(draft, encoder);
  if (encoder instanceof ResNet) return pooled((draft) => resnet(draft, encoder));
  if (encoder instanceof BinaryResNet) return pooled((draft) => binaryResnet(draft, encoder));
  if (encoder instanceof ReActNet) return pooled((draft) => reactnet(draft, encoder));
  return `no form in ONNX is known of a ${encoder.constructor.name}`;
}

/** What writes a map of features, and after it their means. */
function pooled(write: (draft: Draft) => void): (draft: Draft) => void {
  return (draft) => {
    write(draft);
    draft.add('GlobalAveragePool', [io.map], 'pool');
    draft.add('Flatten', ['pool'], io.pooled, { axis: 1 });
  };
}
