import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname } from 'node:path';
import { didYouMean, UserError } from '../errors.js';
import { archiveName, openArchive } from './archive.js';
import { openCifar10 } from './cifar.js';
import { openCollection } from './collection.js';
import { openFolder } from './folder.js';
import { isImage } from './formats.js';
import { type DataSet, type ImageSet, limit } from './imageset.js';
import { MNIST_LIKE, openMnistLike } from './mnist.js';
import { resizeSet } from './resize.js';

export interface OpenOptions {
  /** First place to look for data sets known by name. */
  readonly dataRoot?: string;
  /**
   * Side of the images, in pixels. Without it, data sets keep theirs; a folder's images keep theirs where all are
   * squares of one side of at most 128, and become 96 otherwise.
   */
  readonly size?: number;
  /** At most so many training images, and at most so many queries; even over the classes. */
  readonly limit?: number;
  /** Decides what a limit draws and what is held out as queries; default 0. */
  readonly seed?: number;
  /**
   * Share of files that may fail to decode, default 0.05. In a small collection up to five may, or half of them where
   * there are fewer than ten. 0 tolerates none.
   */
  readonly maxSkippedShare?: number;
  /**
   * Told what is being done (`finding` files, then `decoding` them), how much of it, and of how much where that is
   * known.
   */
  readonly onProgress?: (done: number, total: number | undefined, what: string) => void;
  /** Stops the work; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** The data sets known by name. */
export const DATA_SETS: readonly string[] = ['cifar10', ...MNIST_LIKE.map((set) => set.name)];

/**
 * Opens images: a data set known by name, or the path of a folder or of a `.tar`, `.tar.gz` or `.tgz`. A name wins over
 * a folder of the same name, which is then `./name`.
 *
 * @throws UserError where there is nothing of that name, no image, or something damaged
 */
export async function openImages(where: string, options: OpenOptions = {}): Promise<DataSet> {
  checkOptions(options);
  options.signal?.throwIfAborted();
  const known = await openNamed(where, options);
  if (known) return fitted(known, options);

  const kind = await stat(where).catch(() => undefined);
  if (!kind) throw await missing(where);
  const { onProgress, signal } = options;
  const onFound = (files: number) => onProgress?.(files, undefined, 'finding');
  const open = kind.isDirectory() ? openFolder : openArchive;
  if (!kind.isDirectory() && isImage(where)) {
    throw new UserError(`${where}: a single image; give the folder that holds it (${dirname(where)})`);
  }
  const source = await open(where, onFound, signal);
  return openCollection(source, { ...options, onDecoded: (done, total) => onProgress?.(done, total, 'decoding') });
}

async function openNamed(name: string, { dataRoot, signal }: OpenOptions): Promise<DataSet | undefined> {
  const mnistLike = MNIST_LIKE.find((set) => set.name === name);
  if (mnistLike) return openMnistLike(mnistLike, dataRoot);
  return name === 'cifar10' ? openCifar10(dataRoot, signal) : undefined;
}

/** Brings a data set to the limit and size asked for. */
function fitted(data: DataSet, { size, limit: most, seed }: OpenOptions): DataSet {
  const fit = (set: ImageSet) => {
    const fewer = most === undefined ? set : limit(set, most, seed);
    return size === undefined ? fewer : resizeSet(fewer, size);
  };
  const train = fit(data.train);
  const queries = data.queries && fit(data.queries);
  return { ...data, train, ...(data.bank && { bank: train }), ...(queries && { queries }) };
}

function checkOptions({ size, limit: most, maxSkippedShare: share }: OpenOptions): void {
  if (size !== undefined && !(Number.isInteger(size) && size >= 1 && size <= 4096)) {
    throw new UserError(`size must be a whole number of pixels from 1 to 4096, not ${size}`);
  }
  if (most !== undefined && !(Number.isInteger(most) && most >= 1)) {
    throw new UserError(`limit must be a whole number of images of at least 1, not ${most}`);
  }
  if (share !== undefined && !(share >= 0 && share <= 1)) {
    throw new UserError(`maxSkippedShare must be between 0 and 1, not ${share}`);
  }
}

async function missing(where: string): Promise<UserError> {
  const beside = await readdir(dirname(where)).catch(() => undefined);
  const isPath = /[/\\]/.test(where) || archiveName(where) !== basename(where) || extname(where) !== '';
  if (isPath) {
    const near = beside ? didYouMean(basename(where), beside) : ` There is no ${dirname(where)} either.`;
    return new UserError(`${where}: no such folder or archive.${near}`);
  }
  const hint = didYouMean(where, [...DATA_SETS, ...(beside ?? []).filter((name) => !name.startsWith('.'))]);
  return new UserError(`${where}: neither a data set (${DATA_SETS.join(', ')}) nor a folder or .tar here.${hint}`);
}
