import { join } from 'node:path';
import { shownBytes, UserError } from '../../errors.js';
import { openCollection } from '../collection/collection.js';
import { targetSide } from '../decode/side.js';
import type { OpenParts } from '../options.js';
import { digestOf, jsonOf } from '../set/digest.js';
import type { DataSet, StreamedImages } from '../set/image-set.js';
import { remoteHome, usualBytes } from '../sources/http/remote-files.js';
import { Counts } from './counts.js';
import { learnedBy, learnedOf } from './learned.js';
import { Meter } from './meter.js';
import type { Part } from './part.js';
import { partsOf } from './parts.js';
import { sampleOf } from './sample.js';
import { StreamBatches } from './stream-batches.js';
import { Windows } from './windows.js';

/** Bytes of a sample's decoded images. */
const sampleBytes = 2 ** 28;

/** Parts of a window unless it is said otherwise, where the disk's share has room for them. */
const usualWindow = 16;

/**
 * Opens images to be read while they are learned from. The sets of what comes out are a sample, in
 * memory: it serves to measure and to show.
 *
 * @throws UserError where there are none, or what is asked for does not go with streams
 */
export async function openStreamed(where: string, options: Omit<OpenParts, 'locate'>): Promise<DataSet> {
  const { sample: asked, progress, streaming, storage, sizing, pixels, layout } = options;
  if (asked.limit !== undefined || asked.leaveOut !== undefined) {
    const name = asked.limit === undefined ? 'leaveOut' : 'limit';
    throw new UserError(`${where}: ${name} is for images that are opened at once, not for a stream: give stream=off`);
  }
  const meter = new Meter();
  progress.onProgress?.(0, undefined, 'finding');
  const { name, parts, count: known, notes } = await partsOf(where, { ...options, meter });
  const rule = learnedBy(layout, parts);
  const most = storage.streamCache ?? usualBytes;
  const window = streaming.streamWindow ?? windowFor(parts, most);
  checkRoom(where, parts, window, most);
  const each = 3 * targetSide(sizing) ** 2;
  const state = digestOf(jsonOf([parts.map(({ name, version }) => `${name} ${version}`)]));
  const taking = { bytes: sampleBytes, each, state, signal: progress.signal };
  const sample = await sampleOf(name, where, parts, rule, taking);
  if (sample.learned === 0) throw new UserError(`${where}: no images to learn from in the parts that were looked at`);
  const inMemory = { ...storage, memory: 2 * sampleBytes };
  const data = await openCollection(sample.source, { ...options, storage: inMemory });
  const learned = parts.filter((part) => part.prefix === '' || rule(`${part.prefix}image`, undefined, part));
  const estimate = Math.round((sample.learned / sample.weight) * learned.reduce((sum, { weight }) => sum + weight, 0));
  const count = streaming.epochImages ?? known ?? estimate;
  const fingerprint = digestOf(jsonOf([learned.map(({ name, version }) => `${name} ${version}`)]));
  const { channels, depth, height: side } = data.train;
  const sides = { own: side, target: side, format: { channels, ...(depth && { depth }) }, range: pixels.range };
  // Labels and names are the sample's own.
  const { labels: _labels, files: _files, classes: _classes, ...images } = data.train;
  const counts = await Counts.open(
    join(remoteHome(storage.cache), 'counts', `${fingerprint.slice(0, 24)}.jsonl`),
    learned,
  );
  const stream: StreamedImages = {
    count,
    window,
    fingerprint,
    batches(size, seed, share) {
      const shown = learned.map((part) => learnedOf(part, rule));
      const windows = new Windows(shown, counts, { seed, size: window, most, signal: progress.signal });
      const of = { set: images, where, parts: learned, windows, sides, count, seed, meter };
      return new StreamBatches({ ...of, ...progress, maxSkippedShare: options.maxSkippedShare }, size, share);
    },
  };
  const bytes = learned.reduce((sum, { diskBytes }) => sum + diskBytes, 0);
  const said = [
    `streamed from ${learned.length} ${learned.length === 1 ? 'part' : 'parts'}${bytes > 0 ? ` (${shownBytes(bytes)})` : ''}, ${Math.min(window, learned.length)} mixed at a time`,
    `an epoch is ${count.toLocaleString('en')} images${known === undefined && streaming.epochImages === undefined ? ', as many as there are by their bytes' : ''}`,
    `measured and shown are ${data.train.count.toLocaleString('en')} of them, from a few parts`,
  ];
  return { ...data, stream, note: [said.join('; '), ...notes, ...(data.note ? [data.note] : [])].join('. ') };
}

/** As many parts as fit twice: one window is used while the next is fetched. */
function windowFor(parts: readonly Part[], most: number): number {
  const largest = Math.max(...parts.map(({ diskBytes }) => diskBytes), 1);
  return Math.max(1, Math.min(usualWindow, parts.length, Math.floor(most / (2 * largest))));
}

function checkRoom(where: string, parts: readonly Part[], window: number, most: number): void {
  const largest = parts.map(({ diskBytes }) => diskBytes).sort((a, b) => b - a);
  const bytes = largest.slice(0, window).reduce((sum, one) => sum + one, 0);
  if (bytes <= most) return;
  throw new UserError(
    `${where}: ${Math.min(window, parts.length)} parts take up to ${shownBytes(bytes)} on disk, more than the ${shownBytes(most)} that there may be: give streamCache=<GiB>, a smaller streamWindow, or smaller shards`,
  );
}
