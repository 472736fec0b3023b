import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UserError } from '../errors.js';
import { type Finding, find, firstFile, isFolder } from './finding.js';
import type { DataSet, ImageSet } from './imageset.js';
import { tarEntries } from './tar.js';

const SIDE = 32;
const IMAGE = 3 * SIDE * SIDE;
const RECORD = 1 + IMAGE;

const TRAIN = ['data_batch_1.bin', 'data_batch_2.bin', 'data_batch_3.bin', 'data_batch_4.bin', 'data_batch_5.bin'];
const TEST = 'test_batch.bin';
const NAMES = 'batches.meta.txt';
const ARCHIVES = ['cifar-10-binary.tar.gz', 'cifar-10-binary.tgz', 'cifar-10-binary.tar'];
const FOLDER = 'cifar-10-batches-bin';

/** File name to bytes, and how to name such a file in a message. */
interface Parts {
  readonly bytes: ReadonlyMap<string, Uint8Array>;
  readonly label: (file: string) => string;
}

/**
 * Opens CIFAR-10 in its official binary version, from its folder or straight from its archive: 32x32 RGB,
 * bank = the training images, queries = the test images, both in official order.
 *
 * @throws UserError where it is not found, or a file is missing, damaged or of a wrong length
 */
export async function openCifar10(dataRoot?: string, signal?: AbortSignal): Promise<DataSet> {
  const place = await find(
    {
      name: 'cifar10',
      folders: ['cifar10', 'cifar-10'],
      expected: `${ARCHIVES[0]}, or its folder ${FOLDER} with ${TRAIN[0]} to 5, ${TEST} and ${NAMES}`,
      origin: `It is the binary version at https://www.cs.toronto.edu/~kriz/cifar.html`,
      look,
    },
    dataRoot,
  );
  const parts = place.archive ? await fromArchive(place.path, signal) : await fromFolder(place.path);
  const classes = classNames(parts);
  const train = records(TRAIN, parts, classes);
  return { name: 'cifar10', train, bank: train, queries: records([TEST], parts, classes), skipped: [] };
}

interface Place {
  readonly path: string;
  readonly archive: boolean;
}

async function look(folder: string): Promise<Finding<Place>> {
  for (const path of [join(folder, FOLDER), folder]) {
    if ((await isFolder(path)) && (await firstFile([...TRAIN, TEST].map((file) => join(path, file))))) {
      return { files: { path, archive: false } };
    }
  }
  const path = await firstFile(ARCHIVES.map((name) => join(folder, name)));
  return path === undefined ? undefined : { files: { path, archive: true } };
}

async function fromFolder(folder: string): Promise<Parts> {
  const bytes = new Map<string, Uint8Array>();
  for (const file of [...TRAIN, TEST, NAMES]) {
    const path = await firstFile([join(folder, file)]);
    if (path !== undefined) bytes.set(file, await readFile(path));
  }
  return { bytes, label: (file) => join(folder, file) };
}

async function fromArchive(archive: string, signal?: AbortSignal): Promise<Parts> {
  const bytes = new Map<string, Uint8Array>();
  for await (const entry of tarEntries(archive, signal)) {
    const file = basename(entry.path);
    if (entry.usable && [...TRAIN, TEST, NAMES].includes(file)) bytes.set(file, await entry.read());
  }
  return { bytes, label: (file) => `${archive}: ${file}` };
}

function part(parts: Parts, file: string): Uint8Array {
  const bytes = parts.bytes.get(file);
  if (!bytes) throw new UserError(`${parts.label(file)}: missing; CIFAR-10 is ${TRAIN[0]} to 5, ${TEST} and ${NAMES}`);
  return bytes;
}

function classNames(parts: Parts): string[] {
  const lines = Buffer.from(part(parts, NAMES)).toString('utf8').split('\n');
  const classes = lines.map((line) => line.trim()).filter((line) => line !== '');
  if (classes.length !== 10) throw new UserError(`${parts.label(NAMES)}: ${classes.length} class names, expected 10`);
  return classes;
}

function records(files: readonly string[], parts: Parts, classes: readonly string[]): ImageSet {
  const batches = files.map((file) => ({ file, bytes: part(parts, file) }));
  for (const { file, bytes } of batches) {
    if (bytes.length === 0 || bytes.length % RECORD !== 0) {
      throw new UserError(
        `${parts.label(file)}: ${bytes.length} bytes, expected a whole number of ${RECORD}-byte records; it is damaged or cut short`,
      );
    }
  }
  const count = batches.reduce((sum, { bytes }) => sum + bytes.length / RECORD, 0);
  const pixels = new Uint8Array(count * IMAGE);
  const labels = new Int32Array(count);
  let i = 0;
  for (const { file, bytes } of batches) {
    for (let at = 0; at < bytes.length; at += RECORD, i++) {
      const label = bytes[at] as number;
      if (label >= classes.length) {
        throw new UserError(`${parts.label(file)}: label ${label} in record ${at / RECORD}, expected 0 to 9`);
      }
      labels[i] = label;
      pixels.set(bytes.subarray(at + 1, at + RECORD), i * IMAGE);
    }
  }
  return { name: 'cifar10', count, channels: 3, height: SIDE, width: SIDE, pixels, labels, classes };
}
