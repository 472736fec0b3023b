import { setImmediate } from 'node:timers/promises';
import { cropMargin, type DataSet, openImages, parseRange } from '../images/index.js';
import type { RunConfig } from './config/options.js';
import type { LoadingOptions } from './following.js';

/** The images of a configuration. @throws UserError, or the signal's reason */
export async function loadImages(
  {
    data: { images, maxSkipped, range, streamCache, mean: _mean, std: _std, ...opening },
    execution: { seed },
  }: RunConfig,
  { signal, onLoading, source }: LoadingOptions,
): Promise<DataSet> {
  const data = await openImages(source ?? images, {
    ...opening,
    seed,
    margin: cropMargin,
    ...(streamCache !== undefined && { streamCache: Math.ceil(streamCache * 2 ** 30) }),
    range: range === undefined ? undefined : parseRange(range),
    maxSkippedShare: maxSkipped,
    signal,
    onProgress: onLoading,
  });
  await setImmediate();
  signal?.throwIfAborted();
  return data;
}
