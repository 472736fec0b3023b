import { createHash } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { scope } from '@tandem/torch';
import { Command } from 'commander';
import { chooseDevice } from '../../device.js';
import { didYouMean, UsageError, UserError } from '../../errors.js';
import { embedFormats, writeNames } from '../../evaluate/embed/formats.js';
import { type Entry, Journal } from '../../evaluate/embed/journal.js';
import { features } from '../../evaluate/index.js';
import { lockFolder } from '../../files/lock-folder.js';
import { refuseTooMany } from '../../images/decode/skipped.js';
import { type Chunk, DATA_SETS, streamImages } from '../../images/index.js';
import { oneOf, wholeNumber } from '../shared/arguments.js';
import { openSubjects, type Subject } from '../shared/encoders.js';
import { checkChannels, type EvaluationFlags, given, viewOf, withOpening } from '../shared/evaluation.js';
import { ownSettings } from '../shared/provenance.js';
import { listSkipped, skippedFiles } from '../shared/skipped.js';
import { Exit } from '../terminal/exit.js';
import { progress } from '../terminal/progress.js';
import { abortOnSignals } from '../terminal/signals.js';

interface Options extends EvaluationFlags {
  out: string;
}

const endings = Object.keys(embedFormats);
const one = ['kept', 'student', 'teacher'] as const;

/**
 * `tandem embed <run|encoder> <images> --out FILE`: the features of any images, for other tools.
 */
export function embedCommand(): Command {
  const command = new Command('embed')
    .usage('<run|encoder> <images> --out <file> [options]')
    .argument(
      '<encoder>',
      "run folder, or a .safetensors file: from a run's encoder/, or a ResNet under torchvision's or Hugging Face's names",
    )
    .argument(
      '<images>',
      `${DATA_SETS.join(', ')}, a folder of images at any depth, a tar or zip of one, or shards; labels are not needed`,
    )
    .requiredOption('--out <file>', `what to write, by its ending: ${endings.join(', ')}`)
    .option('--of <which>', `of a run: ${one.join(', ')}`, oneOf('--of', one), 'kept');
  return withOpening(command)
    .option('--device <name>', 'auto, cpu, cuda, cuda:1 or mps (default: auto)')
    .option(
      '--limit <n>',
      'of a data set known by name: at most so many of its training and of its test images',
      wholeNumber('--limit'),
    )
    .option('--json', 'one JSON object with the result on stdout')
    .action(runEmbed);
}

async function runEmbed(runOrFile: string, where: string, options: Options): Promise<void> {
  const { out } = options;
  const ending = extname(out);
  const write = embedFormats[ending];
  if (!write)
    throw new UsageError(`--out must end in ${endings.join(', ')}, got ${out}.${didYouMean(ending, endings)}`);
  const names = ending === '.npy' ? `${out.slice(0, -ending.length)}.files.txt` : undefined;
  const partial = `${out}.partial`;
  for (const file of [out, ...(names ? [names] : [])]) {
    // Where a part is left, the names are of the last step that was cut short.
    if (existsSync(file) && !(file === names && existsSync(partial)))
      throw new UserError(`${file} exists already and is never overwritten; give another --out`);
  }
  if (options.limit !== undefined && !DATA_SETS.includes(where))
    throw new UsageError('--limit is for data sets known by name');
  const device = chooseDevice(options.device ?? 'auto');
  const [subject] = openSubjects(runOrFile, options.of ?? 'kept') as [Subject];
  const bar = progress('embedding');
  let unlock = () => {};
  const { signal, exitCode, release } = abortOnSignals(() => bar.say('stopping; the same command goes on from here'));
  try {
    if (subject.note) bar.say(subject.note);
    subject.encoder.to({ device });
    const { size } = subject.card;
    const opening = given({ ...ownSettings(runOrFile, where), ...options });
    const stream = await streamImages(where, { size, ...opening, signal, onProgress: bar.update });
    for (const note of stream.notes) bar.say(note);
    const { total, classes, fingerprint } = stream;
    mkdirSync(dirname(out), { recursive: true });
    const about = {
      encoder: digest(subject.file),
      images: where,
      fingerprint,
      total,
      width: subject.encoder.featureWidth,
      ...(classes && { classes }),
    };
    mkdirSync(partial, { recursive: true });
    unlock = lockPart(partial);
    const journal = new Journal(partial, about);
    if (journal.entries.length > 0) bar.say(`going on after ${journal.entries.length} of ${total} images`);
    for await (const chunk of stream.chunks(new Set(journal.entries.map(({ file }) => file)))) {
      journal.add(...embedded(subject, chunk, where, device));
      bar.update(journal.entries.length, total, '');
      signal.throwIfAborted();
    }
    const { rows } = journal;
    const skipped = journal.entries.flatMap(({ file, skipped: reason }) =>
      reason === undefined ? [] : [{ file, reason }],
    );
    // What was computed stays: with a larger share the same command only writes the file.
    refuseTooMany(where, journal.entries.length, skipped, opening.maxSkippedShare);
    bar.say(`writing ${out}`);
    const beside = join(partial, 'result');
    const namesBeside = join(partial, 'names');
    try {
      if (names) writeNames(journal, namesBeside);
      await write(journal, beside);
    } catch (error) {
      throw new UserError(`${out} cannot be written: ${(error as Error).message}`);
    }
    if (names) renameSync(namesBeside, names);
    place(beside, out);
    journal.remove();
    bar.stop();
    if (skipped.length > 0) bar.say(`${skippedFiles(skipped)}; ${listSkipped(skipped, out)}`);
    const result = { images: rows.length, width: about.width, skipped: skipped.length };
    const files = [out, ...(names ? [names] : [])];
    if (options.json)
      console.log(
        JSON.stringify({
          command: 'embed',
          encoder: subject.file,
          images: where,
          protocol: 'features',
          settings: { size },
          result,
          files,
        }),
      );
    else console.log(`${rows.length} images, ${about.width} features each: ${files.join(', ')}`);
  } catch (error) {
    if (error !== signal.reason) throw error;
    throw new Exit(exitCode());
  } finally {
    bar.stop();
    release();
    unlock();
    subject.encoder.dispose();
  }
}

/** What the journal is to hold of a chunk. */
function embedded(
  { encoder, card }: Subject,
  { set, skipped }: Chunk,
  where: string,
  device: string,
): [Entry[], Float32Array] {
  const bad = skipped.map(({ file, reason }): Entry => ({ file, skipped: reason }));
  if (set.count === 0) return [bad, new Float32Array(0)];
  checkChannels(where, set.channels, card);
  const good = set.files.map((file, i): Entry => ({ file, ...(set.labels && { label: set.labels[i] as number }) }));
  const numbers = scope(() =>
    features(encoder, set, { view: viewOf(card), device })
      .to('cpu')
      .data(),
  );
  return [[...good, ...bad], numbers as Float32Array];
}

function digest(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** @throws UserError when another process writes the same file */
function lockPart(partial: string): () => void {
  try {
    const lock = lockFolder(partial, 'written');
    return () => void lock.release();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${partial} is being written by another process; wait for it, or give another --out`);
  }
}

/** Puts a finished file in its place, but never over one that came meanwhile. */
function place(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (existsSync(to)) throw new UserError(`${to} exists already and is never overwritten; give another --out`);
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw error;
    renameSync(from, to); // the file system has no hard links
  }
}
