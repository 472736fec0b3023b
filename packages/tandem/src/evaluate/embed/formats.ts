import { closeSync, createWriteStream, openSync, writeFileSync, writeSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Journal } from './journal.js';
import { npyHeader, npyIntegers, npyTexts } from './npy.js';

/** What stands in a file beside the rows, where its format has room for it. */
export type Facts = Readonly<Record<string, string>>;

/** Writes what a journal holds to a new file, a block of rows at a time. */
export type Format = (journal: Journal, path: string, facts: Facts) => Promise<void>;

/**
 * The formats by the ending of a file's name. Libraries that write them are loaded when they do:
 * most commands never need them.
 */
export const embedFormats: Readonly<Record<string, Format>> = {
  '.npy': async (journal, path) => writeBlocks(path, npyBlocks(journal)),
  '.npz': writeNpz,
  '.parquet': writeParquet,
  '.jsonl': async (journal, path) => writeBlocks(path, jsonLines(journal)),
};

/** Writes a file, a block at a time. */
export function writeBlocks(path: string, blocks: Iterable<Uint8Array | string>): void {
  const file = openSync(path, 'w');
  try {
    for (const block of blocks) {
      const bytes = Buffer.from(block as Uint8Array);
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
    }
  } finally {
    closeSync(file);
  }
}

function* npyBlocks(journal: Journal): Generator<Uint8Array> {
  yield npyHeader('<f4', [journal.rows.length, journal.about.width]);
  for (const block of journal.features()) yield new Uint8Array(block.buffer);
}

/**
 * Arrays `features`, `files`, and where there are labels `labels` and `classes`; not compressed,
 * since features hardly shrink.
 */
async function writeNpz(journal: Journal, path: string): Promise<void> {
  const { default: yazl } = await import('yazl');
  const zip = new yazl.ZipFile();
  const plain = { compress: false, mtime: new Date(1980, 0, 1) };
  zip.addReadStreamLazy('features.npy', plain, (give) => give(null, Readable.from(npyBlocks(journal))));
  zip.addBuffer(npyTexts(journal.rows.map(({ file }) => file)), 'files.npy', plain);
  const labels = labelsOf(journal);
  if (labels) {
    zip.addBuffer(npyIntegers(labels), 'labels.npy', plain);
    zip.addBuffer(npyTexts(journal.about.classes ?? []), 'classes.npy', plain);
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(path));
}

/** Of each row; -1 for an image that lies in no class. */
function labelsOf({ rows, about }: Journal): number[] | undefined {
  return about.classes && rows.map(({ label = -1 }) => label);
}

function* jsonLines(journal: Journal): Generator<string> {
  for (const { names, features, classes } of rowGroups(journal)) {
    const lines = names.map((file, i) => {
      // Nine digits give back every float32.
      const numbers = (features[i] as number[]).map((value) => Number(value.toPrecision(9)));
      return `${JSON.stringify({ file, ...(classes && { class: classes[i] }), features: numbers })}\n`;
    });
    yield lines.join('');
  }
}

const required = { repetition_type: 'REQUIRED' } as const;

/**
 * Columns `file`, `class` where there are classes (empty for images in none), and `features`, a
 * list of floats; the facts as key-value metadata.
 */
async function writeParquet(journal: Journal, path: string, facts: Facts): Promise<void> {
  const { fileWriter, ParquetWriter } = await import('hyparquet-writer');
  const text = (name: string) => ({ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', ...required }) as const;
  const hasClasses = labelsOf(journal) !== undefined;
  const writer = new ParquetWriter({
    writer: fileWriter(path),
    kvMetadata: Object.entries(facts).map(([key, value]) => ({ key: `tandem.${key}`, value })),
    schema: [
      { name: 'root', num_children: hasClasses ? 3 : 2 },
      text('file'),
      ...(hasClasses ? [text('class')] : []),
      { name: 'features', converted_type: 'LIST', num_children: 1, ...required },
      { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
      { name: 'element', type: 'FLOAT', ...required },
    ],
  });
  for (const { names, features, classes } of rowGroups(journal)) {
    await writer.write({
      columnData: [
        { name: 'file', data: names },
        ...(classes ? [{ name: 'class', data: classes }] : []),
        { name: 'features', data: features },
      ],
      rowGroupSize: names.length,
    });
  }
  await writer.finish();
}

/** Some images with their rows. */
export interface RowGroup {
  readonly names: string[];
  readonly classes?: string[];
  readonly features: number[][];
}

/** The rows of a journal with their names and classes, some at a time. */
export function* rowGroups(journal: Journal): Generator<RowGroup> {
  const { rows, about } = journal;
  let next = 0;
  for (const block of journal.features()) {
    const some = rows.slice(next, next + block.length / about.width);
    next += some.length;
    const classes = some.map(({ label = -1 }) => about.classes?.[label] ?? '');
    yield {
      names: some.map(({ file }) => file),
      ...(about.classes && { classes }),
      features: some.map((_, i) => Array.from(block.subarray(i * about.width, (i + 1) * about.width))),
    };
  }
}

/**
 * File names beside an .npy, which can hold an array only: one a line, in the order of the rows.
 */
export function writeNames(journal: Journal, path: string): void {
  writeFileSync(path, journal.rows.map(({ file }) => `${file}\n`).join(''));
}
