import { createHash } from 'node:crypto';
import { type distributed, noGrad, tensor } from 'tandem-torch';
import { UserError } from '../../errors.js';
import { type DataSet, fingerprint } from '../../images/index.js';
import type { FlatConfig } from '../config/options.js';

/**
 * Makes sure that all processes are about to run the same.
 * @throws UserError naming what differs, and where
 */
export function checkSameRun(
  group: distributed.ProcessGroup,
  { settings, data }: { readonly settings: FlatConfig; readonly data: DataSet },
): void {
  // Where a run computes is each process's own matter.
  const { device: _, dataRoot: _root, ...same } = settings;
  compare(group, 'settings', JSON.stringify(same), 'call it with the same words, on hosts of one kind');
  compare(
    group,
    'images',
    `${fingerprint(data.train)} ${data.stream?.fingerprint ?? ''}`,
    'give all hosts the same ones',
  );
}

function compare(group: distributed.ProcessGroup, what: string, own: string, cure: string): void {
  const digest = createHash('sha256').update(own).digest();
  const all = noGrad(() => Array.from(group.allGather(tensor(Array.from(digest), { dtype: 'int64' })).data(), Number));
  const rows = Array.from({ length: group.size }, (_, r) => String(all.slice(32 * r, 32 * r + 32)));
  const other = rows.findIndex((row) => row !== rows[0]);
  if (other < 0) return;
  const [first, second] = [0, other].map((rank) => `process ${rank} on ${group.members[rank]?.host}`);
  throw new UserError(`${second} has other ${what} than ${first}; ${cure}`);
}
