import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenOptions } from '../images/index.js';
import { placeOf } from './image-place.js';
import { readRun } from './run-record.js';

const textual = [
  'cache',
  'dataRoot',
  'classes',
  'train',
  'test',
  'imageColumn',
  'labelColumn',
  'splitColumn',
  'leaveOut',
  'stream',
  'measureOn',
] as const;

/** How a run opened its images: what it cached is found again, what it tolerated is tolerated. */
export type OwnOpening = Pick<OpenOptions, 'maxSkippedShare' | (typeof textual)[number]>;

/** What a run learned from. */
export interface OwnImages {
  /** By name or path. */
  readonly images: string;
  /** How the run opened them. */
  readonly opening: OwnOpening;
}

/** A run's images; undefined for a file, of which nothing is known. */
export function ownImages(runOrFile: string): OwnImages | undefined {
  if (!statSync(runOrFile).isDirectory() || !existsSync(join(runOrFile, 'config.json'))) return undefined;
  const { images, maxSkipped, ...config } = readRun(runOrFile).config;
  if (typeof images !== 'string') return undefined;
  return {
    images,
    opening: {
      ...(typeof maxSkipped === 'number' && { maxSkippedShare: maxSkipped }),
      ...Object.fromEntries(textual.flatMap((key) => (typeof config[key] === 'string' ? [[key, config[key]]] : []))),
    },
  };
}

/** How a run opened these images, where they are its own. */
export function ownOpening(runOrFile: string, images: string): OwnOpening | undefined {
  const own = ownImages(runOrFile);
  return own !== undefined && placeOf(own.images) === placeOf(images) ? own.opening : undefined;
}
