import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DataSet, openImages } from 'tandem-vision';
import type { Context } from './suite.js';

const folderName = 'cifar-10-batches-bin';
const bytesPerRecord = 1 + 3 * 32 * 32;

/** Where images of CIFAR-10's kind lie, for our side and for the peer. */
export interface Cifar {
  readonly root: string;
  /** With the binary files. */
  readonly folder: string;
  readonly images: DataSet;
}

/**
 * Gives `use` CIFAR-10 where the command line says where it is, else as much noise in its format:
 * no step's time depends on what images show.
 */
export async function withCifar<T>(
  { settings: { dataRoot }, short }: Pick<Context, 'settings' | 'short'>,
  use: (cifar: Cifar) => Promise<T>,
): Promise<T> {
  if (dataRoot !== undefined) {
    if (!existsSync(join(dataRoot, folderName))) throw new Error(`${dataRoot} holds no ${folderName}`);
    return use(await open(dataRoot));
  }
  const root = mkdtempSync(join(tmpdir(), 'tandem-bench-'));
  try {
    writeNoise(join(root, folderName), short ? 200 : 10_000);
    return await use(await open(root));
  } finally {
    rmSync(root, { recursive: true });
  }
}

async function open(root: string): Promise<Cifar> {
  return { root, folder: join(root, folderName), images: await openImages('cifar10', { dataRoot: root }) };
}

function writeNoise(folder: string, perFile: number): void {
  mkdirSync(folder);
  const bytes = Uint8Array.from({ length: perFile * bytesPerRecord }, (_, i) =>
    i % bytesPerRecord === 0 ? (i / bytesPerRecord) % 10 : Math.imul(i, 2_654_435_761) >>> 24,
  );
  const names = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`);
  for (const name of [...names, 'test_batch.bin']) writeFileSync(join(folder, name), bytes);
  writeFileSync(join(folder, 'batches.meta.txt'), Array.from({ length: 10 }, (_, i) => `class ${i}\n`).join(''));
}
