import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { UserError } from '../../../src/errors.js';
import { bytesOf, type ImageSet, imageBytes, openImages } from '../../../src/images/index.js';
import { png, tarOf, write, zipOf } from '../making.js';
import { type Base, mutant } from './mutate.js';

/** What holds pictures in a format with checksums: damage to them is found out by themselves. */
export interface Container extends Base {
  /** Each picture's pixels, by its name. */
  readonly pictures: ReadonlyMap<string, string>;
}

/** What became of a damaged container: why nothing is used, or how many pictures are. */
export type Outcome = { readonly reason: string } | { readonly kept: number; readonly wrong: readonly string[] };

/** Tables of pyarrow, of every codec and lists of pictures (`scripts/fixtures/hugging_face.py`). */
const tables = [
  ...['codec-none', 'codec-snappy', 'codec-gzip', 'codec-brotli', 'codec-lz4', 'codec-zstd'],
  ...['lists-structs-none', 'lists-bytes-zstd'],
];

const fixtures = fileURLToPath(new URL('../../../../test/fixtures/hugging-face', import.meta.url));

/** Whole containers of every kind. @param folder for their files */
export async function containers(folder: string): Promise<readonly Container[]> {
  const entries = await Promise.all(
    [...Array(8).keys()].map(async (i) => ({
      name: `pets/${i % 2 ? 'cat' : 'dog'}/${i}.png`,
      body: await png([30 * i, 7 * i, 255 - 30 * i]),
    })),
  );
  const tar = await tarOf(entries);
  const files = {
    'plain.tar': tar,
    'packed.tar.gz': gzipSync(tar),
    'packed.zip': zipOf(entries),
    'stored.zip': zipOf(entries.map((entry) => ({ ...entry, stored: true }))),
    ...Object.fromEntries(tables.map((name) => [`${name}.parquet`, readFileSync(join(fixtures, `${name}.parquet`))])),
  };
  const all: Container[] = [];
  for (const [name, bytes] of Object.entries(files)) {
    all.push({ name, bytes, pictures: picturesOf((await opened(folder, name, bytes)).train) });
  }
  return all;
}

/**
 * Opens container `index` of a seed, damaged.
 * @throws what is no error for users
 */
export async function tryContainer(
  folder: string,
  all: readonly Container[],
  seed: number,
  index: number,
): Promise<Outcome> {
  const { name, pictures } = all[index % all.length] as Container;
  const { bytes } = mutant(all, seed, index);
  try {
    const found = picturesOf((await opened(folder, name, bytes)).train);
    const wrong = [...found].flatMap(([file, pixels]) => (pictures.get(file) === pixels ? [] : [file]));
    return { kept: found.size, wrong };
  } catch (error) {
    if (error instanceof UserError) return { reason: error.message };
    throw error;
  }
}

/** In a file of its usual name, as rows are named after it. */
function opened(folder: string, name: string, bytes: Uint8Array) {
  return openImages(write(folder, name, bytes), { size: 8, channels: 3, classes: 'none', maxSkippedShare: 1 });
}

function picturesOf(set: ImageSet): Map<string, string> {
  const each = imageBytes(set);
  const pixels = Buffer.from(bytesOf(set));
  return new Map(set.files?.map((file, i) => [file, pixels.toString('base64', i * each, (i + 1) * each)]));
}
