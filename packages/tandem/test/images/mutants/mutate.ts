import { inflateSync } from 'node:zlib';
import sharp from 'sharp';
import { type RandomStream, stream } from '../../../src/random.js';
import { fixture } from '../../support.js';
import { arrays } from './arrays.js';

/** A whole file that mutants are made of. */
export interface Base {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Files of every format that is read, and of every kind of each. */
export async function bases(): Promise<readonly Base[]> {
  const [width, height] = [48, 40];
  const raw = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7 + (i >> 5) * 13) % 251);
  const picture = () => sharp(raw, { raw: { width, height, channels: 3 } }).blur(2);
  const made = {
    'baseline.jpg': picture().jpeg(),
    'progressive.jpg': picture().jpeg({ progressive: true }),
    'gray.jpg': picture().toColourspace('b-w').jpeg(),
    'plain.png': picture().png(),
    'interlaced.png': picture().png({ progressive: true }),
    'palette.png': picture().png({ palette: true }),
    'alpha.png': picture().ensureAlpha(0.5).png(),
    'lossy.webp': picture().webp(),
    'lossless.webp': picture().webp({ lossless: true }),
    'alpha.webp': picture().ensureAlpha(0.5).webp(),
    'still.gif': picture().gif(),
    'still.avif': picture().avif({ effort: 0 }),
  };
  const pictures = Object.entries(made).map(async ([name, image]) => ({ name, bytes: await image.toBuffer() }));
  return [...(await Promise.all(pictures)), ...kinds('pictures'), ...kinds('unusual'), ...arrays];
}

/**
 * Those of a fixture that are read, but of inks without a profile, whose colours are a matter of
 * taste.
 */
function kinds(name: string): Base[] {
  return fixture<readonly { name: string; file: string; reason?: string }[]>(name)
    .filter(({ name, reason }) => reason === undefined && !/(CMYK|YCCK)( \d|$)/.test(name))
    .map(({ name, file }) => {
      const format = name.split(/[ ,]/)[0] as string;
      const ending = { APNG: 'png', BigTIFF: 'tif', MPO: 'jpg', TIFF: 'tif' }[format] ?? format.toLowerCase();
      return { name: `${name}.${ending}`, bytes: inflateSync(Buffer.from(file, 'base64')) };
    });
}

/** How a file is damaged. */
const damages: readonly ((bytes: Buffer, random: RandomStream) => Buffer)[] = [
  (bytes, random) => changed(bytes, random, 1, (byte) => byte ^ (1 << random.below(8))),
  (bytes, random) => changed(bytes, random, 1 + random.below(8), () => random.below(256)),
  (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  (bytes, random) => run(bytes, random, () => 0),
  (bytes, random) => run(bytes, random, () => 255),
  (bytes, random) => run(bytes, random, () => random.below(256)),
  (bytes, random) => {
    const [from, to] = [random.below(bytes.length), random.below(bytes.length)];
    const length = Math.min(1 + random.below(64), bytes.length - Math.max(from, to));
    const copy = Buffer.from(bytes);
    copy.set(bytes.subarray(from, from + length), to);
    return copy;
  },
  (bytes, random) => {
    const at = random.below(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(32))]);
  },
  (bytes, random) => {
    const [at, length] = [random.below(bytes.length), 1 + random.below(64)];
    return Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
  },
  // Lengths, types and lists of contents stand at the ends.
  (bytes, random) => flippedWithin(bytes, random, 12),
  (bytes, random) => flippedWithin(bytes, random, 128),
  (bytes, random) => flippedWithin(bytes, random, -128),
];

/** Mutant `index`: the same for the same seed. */
export function mutant(all: readonly Base[], seed: number, index: number): Base {
  const random = stream(seed, 0x6d75_7461, index, 0);
  const base = all[index % all.length] as Base;
  const damage = damages[random.below(damages.length)] as (typeof damages)[number];
  return { name: base.name, bytes: damage(base.bytes, random) };
}

function changed(bytes: Buffer, random: RandomStream, count: number, change: (byte: number) => number): Buffer {
  const copy = Buffer.from(bytes);
  for (let i = 0; i < count; i++) {
    const at = random.below(copy.length);
    copy[at] = change(copy[at] as number);
  }
  return copy;
}

/** With one bit changed among the first bytes, or the last. */
function flippedWithin(bytes: Buffer, random: RandomStream, end: number): Buffer {
  const copy = Buffer.from(bytes);
  const within = end > 0 ? copy.subarray(0, end) : copy.subarray(end);
  const at = random.below(within.length);
  within[at] = (within[at] as number) ^ (1 << random.below(8));
  return copy;
}

function run(bytes: Buffer, random: RandomStream, value: () => number): Buffer {
  const copy = Buffer.from(bytes);
  const at = random.below(copy.length);
  const end = Math.min(copy.length, at + 1 + random.below(200));
  for (let i = at; i < end; i++) copy[i] = value();
  return copy;
}
