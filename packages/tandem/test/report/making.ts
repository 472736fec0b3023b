import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunRecord } from '../../src/runs/run-record.js';

/** What a run of these tests is made of; the rest is as in a healthy run of six epochs. */
export interface Making {
  readonly config?: object;
  readonly metrics?: readonly object[];
  readonly skipped?: readonly object[];
  readonly evaluations?: RunRecord['evaluations'];
}

const config = {
  images: 'pictures',
  method: 'clbo',
  backbone: 'resnet8',
  width: 16,
  epochs: 6,
  lr: 0.06,
  seed: 0,
  size: 32,
  projLayers: 2,
  projDim: 64,
  tandem: { version: '0.1.0', libtorch: '1.13.0', threads: 2 },
};

/** The numbers of a run that learns. */
export function healthy(epochs = 6): Record<string, number>[] {
  return Array.from({ length: epochs }, (_, i) => ({
    epoch: i + 1,
    step: 10 * (i + 1),
    imagesSeen: 100 * (i + 1),
    lr: 0.06 * (1 - i / epochs),
    loss: 5 - i / epochs,
    lambda: 1e-4 * (i + 1),
    distance: 1 + i / 10,
    embeddingStd: 0.11 + i / 1000,
    effectiveRank: 20 + i,
    knnStudent: 0.5 + i / 20,
    knnTeacher: 0.45 + i / 20,
    imagesPerSecond: 300 + i,
    seconds: 8 * (i + 1),
  }));
}

/** A run as it is read. */
export function record({ metrics = healthy(), ...rest }: Making = {}, path = 'runs/one'): RunRecord {
  return {
    path,
    name: path.split('/').at(-1) ?? path,
    config: { ...config, ...rest.config },
    metrics: metrics as RunRecord['metrics'],
    skipped: (rest.skipped ?? []) as RunRecord['skipped'],
    evaluations: rest.evaluations ?? [],
  };
}

/** The same on disk, without encoders. @returns its path */
export function runFolder(path: string, making: Making = {}): string {
  const run = record(making, path);
  const lines = (entries: readonly object[]) => entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  mkdirSync(join(path, 'encoder'), { recursive: true });
  writeFileSync(join(path, 'config.json'), JSON.stringify(run.config));
  writeFileSync(join(path, 'metrics.jsonl'), lines(run.metrics));
  if (run.skipped.length > 0) writeFileSync(join(path, 'skipped.jsonl'), lines(run.skipped));
  if (run.evaluations.length > 0) writeFileSync(join(path, 'evaluations.jsonl'), lines(run.evaluations));
  return path;
}
