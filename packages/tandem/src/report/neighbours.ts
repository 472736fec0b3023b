import { type Device, noGrad, scope } from 'tandem-torch';
import { UserError } from '../errors.js';
import { features } from '../evaluate/index.js';
import { type DataSet, type ImageSet, limit, subset } from '../images/index.js';
import { l2Normalize } from '../math.js';
import { checkChannels, encoderView, loadEncoder } from '../weights/index.js';
import { type Picture, pictureAt } from './pictures.js';

/** An image that an encoder was asked for, and what it finds alike. */
export interface Query extends Picture {
  /** Nearest first; `right` says whether it has the query's class, where classes are known. */
  readonly neighbours: readonly (Picture & { readonly similarity: number; readonly right?: boolean })[];
}

/** Images with their nearest neighbours. */
export interface Neighbours {
  /** The images that neighbours were looked for. */
  readonly queries: readonly Query[];
  /** How many images the neighbours were looked for in. */
  readonly among: number;
}

/** Where neighbours are looked for. */
export interface NeighbourOptions {
  /** Where features are computed. */
  readonly device: Device;
  /** Called after each chunk of images. */
  readonly onProgress?: (done: number, total: number) => void;
}

const asked = 10;
const shown = 5;
/** Enough to find good neighbours in, and soon looked through. */
const mostReferences = 5000;

/**
 * The nearest neighbours, by cosine similarity of an encoder's features, of a few images spread
 * over the classes: test images among training images where there are labels, else images among the
 * others.
 * @throws UserError when the file is no encoder, or the images have other channels than it takes
 */
export async function findNeighbours(file: string, data: DataSet, options: NeighbourOptions): Promise<Neighbours> {
  const { reference, queries } = chosen(data);
  if (reference.count === 0) throw new UserError(`${data.name} has one image only, so there are no neighbours to find`);
  const { encoder, card } = loadEncoder(file);
  try {
    checkChannels(data.name, reference.channels, card);
    const found = scope(() =>
      noGrad(() => {
        const view = encoderView(card);
        encoder.to({ device: options.device });
        const embed = (set: ImageSet) => l2Normalize(features(encoder, set, { view, ...options }));
        const similarity = embed(queries).mm(embed(reference).t());
        const [values, indices] = similarity.topk(Math.min(shown, reference.count), { dim: 1 });
        return { values: Array.from(values.data(), Number), indices: Array.from(indices.data(), Number) };
      }),
    );
    return { queries: await picturesOf(queries, reference, found), among: reference.count };
  } finally {
    encoder.dispose();
  }
}

function chosen({ train, reference, queries }: DataSet): { reference: ImageSet; queries: ImageSet } {
  if (reference && queries) {
    return { reference: limit(reference, mostReferences), queries: limit(queries, asked) };
  }
  const some = limit(train, mostReferences);
  const every = Math.max(2, Math.floor(some.count / asked));
  const isQuery = (i: number) => i % every === 0 && i / every < asked;
  const all = Array.from({ length: some.count }, (_, i) => i);
  return {
    reference: subset(
      some,
      all.filter((i) => !isQuery(i)),
    ),
    queries: subset(some, all.filter(isQuery)),
  };
}

/** Rows of the `shown` most similar images, one query after another. */
interface Matches {
  readonly values: readonly number[];
  readonly indices: readonly number[];
}

function picturesOf(queries: ImageSet, reference: ImageSet, { values, indices }: Matches): Promise<Query[]> {
  const each = indices.length / queries.count;
  const neighbour = async (q: number, at: number) => {
    const i = indices[at] as number;
    const right = queries.labels && reference.labels && queries.labels[q] === reference.labels[i];
    return {
      ...(await pictureAt(reference, i)),
      similarity: values[at] as number,
      ...(right !== undefined && { right }),
    };
  };
  return Promise.all(
    Array.from({ length: queries.count }, async (_, q) => ({
      ...(await pictureAt(queries, q)),
      neighbours: await Promise.all(Array.from({ length: each }, (_, k) => neighbour(q, q * each + k))),
    })),
  );
}
