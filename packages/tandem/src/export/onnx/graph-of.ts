import { noGrad, scope } from 'tandem-torch';
import { BinaryResNet, cellsOf, type Encoder, ReActNet, ResNet, ViT } from '../../networks/index.js';
import { binaryResnet, reactnet } from './binary.js';
import { Draft } from './draft.js';
import { type Graph, type Images, io } from './graph.js';
import { recorded } from './recorded/recorded.js';
import { resnet } from './resnet.js';
import { vit } from './vit.js';

/** Writes a network; says its map's shape and, if it takes no other, its images' side. */
type Writer = (draft: Draft) => Pick<Graph, 'map' | 'side'>;

/**
 * What an encoder computes in evaluation of images of `size` pixels; of any where its form in ONNX
 * allows that. Batch norms go into the convolutions before them.
 * Encoders of gray images take colour ones: the first convolution makes them gray, since no reader
 * of the format does that by itself. A network of one's own is written by the operators it calls.
 * @returns why there is none, for an encoder of another kind
 */
export function graphOf(encoder: Encoder, images: Images): Graph | string {
  const write = writer(encoder, images.size);
  if (write === undefined) return recorded(encoder, images);
  const draft = new Draft();
  const shapes = scope(() => noGrad(() => write(draft)));
  const { channels, nodes, constants } = draft;
  return { channels, features: encoder.featureWidth, ...shapes, nodes, constants };
}

function writer(encoder: Encoder, size: number): Writer | undefined {
  if (encoder instanceof ViT) {
    return (draft) => {
      vit(draft, encoder, size / encoder.patch);
      return { side: size, map: ['tokens', encoder.featureWidth] };
    };
  }
  if (encoder instanceof ResNet) {
    const write = (draft: Draft) => resnet(draft, encoder);
    return encoder.pool === 1 ? pooled(write, encoder) : pooledByCells(write, encoder, size);
  }
  if (encoder instanceof BinaryResNet) return pooled((draft) => binaryResnet(draft, encoder), encoder);
  if (encoder instanceof ReActNet) return pooled((draft) => reactnet(draft, encoder), encoder);
  return undefined;
}

/** A network whose features are means of its last map, or a linear layer of these. */
type Pooled = Encoder & Partial<Pick<ResNet, 'embedding'>>;

/** A map of features, and after it their means. */
function pooled(write: (draft: Draft) => void, encoder: Pooled): Writer {
  return (draft) => {
    write(draft);
    draft.add('GlobalAveragePool', [io.map], 'pool');
    return { map: [flattened(draft, encoder), 'feature_height', 'feature_width'] };
  };
}

/** A map of features, and after it the means of its cells, whose size goes with the images'. */
function pooledByCells(write: (draft: Draft) => void, encoder: ResNet, size: number): Writer {
  const { pool, reduction } = encoder;
  return (draft) => {
    write(draft);
    const side = Math.ceil(size / reduction);
    const { kernel, stride } = cellsOf(side, pool);
    draft.add('AveragePool', [io.map], 'pool', { kernel_shape: [kernel, kernel], strides: [stride, stride] });
    return { side: size, map: [flattened(draft, encoder) / pool ** 2, side, side] };
  };
}

/** What was pooled as rows, and the linear layer after it. @returns the length of the rows */
function flattened(draft: Draft, { embedding, featureWidth }: Pooled): number {
  if (!embedding) {
    draft.add('Flatten', ['pool'], io.pooled, { axis: 1 });
    return featureWidth;
  }
  draft.linear('embedding', draft.add('Flatten', ['pool'], 'pool.rows', { axis: 1 }), embedding, io.pooled);
  return embedding.weight.shape[1] as number;
}
