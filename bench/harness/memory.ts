import { existsSync, readFileSync } from 'node:fs';

/** All that this process ever held; Linux's `maxRSS` begins with what the parent held. */
export function peakMiB(): number {
  const status = '/proc/self/status';
  const high = existsSync(status) && /VmHWM:\s+(\d+) kB/.exec(readFileSync(status, 'utf8'))?.[1];
  return (high ? Number(high) : process.resourceUsage().maxRSS) / 1024;
}

/** What it holds: pages that several processes have are counted in parts, as Linux does. */
export function proportionalMiB(): number {
  const rollup = '/proc/self/smaps_rollup';
  return existsSync(rollup) ? Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(rollup, 'utf8'))?.[1]) / 1024 : Number.NaN;
}
