import { noGrad, type Tensor } from 'tandem-torch';
import { type ConvNeXtStages, convnexts, type Stem, stemSides } from '../../networks/index.js';
import type { FolderSays } from './folder.js';
import type { Recognised } from './recognise.js';
import type { ReadOff } from './vit.js';

/**
 * Reads off the shapes which ConvNeXt has these weights, under the names here.
 * @throws Error where they are of a network that is not known here
 */
export function readOffConvNeXt({ tensors, layout }: Recognised, folder: FolderSays): ReadOff {
  const odd = Object.keys(tensors).find((name) => name.startsWith('stages.') && !known.test(name));
  if (odd !== undefined) throw new Error(`it has ${odd}, which no ConvNeXt here has`);
  const [width, channels, side, across] = (tensors['stem.0.weight']?.shape ?? []) as number[];
  const stem = (Object.keys(stemSides) as Stem[]).find((name) => stemSides[name] === side);
  if (!width || !channels || side !== across || stem === undefined || tensors['stem.2.weight']) {
    throw new Error(`its stem is ${tensors['stem.0.weight']}; expected one convolution of 4x4, 2x2 or 1x1 pixels`);
  }
  const blocks = [0, 1, 2, 3].map((stage) => {
    let count = 0;
    while (tensors[`stages.${stage}.blocks.${count}.conv_dw.weight`]) count += 1;
    return count;
  }) as unknown as ConvNeXtStages;
  const alike = Object.keys(convnexts).filter((name) => String(convnexts[name]?.blocks) === String(blocks));
  const backbone = alike.find((name) => convnexts[name]?.width === width) ?? alike[0];
  if (backbone === undefined) {
    throw new Error(`its stages have ${blocks.join(', ')} blocks; there is ${Object.keys(convnexts).join(', ')}`);
  }
  const { normEps } = { ...layout.form, ...folder.form };
  return {
    architecture: { backbone, width, stem, channels, ...(normEps !== undefined && { normEps }) },
    tensors: Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, plain(name, x)])),
    assumed: [],
  };
}

const known =
  /^stages\.\d\.(downsample\.[01]\.\w+|blocks\.\d+\.(gamma|(conv_dw|norm|mlp\.fc1|mlp\.fc2)\.(weight|bias)))$/;

/** Factors and layers as vectors and matrices: some libraries keep them as 1x1 kernels. */
function plain(name: string, x: Tensor): Tensor {
  if (name.endsWith('.gamma')) return noGrad(() => x.reshape([-1]));
  return /\.mlp\.fc[12]\.weight$/.test(name) ? noGrad(() => x.reshape(x.shape.slice(0, 2))) : x;
}
