import { existsSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { shellWord, UserError } from '../errors.js';
import { readJsonLines, readJsonObject } from '../files/json.js';
import { readRegular } from '../files/regular.js';
import { tandemCommand } from '../invocation.js';
import type { EncoderName } from './encoder-names.js';
import { type Evaluation, readEvaluations } from './evaluations.js';
import { placeOf } from './image-place.js';

/** One line of `metrics.jsonl`: numbers, and whatever else a later version writes. */
export type EpochRecord = Readonly<Record<string, unknown>>;

/** What a run folder says. */
export interface RunRecord {
  /** As it was given. */
  readonly path: string;
  /** The name of the folder. */
  readonly name: string;
  /** What `config.json` says: settings by name, and the circumstances of the run. */
  readonly config: Readonly<Record<string, unknown>>;
  /** One entry an epoch; empty before the first is over. */
  readonly metrics: readonly EpochRecord[];
  /** One entry for each file that could not be decoded. */
  readonly skipped: readonly Readonly<Record<string, unknown>>[];
  /** Whose encoder it keeps, where that was asked. */
  readonly kept?: EncoderName | undefined;
  /** Oldest first. */
  readonly evaluations: readonly Evaluation[];
  /** What is lost of its files, a line each. */
  readonly lost?: readonly string[];
}

/** Reads a run folder. @throws UserError when it is none, or one of its files is damaged */
export function readRun(path: string): RunRecord {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new UserError(`${path}: there is no such run folder`);
  if (!found.isDirectory()) throw new UserError(`${path}: a file; give the folder of a run`);
  const config = join(path, 'config.json');
  if (!existsSync(config)) throw new UserError(withoutConfig(path));
  return {
    path,
    name: basename(resolve(path)),
    config: readJsonObject(config),
    metrics: readJsonLines(join(path, 'metrics.jsonl')),
    skipped: readJsonLines(join(path, 'skipped.jsonl')),
    evaluations: readEvaluations(path),
    lost: lostIn(path),
  };
}

/** Lines that were whole once: each ends with a break, and encoders come with metrics. */
function lostIn(run: string): string[] {
  const files = ['metrics.jsonl', 'evaluations.jsonl']
    .map((name) => join(run, name))
    .filter((file) => existsSync(file));
  const torn = files.filter((file) => !/(^|\n)$/.test(readRegular(file).toString()));
  const metrics = join(run, 'metrics.jsonl');
  const isWithout = existsSync(join(run, 'encoder', 'encoder.safetensors')) && readJsonLines(metrics).length === 0;
  return [
    ...torn.map((file) => `${file} ends in the middle of a line, which is left out`),
    ...(isWithout ? [`${metrics} holds no epoch, although there is an encoder: its lines are lost`] : []),
  ];
}

function withoutConfig(path: string): string {
  return existsSync(join(path, 'checkpoint'))
    ? `${path}: its config.json is gone; written anew from the checkpoint by: ${tandemCommand()} resume ${shellWord(path)}`
    : `${path}: no config.json in it, so it is no run folder of tandem pretrain`;
}

const classFacts = z.object({
  tandem: z.object({
    classes: z.object({
      count: z.number(),
      first: z.record(z.string(), z.number()),
      majority: z.number(),
      queries: z.number().optional(), // earlier versions did not write it
    }),
  }),
});

/**
 * The classes of the images that a run measured itself on: how many, the first, the majority, and
 * how many images are asked about.
 */
export function classesOf({ config }: RunRecord): z.infer<typeof classFacts>['tandem']['classes'] | undefined {
  return classFacts.safeParse(config).data?.tandem.classes;
}

const imageFacts = z.object({
  images: z.string(),
  tandem: z.object({ folder: z.string().optional(), images: z.object({ sha256: z.string().optional() }).optional() }),
});

/**
 * Tells the images of a run from those of others, however their path was spelled: by their
 * checksum or, where a limit draws some of them by the seed, by their place.
 */
export function imagesKey({ config }: RunRecord): unknown {
  const { data } = imageFacts.safeParse(config);
  if (data === undefined) return config.images;
  const { folder, images } = data.tandem;
  const sha256 = config.limit === undefined ? images?.sha256 : undefined;
  return sha256 ?? placeOf(data.images, folder);
}

/** The number of that name, or undefined where it is missing or no number. */
export function numberIn(record: EpochRecord | undefined, name: string): number | undefined {
  const value = record?.[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The number of that name in each epoch; undefined where it was not measured. */
export function series(run: RunRecord, name: string): (number | undefined)[] {
  return run.metrics.map((record) => numberIn(record, name));
}
