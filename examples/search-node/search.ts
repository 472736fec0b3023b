// Finds the pictures of a folder that are most like one picture. See README.md.

import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { scope } from 'tandem-torch';
import { encoderView, features, findEncoder, type LoadedEncoder, loadEncoder, streamImages } from 'tandem-vision';

/** The pictures of a folder, each with a vector of length 1. */
interface Index {
  readonly folder: string;
  readonly files: readonly string[];
  readonly width: number;
  /** All vectors one after another, float32, as base64. */
  readonly vectors: string;
}

const usage = `usage:
  node examples/search-node/dist/search.js index <run|encoder> <folder> <index.json>
  node examples/search-node/dist/search.js find  <run|encoder> <index.json> <picture> [how many]`;

/** The vectors of all pictures of a folder, some hundred at a time. */
async function embed({ encoder, card }: LoadedEncoder, folder: string) {
  const view = encoderView(card);
  const files: string[] = [];
  const parts: Float32Array[] = [];
  const stream = await streamImages(folder, { size: card.size });
  for await (const { set, skipped } of stream.chunks()) {
    for (const { file, reason } of skipped) console.error(`left out: ${file} (${reason})`);
    if (set.count === 0) continue;
    files.push(...set.files);
    parts.push(scope(() => features(encoder, set, { view, device: 'cpu' }).data() as Float32Array));
  }
  const width = encoder.featureWidth;
  const vectors = Float32Array.from(parts.flatMap((part) => [...part]));
  for (let at = 0; at < vectors.length; at += width) {
    const one = vectors.subarray(at, at + width);
    const length = Math.hypot(...one) || 1;
    for (const [i, x] of one.entries()) one[i] = x / length;
  }
  return { files, width, vectors };
}

async function index(from: string, folder: string, out: string): Promise<void> {
  const { files, width, vectors } = await embed(loadEncoder(findEncoder(from)), folder);
  const made: Index = { folder, files, width, vectors: Buffer.from(vectors.buffer).toString('base64') };
  writeFileSync(out, JSON.stringify(made));
  console.log(`${files.length} pictures in ${out}`);
}

async function find(from: string, path: string, picture: string, most: number): Promise<void> {
  const { folder, files, width, vectors } = JSON.parse(readFileSync(path, 'utf8')) as Index;
  const all = new Float32Array(Uint8Array.from(Buffer.from(vectors, 'base64')).buffer);
  const alone = mkdtempSync(join(tmpdir(), 'search-'));
  try {
    copyFileSync(picture, join(alone, basename(picture)));
    const query = await embed(loadEncoder(findEncoder(from)), alone);
    if (query.files.length === 0) throw new Error(`${picture} is no picture`);
    if (query.width !== width) throw new Error(`${path} was made with another encoder`);
    const found = files.map((file, i) => ({
      file,
      similarity: query.vectors.reduce((sum, x, j) => sum + x * (all[i * width + j] as number), 0),
    }));
    found.sort((a, b) => b.similarity - a.similarity);
    for (const { file, similarity } of found.slice(0, most))
      console.log(`${similarity.toFixed(4)}  ${join(folder, file)}`);
  } finally {
    rmSync(alone, { recursive: true });
  }
}

const [command, ...given] = process.argv.slice(2);
try {
  if (command === 'index' && given.length === 3) await index(...(given as [string, string, string]));
  else if (command === 'find' && given.length >= 3) {
    await find(...(given.slice(0, 3) as [string, string, string]), Number(given[3] ?? 5));
  } else {
    console.error(usage);
    process.exitCode = 2;
  }
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
