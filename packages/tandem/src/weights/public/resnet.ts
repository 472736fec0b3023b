import { noGrad, type Tensor, zeros } from 'tandem-torch';
import { backboneOf, backbones } from '../../networks/index.js';
import type { FolderSays } from './folder.js';
import type { Recognised } from './recognise.js';
import type { ReadOff } from './vit.js';

type Tensors = Readonly<Record<string, Tensor>>;

/**
 * Reads off the shapes which ResNet has these weights, under torchvision's names. Of the stem only
 * its kernels show in the weights: 7x7 is torchvision's, 3x3 the one of small images, and three of
 * them ResNet-D's.
 * @throws Error where they are of a network that is not known here
 */
export function readOffResNet({ tensors: found, layout }: Recognised, { architecture: called }: FolderSays): ReadOff {
  const all = withMatrices(found);
  refuseOther(all, called);
  const sk = all['layer1.0.conv2.conv.weight'] !== undefined;
  const resnetD = all['conv1.0.weight'] !== undefined;
  const first = all[resnetD ? 'conv1.0.weight' : 'conv1.weight']?.shape;
  if (first?.length !== 4) throw new Error('it has no conv1.weight: it is damaged, or a ResNet with another stem');
  const kind = all['layer1.0.conv3.weight'] ? 'bottleneck' : 'basic';
  const [outputs, channels, kernel] = first as [number, number, number];
  const width = resnetD ? 2 * outputs : outputs;
  const stages = [1, 2, 3, 4].map((stage) => blocksOf(all, stage)).filter((blocks) => blocks > 0);
  const backbone = backboneOf(stages, kind);
  if (backbone === undefined) {
    const resnets = backbones.filter((name) => name.startsWith('resnet'));
    throw new Error(`its stages have ${stages.join(', ')} blocks; there is ${resnets.join(', ')}`);
  }
  if ((kernel !== 7 && kernel !== 3) || (channels !== 1 && channels !== 3)) {
    throw new Error(`conv1.weight is ${all['conv1.weight']}; expected 7x7 or 3x3 kernels over 1 or 3 channels`);
  }
  if (resnetD) checkFormD(all, width);
  else if (!sk && all['layer2.0.downsample.2.weight'])
    throw new Error('it has the shortcuts of ResNet-D without its stem');
  const last = kind === 'basic' ? 'conv2' : 'conv3';
  const features = all[`layer${stages.length}.0.${last}.weight`]?.shape[0] as number;
  const small = kernel === 3 && !resnetD;
  const tensors = { ...all };
  // Older exports lack the counters of batches, which evaluation never reads.
  for (const name of Object.keys(tensors)) {
    const counter = name.replace(/running_mean$/, 'num_batches_tracked');
    if (counter !== name) tensors[counter] ??= zeros([], { dtype: 'int64' });
  }
  const stem = small ? 'small' : 'standard';
  return {
    architecture: { backbone, width, features, stem, channels, ...(sk ? { sk } : resnetD && { resnetD }) },
    tensors,
    assumed: [...(small ? ['a stem of stride 1'] : []), ...(layout.name.startsWith('SimCLR') ? [simclrPads] : [])],
  };
}

/** What stays of TensorFlow's way. */
const simclrPads = "its max-pool pads both sides alike, as its converter's does, and TensorFlow's one side";

/** The layers of attention as matrices: others keep them as 1x1 kernels. */
function withMatrices(all: Tensors): Tensors {
  const flat = (name: string, x: Tensor) =>
    /\.attn\.fc_\w+\.weight$/.test(name) && x.ndim === 4 ? noGrad(() => x.reshape(x.shape.slice(0, 2))) : x;
  return Object.fromEntries(Object.entries(all).map(([name, x]) => [name, flat(name, x)]));
}

function blocksOf(all: Tensors, stage: number): number {
  let blocks = 0;
  while (all[`layer${stage}.${blocks}.conv1.weight`]) blocks += 1;
  return blocks;
}

/** timm has further forms of the stem, and the stem without the shortcuts. */
function checkFormD(all: Tensors, width: number): void {
  const half = width / 2;
  const [second, third] = [all['conv1.3.weight'], all['conv1.6.weight']].map((x) => String(x?.shape));
  if (second !== String([half, half, 3, 3]) || third !== String([width, half, 3, 3])) {
    throw new Error(`its first convolutions are not those of ResNet-D: [${second}] and [${third}]`);
  }
  if (!all['layer2.0.downsample.2.weight']) throw new Error('it has the stem of ResNet-D without its shortcuts');
}

/** Parts of a block that ResNets here have. */
const known =
  /^layer\d\.\d+\.(conv[123]|bn[123]|downsample\.[012]|conv2\.(conv|bn|attn\.(fc_reduce|bn|fc_select)))\.\w+$/;

/** timm's names for networks whose weights are called and shaped like a plain ResNet's. */
const alike = /blur|resnetaa|^tf_|_s2s$/;

/** What changes the features, whether it shows in the names or not. */
function refuseOther(all: Tensors, called: string | undefined): void {
  if (called !== undefined && alike.test(called)) {
    throw new Error(`its config.json says ${called}, which pools or pads otherwise than ResNets here do`);
  }
  const odd = Object.keys(all).find((name) => name.startsWith('layer') && !known.test(name));
  if (odd !== undefined) throw new Error(`it has ${odd}, which no ResNet here has`);
  const [middle, whole] = [all['layer1.0.conv2.weight']?.shape, all['layer1.0.conv3.weight']?.shape];
  if (middle && whole && (middle[0] !== middle[1] || 4 * (middle[0] as number) !== whole[0])) {
    throw new Error(
      `the middle of its bottlenecks is [${middle}] (ResNeXt, Wide ResNet); here it is a quarter as wide as the block, in one group`,
    );
  }
}
