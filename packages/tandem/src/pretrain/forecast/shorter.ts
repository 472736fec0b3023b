import { freemem } from 'node:os';
import { shownBytes } from '../../errors.js';
import type { AssembledRun } from '../run.js';
import type { Change, MemoryFacts, RunTime } from './facts.js';
import { isGivenNetwork, type NetworkChange, possibleShape, shapeOf } from './shape.js';

/** What takes longer than this is long, in seconds. */
export const long = 3600;

/** A change is worth naming where it leaves no more than this share of the time. */
const worthwhile = 0.8;

/**
 * Settings that make a long run shorter, one at a time: epochs to an hour's worth, and smaller
 * networks and images, whose time goes with their operations.
 */
export function shorterWays(run: AssembledRun, { epoch, all }: RunTime): Change[] {
  if (all <= long) return [];
  const epochs = Math.max(Math.floor(long / epoch), 1);
  const fewer = epochs < run.plan.epochs ? [{ setting: `--epochs ${epochs}`, all: epochs * epoch }] : [];
  return [...fewer, ...smallerNetworks(run, all)];
}

function smallerNetworks({ config, card: { architecture, size } }: AssembledRun, all: number): Change[] {
  if (isGivenNetwork(config)) return [];
  const { channels, stem, width } = architecture;
  const now = shapeOf(config, { size, channels });
  const half = Math.floor(width / 2);
  const smaller = [64, 48, 32].find((one) => one <= 0.75 * size);
  const changes: [setting: string, change: NetworkChange, size: number][] = [
    [`width=${half}`, { width: half }, size],
    ...(stem === 'small' ? [['stem=strided', { stem: 'strided' }, size] as [string, NetworkChange, number]] : []),
    ...(smaller === undefined ? [] : [[`size=${smaller}`, {}, smaller] as [string, NetworkChange, number]]),
  ];
  return changes.flatMap(([setting, change, side]) => {
    const then = possibleShape(config, { size: side, channels }, change);
    const share = then ? then.macs / now.macs : 1;
    return share <= worthwhile ? [{ setting, all: share * all }] : [];
  });
}

/** What to do about a step that needs more memory than is free, in words. */
export function memoryAdvice({ total, activations }: MemoryFacts, batch: number, free = freemem()): string | undefined {
  if (total <= free) return undefined;
  const rest = total - activations;
  const fits = Math.floor(Math.log2((batch * (free - rest)) / activations));
  const cure = fits >= 3 ? `give --batch ${2 ** fits}, or a smaller width or size` : 'give a smaller width or size';
  return `a step holds about ${shownBytes(total)}, and ${shownBytes(free)} are free: ${cure}`;
}
