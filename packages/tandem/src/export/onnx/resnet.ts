import { nn } from '@tandem/torch';
import { AveragePool, type BasicBlock, Bottleneck, type Encoder, ResNet } from '../../networks/index.js';
import { Draft } from './draft.js';
import { type Graph, io } from './graph.js';

/**
 * What an encoder computes in evaluation. Batch norms go into the convolutions before them. Encoders of gray images take
 * colour ones: the first convolution makes them gray, since no reader of the format does that by itself.
 * @returns why there is none, for an encoder that is no ResNet of plain convolutions
 */
export function graphOf(encoder: Encoder): Graph | string {
  if (!(encoder instanceof ResNet)) {
    return `only ResNets of real numbers can be written as ONNX so far, and this is a ${encoder.constructor.name}`;
  }
  const blocks = [encoder.layer1, encoder.layer2, encoder.layer3, encoder.layer4].flatMap((stage, s) =>
    (stage?.layers ?? []).map((block, b) => [`layer${s + 1}.${b}`, block as BasicBlock | Bottleneck] as const),
  );
  if (blocks.some(([, block]) => block instanceof Bottleneck && !(block.conv2 instanceof nn.Conv2d))) {
    return 'selective kernels cannot be written as ONNX so far';
  }
  const draft = new Draft();
  let x = stem(draft, encoder);
  for (const [name, block] of blocks) {
    x = residual(draft, name, x, block, block === blocks.at(-1)?.[1] ? io.map : undefined);
  }
  draft.add('GlobalAveragePool', [x], 'pool');
  draft.add('Flatten', ['pool'], io.pooled, { axis: 1 });
  return { channels: draft.channels, features: encoder.featureWidth, nodes: draft.nodes, constants: draft.constants };
}

/** One convolution, or the three of ResNet-D; each with its norm and ReLU. */
function stem(draft: Draft, { conv1, bn1, maxpool }: ResNet): string {
  const layers = conv1 instanceof nn.Sequential ? [...conv1.layers, bn1] : [conv1, bn1];
  const norms = layers.filter((layer) => layer instanceof nn.BatchNorm2d);
  let x: string = io.input;
  for (const [i, conv] of layers.filter((layer) => layer instanceof nn.Conv2d).entries()) {
    const name = i === 0 ? 'stem' : `stem.${i + 1}`;
    x = draft.relu(name, draft.convolution(`${name}.conv`, x, conv, norms[i] as nn.BatchNorm2d, i === 0));
  }
  return maxpool ? draft.maxPool('stem.pool', x, maxpool) : x;
}

/** Convolutions with their norms, a ReLU between any two of them, around a shortcut. */
function residual(
  draft: Draft,
  name: string,
  x: string,
  block: BasicBlock | Bottleneck,
  output = `${name}.out`,
): string {
  const third = block instanceof Bottleneck ? [[block.conv3, block.bn3]] : [];
  const parts = [[block.conv1, block.bn1], [block.conv2, block.bn2], ...third] as [nn.Conv2d, nn.BatchNorm2d][];
  let y = x;
  for (const [i, [conv, norm]] of parts.entries()) {
    const sum = draft.convolution(`${name}.conv${i + 1}`, y, conv, norm);
    y = i === parts.length - 1 ? sum : draft.relu(`${name}.${i + 1}`, sum);
  }
  const carried = block.downsample ? shortcut(draft, name, x, block.downsample) : x;
  return draft.relu(`${name}.sum`, draft.add('Add', [y, carried], `${name}.sum`), output);
}

/** A convolution with its norm, after an average pool in ResNet-D. */
function shortcut(draft: Draft, name: string, x: string, { layers }: nn.Sequential): string {
  const [first] = layers;
  const [conv, norm] = layers.slice(-2) as [nn.Conv2d, nn.BatchNorm2d];
  const pooled = first instanceof AveragePool ? draft.averagePool(`${name}.pool`, x, first) : x;
  return draft.convolution(`${name}.shortcut`, pooled, conv, norm);
}
