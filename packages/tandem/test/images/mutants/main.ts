/**
 * Damaged files in great numbers: `npm run test:mutants [-- from [count [seed]]]`. What is kept is
 * written to a folder with its pixels, for scripts/mutants.py to compare with Pillow and tifffile.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeOne } from '../../../src/images/decode/decode-one.js';
import type { PlanarImage } from '../../../src/images/decode/pixels.js';
import { bases, mutant } from './mutate.js';

const [folder = 'mutants', from = '0', count = '20000', seed = '1'] = process.argv.slice(2);
/** So long one file may take, in milliseconds. */
const patience = 20_000;

mkdirSync(folder, { recursive: true });
const all = await bases();
for (const [index, { name, bytes }] of all.entries()) {
  const whole = await decodeOne(bytes, { format: { channels: 3 } }, true);
  if (typeof whole === 'string') throw new Error(`${name}: ${whole}`);
  writeFileSync(join(folder, `whole-${index}.rgb`), pixelsOf(whole));
}
const kept: object[] = [];
let skipped = 0;
for (let i = Number(from); i < Number(from) + Number(count); i++) {
  const { name, bytes } = mutant(all, Number(seed), i);
  const watch = setTimeout(() => {
    console.error(`mutant ${i} of ${name} takes more than ${patience / 1000} s`);
    process.exit(1);
  }, patience);
  const image = await decodeOne(bytes, { format: { channels: 3 } }, true);
  clearTimeout(watch);
  if (typeof image === 'string') {
    skipped++;
    continue;
  }
  const { width, height } = image;
  writeFileSync(join(folder, `${i}.bin`), bytes);
  writeFileSync(join(folder, `${i}.rgb`), pixelsOf(image));
  kept.push({ i, name, width, height, base: i % all.length });
}
writeFileSync(join(folder, 'kept.json'), JSON.stringify(kept));
console.log(`${count} mutants from ${from} on, seed ${seed}: ${skipped} are skipped, ${kept.length} kept`);

function pixelsOf(image: PlanarImage): Uint8Array {
  const pixels = new Uint8Array(3 * image.width * image.height);
  image.write(pixels, 0);
  return pixels;
}
