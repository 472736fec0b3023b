import { noGrad, scope } from 'tandem-torch';
import { BinaryResNet, cellsOf, type Encoder, ReActNet, ResNet, ViT } from '../../networks/index.js';
import { binaryResnet, reactnet } from './binary.js';
import { Draft } from './draft.js';
import { type Graph, io } from './graph.js';
import { resnet } from './resnet.js';
import { vit } from './vit.js';

/** Writes a network; says its map's shape and, if it takes no other, its images' side. */
type Writer = (draft: Draft) => Pick<Graph, 'map' | 'side'>;

/**
 * What an encoder computes in evaluation of images of `size` pixels; of any where its form in ONNX
 * allows that. Batch norms go into the convolutions before them.
 * Encoders of gray images take colour ones: the first convolution makes them gray, since no reader
 * of the format does that by itself.
 * @returns why there is none, for an encoder of another kind
 */
export function graphOf(encoder: Encoder, size: number): Graph | string {
  const write = writer(encoder, size);
  if (typeof write === 'string') return write;
  const draft = new Draft();
  const shapes = scope(() => noGrad(() => write(draft)));
  const { channels, nodes, constants } = draft;
  return { channels, features: encoder.featureWidth, ...shapes, nodes, constants };
}

function writer(encoder: Encoder, size: number): Writer | string {
  if (encoder instanceof ViT) {
    return (draft) => {
      vit(draft, encoder);
      return { side: encoder.side * encoder.patch, map: ['tokens', encoder.featureWidth] };
    };
  }
  if (encoder instanceof ResNet) {
    const write = (draft: Draft) => resnet(draft, encoder);
    return encoder.pool === 1 ? pooled(write, encoder.featureWidth) : pooledByCells(write, encoder, size);
  }
  if (encoder instanceof BinaryResNet) return pooled((draft) => binaryResnet(draft, encoder), encoder.featureWidth);
  if (encoder instanceof ReActNet) return pooled((draft) => reactnet(draft, encoder), encoder.featureWidth);
  return `no form in ONNX is known of a ${encoder.constructor.name}`;
}

/** A map of features, and after it their means. */
function pooled(write: (draft: Draft) => void, channels: number): Writer {
  return (draft) => {
    write(draft);
    draft.add('GlobalAveragePool', [io.map], 'pool');
    draft.add('Flatten', ['pool'], io.pooled, { axis: 1 });
    return { map: [channels, 'feature_height', 'feature_width'] };
  };
}

/** A map of features, and after it the means of its cells, whose size goes with the images'. */
function pooledByCells(write: (draft: Draft) => void, { pool, reduction, featureWidth }: ResNet, size: number): Writer {
  return (draft) => {
    write(draft);
    const side = Math.ceil(size / reduction);
    const { kernel, stride } = cellsOf(side, pool);
    draft.add('AveragePool', [io.map], 'pool', { kernel_shape: [kernel, kernel], strides: [stride, stride] });
    draft.add('Flatten', ['pool'], io.pooled, { axis: 1 });
    return { side: size, map: [featureWidth / pool ** 2, side, side] };
  };
}
