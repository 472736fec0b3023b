import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Device } from 'tandem-torch';
import { z } from 'zod';
import { knnBaselines, knnSplit } from '../evaluate/index.js';
import { readJson } from '../files/json.js';
import { writeWhole } from '../files/write-whole.js';
import type { DataSet } from '../images/index.js';
import { encoderOperations, flopsOf } from '../networks/index.js';
import { loadEncoder } from '../weights/index.js';

const baselines = z.object({
  /** Shares of queries whose nearest neighbour has their class, with these features. */
  pixels: z.number(),
  untrained: z.number(),
});

/** What a run's k-NN accuracy has to beat, of the same images. */
export type KnnBaselines = Readonly<z.infer<typeof baselines>>;

/** Where baselines are measured. */
export interface BaselineOptions {
  readonly device: Device;
  readonly onProgress?: ((done: number, total: number, what: string) => void) | undefined;
}

/** Operations that nobody need be asked about: some ten seconds of two cores. */
const little = 2e12;

/** Numbers of pixels that are held at a time, at most. */
const mostPixels = 2 ** 28;

const fileIn = (run: string) => join(run, 'baselines.json');

/** Those that were measured; undefined where none were, or their file cannot be read. */
export function readBaselines(run: string): KnnBaselines | undefined {
  if (!existsSync(fileIn(run))) return undefined;
  try {
    return baselines.safeParse(readJson(fileIn(run))).data;
  } catch {
    return undefined; // they can be measured again
  }
}

/**
 * Measures raw pixels and the untrained network by the nearest neighbours of a run's images, and
 * keeps the numbers in its folder.
 * @param file the run's encoder
 * @param isAsked whether to do so also where it takes long
 * @returns undefined where there are no labels, or it would take too much
 */
export function measureBaselines(
  run: string,
  file: string,
  data: DataSet,
  isAsked: boolean,
  { device, onProgress }: BaselineOptions,
): KnnBaselines | undefined {
  const split = knnSplit(data);
  if (!split) return undefined;
  const { reference, queries } = split;
  const { encoder, card } = loadEncoder(file);
  try {
    const { channels } = card.architecture;
    const numbers = channels * reference.height * reference.width;
    const images = reference.count + queries.count;
    if (images * numbers > mostPixels) return undefined;
    const forward = flopsOf(encoderOperations(encoder, { size: card.size, channels }));
    const votes = 2 * reference.count * queries.count * (numbers + encoder.featureWidth);
    if (!isAsked && images * forward + votes > little) return undefined;
  } finally {
    encoder.dispose();
  }
  const [pixels, untrained] = knnBaselines(split, { k: 1, card, device, onProgress });
  if (!pixels || !untrained) return undefined;
  const found = { pixels: pixels.accuracy, untrained: untrained.accuracy };
  writeWhole(fileIn(run), `${JSON.stringify(found)}\n`);
  return found;
}
