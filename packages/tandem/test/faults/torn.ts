import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RandomStream } from '../../src/random.js';
import { loadCheckpoint } from '../../src/train/checkpoint.js';

const block = 512;

/**
 * The newest checkpoint of a run cut at every boundary of 512 bytes, and with a byte changed in
 * every block of them: each time that is found out, the file is put aside as it is, and the one
 * before is used.
 * @param folder a copy is made there
 * @returns how many files were tried
 */
export function tearCheckpoint(run: string, folder: string, random: RandomStream): number {
  const copy = join(folder, 'torn');
  cpSync(run, copy, { recursive: true });
  const [newest, previous] = ['state', 'previous'].map((name) => join(copy, 'checkpoint', `${name}.safetensors`)) as [
    string,
    string,
  ];
  const good = readFileSync(newest);
  const stepBefore = JSON.parse(
    readFileSync(previous)
      .toString('latin1')
      .match(/"step":"(\d+)"/)?.[1] ?? 'null',
  );
  const damaged = [];
  for (let at = 0; at < good.length; at += block) {
    damaged.push(good.subarray(0, at));
    const changed = Buffer.from(good);
    const where = at + random.below(Math.min(block, good.length - at));
    changed[where] = (changed[where] as number) ^ (1 + random.below(255));
    damaged.push(changed);
  }
  for (const bytes of damaged) {
    writeFileSync(newest, bytes);
    const told: string[] = [];
    const found = loadCheckpoint(copy, (file) => told.push(file));
    for (const x of Object.values(found?.tensors ?? {})) x.dispose();
    // a blank for another blank, in the header's padding
    if (told.length === 0 && isBlank(good, bytes)) continue;
    assert.deepEqual(told, [newest], `${bytes.length} bytes`);
    assert.equal(found?.step, stepBefore);
    assert.ok(readFileSync(`${newest}.damaged`).equals(bytes));
    assert.equal(existsSync(newest), false);
    rmSync(`${newest}.damaged`);
  }
  rmSync(copy, { recursive: true });
  return damaged.length;
}

/**
 * Whether two files differ in nothing that means something: blanks between the words of the header.
 */
function isBlank(a: Buffer, b: Buffer): boolean {
  const words = (bytes: Buffer) => {
    const end = 8 + Number(bytes.readBigUInt64LE());
    return JSON.stringify(JSON.parse(bytes.toString('utf8', 8, end))) + bytes.toString('latin1', end);
  };
  return a.length === b.length && words(a) === words(b);
}
