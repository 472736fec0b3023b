import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Provenance, Quality } from '../../export/index.js';
import { DATA_SETS } from '../../images/index.js';
import { numberIn, type RunRecord, readRun } from '../../runs/index.js';
import type { Subject } from './encoders.js';

/** What a run tells of its encoder. Of a file alone nothing is known. @param out names the model */
export function provenanceOf(runOrFile: string, subject: Subject, out: string): Provenance {
  const name = basename(resolve(out));
  if (!statSync(runOrFile).isDirectory()) return { name, quality: [] };
  const run = readRun(runOrFile);
  // Places on this machine mean nothing elsewhere.
  const { tandem: _machine, dataRoot: _root, cache: _cache, initFrom, from: _from, ...config } = run.config;
  const { method, images } = config as { method?: string; images?: string };
  const named = images === undefined ? undefined : publicName(images);
  return {
    name,
    ...(method !== undefined && { method }),
    ...(named !== undefined && { images: named }),
    settings: {
      ...config,
      ...(named !== undefined && { images: named }),
      ...(typeof initFrom === 'string' && { initFrom: publicName(initFrom) }),
    },
    quality: qualityOf(run, subject.name),
  };
}

/** How a run opens its images, by the names of its settings. */
export interface OwnSettings {
  readonly maxSkipped?: number;
  readonly cache?: string;
  readonly dataRoot?: string;
}

/** A run's images; of a file alone nothing is known. */
export function imagesOf(runOrFile: string): ({ readonly where: string } & OwnSettings) | undefined {
  if (!statSync(runOrFile).isDirectory() || !existsSync(join(runOrFile, 'config.json'))) return undefined;
  const { images, maxSkipped, cache, dataRoot } = readRun(runOrFile).config;
  if (typeof images !== 'string') return undefined;
  return {
    where: images,
    ...(typeof maxSkipped === 'number' && { maxSkipped }),
    ...(typeof cache === 'string' && { cache }),
    ...(typeof dataRoot === 'string' && { dataRoot }),
  };
}

/**
 * How a run opens these images, where they are its own: what it cached is found again, what it
 * tolerated is tolerated.
 */
export function ownSettings(runOrFile: string, where: string): OwnSettings | undefined {
  const own = imagesOf(runOrFile);
  if (own === undefined || placeOf(own.where) !== placeOf(where)) return undefined;
  const { where: _, ...settings } = own;
  return settings;
}

function placeOf(images: string): string {
  if (DATA_SETS.includes(images)) return images;
  return existsSync(images) ? realpathSync(images) : resolve(images);
}

/** A data set's name, or the last part of a path. */
export function publicName(images: string): string {
  return DATA_SETS.includes(images) ? images : basename(resolve(images));
}

/**
 * What was measured of one of a run's encoders, each protocol once, and k-NN from its training
 * where nothing was.
 */
function qualityOf(run: RunRecord, which: Subject['name']): Quality[] {
  const latest = new Map<string, Quality>();
  const last = run.metrics.at(-1);
  const lastEpoch = numberIn(last, 'epoch');
  for (const { encoder, epoch, protocol, images, settings, result } of run.evaluations) {
    const { accuracy } = result;
    // What was measured of an earlier epoch is not this encoder's.
    if (encoder !== which || typeof accuracy !== 'number' || (epoch ?? lastEpoch) !== lastEpoch) continue;
    const words = Object.entries(settings).map(
      ([key, value]) => `${key} ${typeof value === 'object' ? JSON.stringify(value) : value}`,
    );
    const one = { protocol, images: publicName(images), settings: words.join(', '), accuracy };
    latest.set(`${protocol}\n${one.images}\n${one.settings}`, one);
  }
  const trained = numberIn(last, which === 'student' ? 'knnStudent' : 'knnTeacher');
  if (latest.size > 0 || trained === undefined) return [...latest.values()];
  const settings = `k 1, after epoch ${numberIn(last, 'epoch')}`;
  return [{ protocol: 'k-NN', images: publicName(String(run.config.images)), settings, accuracy: trained }];
}
