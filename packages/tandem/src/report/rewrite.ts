import { defined } from '../defined.js';
import { chooseDevice } from '../device.js';
import { UserError } from '../errors.js';
import type { JobHooks, Opening } from '../evaluate/index.js';
import { cropMargin, type DataSet, openImages, parseRange, TooManySkippedError } from '../images/index.js';
import { findEncoder, numberIn, ownImages, type RunRecord, readRun } from '../runs/index.js';
import { writeReport } from './write.js';

/** Where the images of a run are now, and what its report shows. */
export interface RewriteOptions extends Omit<Opening, 'limit'> {
  /** The run's images, where they are not any more where its config.json says. */
  readonly images?: string | undefined;
  /** Whether to look for nearest neighbours and show them; defaults to true. Needs the images. */
  readonly pictures?: boolean | undefined;
  /** Whether k-NN of raw pixels and an untrained network is measured too; defaults to false. */
  readonly baselines?: boolean | undefined;
  /** Defaults to `auto`, the best there is. */
  readonly device?: string | undefined;
}

/**
 * Makes the `report.html` of a run anew.
 * @returns its path
 * @throws UserError when the folder is no run, a file in it is damaged, or the images that pictures
 * are made of cannot be opened
 */
export async function rewriteReport(run: string, options: RewriteOptions = {}, hooks: JobHooks = {}): Promise<string> {
  const device = chooseDevice(options.device ?? 'auto');
  const { config, lost = [] } = readRun(run);
  for (const line of lost) hooks.onNote?.(line);
  if (options.pictures === false) return writeReport(run);
  findEncoder(run);
  const data = await openOwn(run, config, options, hooks);
  const onProgress = (done: number, total: number) => hooks.onProgress?.(done, total, 'neighbours');
  return writeReport(run, { pictures: { data, device, onProgress, baselines: options.baselines } });
}

/** The images that a run learned from, as it saw them. */
async function openOwn(
  run: string,
  config: RunRecord['config'],
  { images = String(config.images), dataRoot, maxSkippedShare, cache }: RewriteOptions,
  { onProgress, signal }: JobHooks,
): Promise<DataSet> {
  const settings = {
    ...{ size: numberIn(config, 'size'), channels: numberIn(config, 'channels'), bits: numberIn(config, 'bits') },
    ...{ limit: numberIn(config, 'limit'), seed: numberIn(config, 'seed') },
    range: typeof config.range === 'string' ? parseRange(config.range) : undefined,
  };
  try {
    return await openImages(images, {
      // Images given in their place are the same, elsewhere.
      ...ownImages(run)?.opening,
      ...defined({ dataRoot, maxSkippedShare, cache, ...settings }),
      margin: cropMargin,
      onProgress,
      signal,
    });
  } catch (error) {
    if (!(error instanceof UserError) || error instanceof TooManySkippedError) throw error;
    throw new UserError(`${error.message} Give --images <images> where they are, or --no-pictures`);
  }
}
