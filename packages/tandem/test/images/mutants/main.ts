/**
 * Damaged files in great numbers: `npm run test:mutants [-- FOLDER [from [count [seed [kinds]]]]]`,
 * where `kinds` is a pattern of their names, as `np[yz]$`. What is kept is written to the folder
 * with its pixels, for scripts/mutants.py to compare with Pillow, tifffile and NumPy. With the word
 * `containers` in place of FOLDER: damaged tars, zips and tables, of which each picture that is
 * kept is compared with what it was.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeOne } from '../../../src/images/decode/decode-one.js';
import type { PlanarImage } from '../../../src/images/decode/pixels.js';
import { containers, tryContainer } from './containers.js';
import { bases, mutant } from './mutate.js';

const [folder = 'mutants', from = '0', count = '20000', seed = '1', kinds = ''] = process.argv.slice(2);
/** So long one file may take, in milliseconds. */
const patience = 20_000;

await (folder === 'containers' ? damageContainers() : damagePictures());

async function damagePictures(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const all = (await bases()).filter(({ name }) => new RegExp(kinds).test(name));
  for (const [index, { name, bytes }] of all.entries()) {
    const whole = await decodeOne(bytes, { format: { channels: 3 } }, true);
    if (typeof whole === 'string') throw new Error(`${name}: ${whole}`);
    writeFileSync(join(folder, `whole-${index}.rgb`), pixelsOf(whole));
  }
  const kept: object[] = [];
  let skipped = 0;
  for (let i = Number(from); i < Number(from) + Number(count); i++) {
    const { name, bytes } = mutant(all, Number(seed), i);
    const image = await inTime(i, name, () => decodeOne(bytes, { format: { channels: 3 } }, true));
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
}

async function damageContainers(): Promise<void> {
  const place = mkdtempSync(join(tmpdir(), 'tandem-mutants-'));
  try {
    const all = await containers(place);
    const told = { refused: 0, used: 0, pictures: 0, wrong: 0 };
    for (let i = Number(from); i < Number(from) + Number(count); i++) {
      const name = all[i % all.length]?.name ?? '';
      const outcome = await inTime(i, name, () => tryContainer(place, all, Number(seed), i));
      if ('reason' in outcome) {
        told.refused++;
        continue;
      }
      told.used++;
      told.pictures += outcome.kept;
      told.wrong += outcome.wrong.length;
      for (const file of outcome.wrong) console.log(`otherwise: ${i} ${name}: ${file}`);
    }
    const { refused, used, pictures, wrong } = told;
    console.log(
      `${count} damaged containers from ${from} on, seed ${seed}: ${refused} are refused; of ${used} ${pictures} pictures are kept, ${wrong} of them otherwise`,
    );
    if (wrong > 0) process.exitCode = 1;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** Ends the process where it takes too long, as nothing else ends a loop. */
async function inTime<T>(i: number, name: string, work: () => Promise<T>): Promise<T> {
  const watch = setTimeout(() => {
    console.error(`mutant ${i} of ${name} takes more than ${patience / 1000} s`);
    process.exit(1);
  }, patience);
  try {
    return await work();
  } finally {
    clearTimeout(watch);
  }
}

function pixelsOf(image: PlanarImage): Uint8Array {
  const pixels = new Uint8Array(3 * image.width * image.height);
  image.write(pixels, 0);
  return pixels;
}
