import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { Batches, type ImageSet, openImages } from 'tandem-vision';
import { cropMargin } from 'tandem-vision/internal';
import { type Comparison, interleave } from '../../harness/interleave.js';
import type { Peer } from '../../harness/peer.js';
import { digits } from '../../harness/print.js';
import type { Context, Outcome } from '../../harness/suite.js';

/** Photographs as ImageNet's are on average, for training at 224 pixels. */
const [width, height] = [500, 375];
const size = 224;
const side = Math.ceil(size * cropMargin);
/** As many at once as the toolkit has. */
const inFlight = 8;

/**
 * Images a second: folder to memory and to the cache, against sharp alone and PIL; and batches out
 * of the cache.
 */
export async function measureDecoding({ short, say }: Context, peer: Peer | null): Promise<Outcome> {
  const root = mkdtempSync(join(tmpdir(), 'tandem-bench-'));
  try {
    const count = short ? 40 : 400;
    say(`making ${count} photographs`);
    const folder = await makePhotographs(root, count);
    const files = readdirSync(folder).map((file) => join(folder, file));
    const limits = short ? { least: 2, most: 2, seconds: 0 } : { least: 7, most: 15, seconds: 40 };
    // A goal that is near is judged by many pairs: on a machine that is shared, equal work differs
    // by a tenth.
    const judged = short ? limits : { least: 21, most: 60, seconds: 120 };
    const workers = cpus().length;
    let fresh = 0;
    let set: ImageSet | undefined;
    const works: Record<string, () => Promise<void>> = {
      'to memory': async () => void (await openImages(folder, { size, margin: cropMargin })),
      'to the cache': async () => {
        set = (await openImages(folder, { ...inCache, cache: join(root, `cache${fresh++}`) })).train;
      },
    };
    const measured: Record<string, Against> = {};
    for (const [name, work] of Object.entries(works)) {
      say(`decoding ${name}`);
      const ours = () => secondsOf(work, count);
      await ours();
      const alone = await interleave(ours, () => secondsOf(() => sharpAlone(files), count), judged);
      const theirs = peer && (() => peer.ask<number>('decode', { files, side, workers }));
      measured[name] = { sharp: alone, pil: theirs ? await interleave(ours, theirs, limits) : undefined };
    }
    say('batches out of the cache');
    const read = await interleave(() => secondsOf(() => epoch(set as ImageSet), count), null, limits);

    const rows = Object.entries(measured).map(([name, against]) => rowOf(name, against));
    const title = `Images a second, ${count} JPEG files of ${width}x${height} to ${side}x${side}`;
    return {
      tables: [
        { title, head: ['', 'ours', 'sharp alone', 'ratio', `PIL, ${workers} threads`, 'ratio', 'pairs'], rows },
        {
          title: `Batches of 64 out of the cache`,
          head: ['', 'images/s'],
          rows: [['shuffled', rate(read.ours.median)]],
        },
      ],
      goals: Object.entries(measured).map(([name, { sharp: alone }]) => ({
        name: `decoding ${name}, of sharp's own rate`,
        measured: alone.ratio?.median ?? Number.NaN,
        atLeast: 0.9,
      })),
      results: { count, width, height, side, workers, secondsPerImage: { ...measured, readFromCache: read } },
    };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Our rate against that of sharp alone, and of PIL where it is there. */
interface Against {
  readonly sharp: Comparison;
  readonly pil: Comparison | undefined;
}

const rate = (seconds: number) => digits(1 / seconds);

function rowOf(name: string, { sharp: alone, pil }: Against): string[] {
  return [
    name,
    rate(alone.ours.median),
    rate(alone.theirs?.median ?? Number.NaN),
    digits(alone.ratio?.median ?? Number.NaN),
    pil?.theirs ? rate(pil.theirs.median) : '-',
    pil?.ratio ? digits(pil.ratio.median) : '-',
    String(alone.ours.samples),
  ];
}

/** So little memory that the cache is used. */
const inCache = { size, margin: cropMargin, memory: 1 };

/** Noise of two sizes, of which the fine one is faint: it compresses about as photographs do. */
export async function makePhotographs(root: string, count: number): Promise<string> {
  const folder = join(root, 'photographs');
  mkdirSync(folder);
  const noise = new Uint8Array(3 * (width >> 1) * (height >> 1) + 4 * count);
  for (let i = 0; i < noise.length; i++) noise[i] = Math.imul(i, 0x9e3779b1) >>> 24;
  const patch = (w: number, h: number, from: number) =>
    sharp(noise.subarray(from, from + w * h * 3), { raw: { width: w, height: h, channels: 3 } }).resize(width, height, {
      kernel: 'cubic',
    });
  for (let i = 0; i < count; i++) {
    const fine = await patch(width >> 1, height >> 1, 4 * i)
      .ensureAlpha(0.15)
      .raw()
      .toBuffer();
    const coarse = await patch(12, 9, 4 * i)
      .raw()
      .toBuffer();
    const bytes = await sharp(coarse, { raw: { width, height, channels: 3 } })
      .composite([{ input: fine, raw: { width, height, channels: 4 } }])
      .jpeg({ quality: 88 })
      .toBuffer();
    writeFileSync(join(folder, `${String(i).padStart(4, '0')}.jpg`), bytes);
  }
  return folder;
}

/** What any program would do that has sharp decode the same files to the same size. */
async function sharpAlone(files: readonly string[]): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let file = files[next++]; file !== undefined; file = files[next++]) {
      await sharp(file)
        .autoOrient()
        .flatten({ background: '#ffffff' })
        .resize(side, side, { fit: 'cover', position: 'centre' })
        .toColourspace('srgb')
        .raw()
        .toBuffer();
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
}

async function epoch(set: ImageSet): Promise<void> {
  const batches = new Batches(set, { batch: Math.min(64, set.count), seed: 0 });
  let sum = 0;
  for (const { bytes } of batches.epoch(0)) sum += bytes.length;
  if (sum === 0) throw new Error('no batch came');
}

async function secondsOf(work: () => Promise<void>, images: number): Promise<number> {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1000 / images;
}
