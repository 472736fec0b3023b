import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { dataSets } from '../images/index.js';
import {
  classesOf,
  knnColumn,
  numberIn,
  type OpenedEncoder,
  type RunRecord,
  readRun,
  settingWord,
} from '../runs/index.js';
import type { Provenance, Quality } from './model-card.js';

/**
 * What a run says of one of its encoders; of a file alone nothing is known.
 * @param out the folder that is written, which names the model
 */
export function provenanceOf(runOrFile: string, encoder: OpenedEncoder['name'], out: string): Provenance {
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
    quality: qualityOf(run, encoder),
    lost: run.lost ?? [],
  };
}

/** A data set's name, or the last part of a path. */
export function publicName(images: string): string {
  return dataSets.includes(images) ? images : basename(resolve(images));
}

/**
 * What was measured of one of a run's encoders, each protocol once, and k-NN from its training
 * where nothing was.
 */
function qualityOf(run: RunRecord, which: OpenedEncoder['name']): Quality[] {
  const latest = new Map<string, Quality>();
  const last = run.metrics.at(-1);
  const lastEpoch = numberIn(last, 'epoch');
  for (const { encoder, epoch, protocol, images, settings, result } of run.evaluations) {
    const { accuracy } = result;
    // What was measured of an earlier epoch is not this encoder's.
    if (encoder !== which || typeof accuracy !== 'number' || (epoch ?? lastEpoch) !== lastEpoch) continue;
    const words = Object.entries(settings).map(
      ([key, value]) => `${settingWord(key)} ${typeof value === 'object' ? JSON.stringify(value) : value}`,
    );
    const one = {
      protocol,
      images: publicName(images),
      settings: words.join(', '),
      accuracy,
      majority: numberIn(result, 'majority'),
    };
    latest.set(`${protocol}\n${one.images}\n${one.settings}`, one);
  }
  const trained = which === 'encoder' ? numberIn(last, 'knnTeacher') : numberIn(last, knnColumn(which));
  if (latest.size > 0 || trained === undefined) return [...latest.values()];
  const settings = `k 1, after epoch ${numberIn(last, 'epoch')}`;
  return [
    {
      protocol: 'k-NN',
      images: publicName(String(run.config.images)),
      settings,
      accuracy: trained,
      majority: numberIn(classesOf(run), 'majority'),
    },
  ];
}
