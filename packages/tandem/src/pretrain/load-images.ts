import { setImmediate } from 'node:timers/promises';
import type { distributed } from 'tandem-torch';
import { collectGarbage } from '../collect-garbage.js';
import { cropMargin, type DataSet, openImages, parseRange } from '../images/index.js';
import type { RunConfig } from './config/options.js';
import type { LoadingOptions } from './following.js';

/** What is asked of a group: who is on which host. */
type Company = Pick<distributed.ProcessGroup, 'rank' | 'members'>;

/** Bytes of images that each of several processes of a host holds by itself. */
const ownBytes = 2 ** 24;

/** The images of a configuration. @throws UserError, or the signal's reason */
export async function loadImages(
  {
    data: { images, maxSkipped, range, streamCache, mean: _mean, std: _std, ...opening },
    execution: { seed },
  }: RunConfig,
  { signal, onLoading, source, group }: Omit<LoadingOptions, 'group'> & { readonly group?: Company | undefined },
): Promise<DataSet> {
  const data = await openImages(source ?? images, {
    ...opening,
    seed,
    ...(hasCompany(group) && { memory: ownBytes }),
    margin: cropMargin,
    ...(streamCache !== undefined && { streamCache: Math.ceil(streamCache * 2 ** 30) }),
    range: range === undefined ? undefined : parseRange(range),
    maxSkippedShare: maxSkipped,
    signal,
    onProgress: onLoading,
  });
  await setImmediate();
  signal?.throwIfAborted();
  if (hasCompany(group)) collectGarbage(); // what went to the cache still lies in memory
  return data;
}

/** Whether another process of the group is on this host: the two share a file of the cache then. */
function hasCompany(group: Company | undefined): boolean {
  const hosts = group?.members.map(({ host }) => host) ?? [];
  return hosts.filter((host) => host === hosts[group?.rank ?? 0]).length > 1;
}
