import { nn } from 'tandem-torch';
import { AveragePool, type BasicBlock, Bottleneck, type ResNet, SelectiveKernels } from '../../networks/index.js';
import type { Draft } from './draft.js';
import { io } from './graph.js';
import { selectiveKernels } from './selective-kernels.js';

/** A ResNet of real numbers: its features' map. */
export function resnet(draft: Draft, encoder: ResNet): void {
  const blocks = [encoder.layer1, encoder.layer2, encoder.layer3, encoder.layer4].flatMap((stage, s) =>
    (stage?.layers ?? []).map((block, b) => [`layer${s + 1}.${b}`, block as BasicBlock | Bottleneck] as const),
  );
  let x = stem(draft, encoder);
  for (const [name, block] of blocks) {
    x = residual(draft, name, x, block, block === blocks.at(-1)?.[1] ? io.map : undefined);
  }
}

/** One convolution, or the three of ResNet-D; each with its norm and ReLU. */
function stem(draft: Draft, { conv1, bn1, maxpool }: ResNet): string {
  const layers: nn.Module[] = conv1 instanceof nn.Sequential ? [...conv1.layers, bn1] : [conv1, bn1];
  const norms = layers.filter((layer) => layer instanceof nn.BatchNorm2d);
  let x: string = io.input;
  for (const [i, conv] of layers.filter((layer) => layer instanceof nn.Conv2d).entries()) {
    const name = i === 0 ? 'stem' : `stem.${i + 1}`;
    x = draft.relu(name, draft.convolution(`${name}.conv`, x, conv, norms[i] as nn.BatchNorm2d, { first: i === 0 }));
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
  let y = draft.relu(`${name}.1`, draft.convolution(`${name}.conv1`, x, block.conv1, block.bn1));
  if (block instanceof Bottleneck) {
    y = middle(draft, name, y, block);
    y = draft.convolution(`${name}.conv3`, y, block.conv3, block.bn3);
  } else y = draft.convolution(`${name}.conv2`, y, block.conv2, block.bn2);
  const carried = block.downsample ? shortcut(draft, name, x, block.downsample) : x;
  return draft.relu(`${name}.sum`, draft.add('Add', [y, carried], `${name}.sum`), output);
}

/** A bottleneck's 3x3 convolution, or its selective kernels, with norm and ReLU. */
function middle(draft: Draft, name: string, x: string, { conv2, bn2 }: Bottleneck): string {
  if (conv2 instanceof SelectiveKernels) return selectiveKernels(draft, `${name}.conv2`, x, conv2);
  return draft.relu(`${name}.2`, draft.convolution(`${name}.conv2`, x, conv2, bn2 as nn.BatchNorm2d));
}

/** A convolution with its norm, after an average pool in ResNet-D. */
export function shortcut(draft: Draft, name: string, x: string, { layers }: nn.Sequential): string {
  const [first] = layers;
  const [conv, norm] = layers.slice(-2) as [nn.Conv2d, nn.BatchNorm2d];
  const pooled = first instanceof AveragePool ? draft.averagePool(`${name}.pool`, x, first) : x;
  return draft.convolution(`${name}.shortcut`, pooled, conv, norm);
}
