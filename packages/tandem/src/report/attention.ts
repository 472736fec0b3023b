import { cat, type Device, noGrad, scope, type Tensor } from 'tandem-torch';
import { type DataSet, type ImageSet, inOrder, limit, pngOf } from '../images/index.js';
import { ViT } from '../networks/index.js';
import { makeView } from '../views/index.js';
import { checkChannels, encoderView, loadEncoder } from '../weights/index.js';
import { type Picture, pictureAt, pngUri } from './pictures.js';

/** A picture, and where a transformer looks in it. */
export interface Watched extends Picture {
  /** Gray maps of a cell a patch, as data URIs: the brightest is what is looked at most. */
  readonly mean: string;
  /** The same of each head. */
  readonly heads: readonly string[];
}

const shown = 6;
/** More heads than these are left out. */
const mostHeads = 12;

/**
 * Where the class token of an encoder's last block looks, in a few pictures spread over the
 * classes.
 * @returns undefined where the encoder is no transformer with a class token
 * @throws UserError when the file is no encoder, or the images have other channels than it takes
 */
export async function findAttention(
  file: string,
  { name, train, queries = train }: DataSet,
  device: Device,
): Promise<readonly Watched[] | undefined> {
  const { encoder, card } = loadEncoder(file);
  try {
    if (!(encoder instanceof ViT) || !encoder.clsToken) return undefined;
    const some = limit(queries, shown);
    checkChannels(name, some.channels, card);
    encoder.to({ device }).eval();
    const maps = scope(() =>
      noGrad(() => {
        const x = cat(
          [...inOrder(some, some.count)].map((batch) => makeView(batch, some, encoderView(card), null, device)),
        );
        const heads = encoder.classAttention(x);
        const all = cat([heads.mean([1], { keepdim: true }), heads], { dim: 1 }); // the mean first
        return mapsOf(all.narrow(1, 0, Math.min(all.shape[1] as number, 1 + mostHeads)));
      }),
    );
    const each = maps.count / some.count;
    return await Promise.all(
      Array.from({ length: some.count }, async (_, i) => {
        const [mean = '', ...heads] = await Promise.all(
          Array.from({ length: each }, (_, k) => uriOf(maps, i * each + k)),
        );
        return { ...(await pictureAt(some, i)), mean, heads };
      }),
    );
  } finally {
    encoder.dispose();
  }
}

/** Gray pictures of maps [n, k, rows, columns], one after another: from 0 to the most of each. */
function mapsOf(maps: Tensor): ImageSet {
  const [n, k, height, width] = maps.shape as [number, number, number, number];
  const most = maps.amax({ dim: [2, 3], keepdim: true });
  const pixels = Uint8Array.from(maps.div(most).mul(255).round().contiguous().data(), Number);
  return { name: 'attention', count: n * k, channels: 1, height, width, pixels };
}

async function uriOf(maps: ImageSet, i: number): Promise<string> {
  return pngUri(await pngOf(maps, i, Math.max(maps.height, maps.width)));
}
