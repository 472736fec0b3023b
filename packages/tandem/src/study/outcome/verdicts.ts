import type { Claim, Comparison, Quantity } from '../definition.js';
import type { Cell } from '../plan.js';
import { holm } from '../statistics/holm.js';
import { testMean } from '../statistics/t-test.js';
import type { BySeed, StudyValues } from './values.js';

/** What one comparison of a claim found. */
export interface ComparisonResult {
  /** What was compared, in words. */
  readonly what: string;
  /** The difference of each seed that both sides have, as a share. */
  readonly differences: readonly number[];
  /** The claimed range of the difference. */
  readonly claimed: { readonly least?: number | undefined; readonly most?: number | undefined };
  readonly mean?: number;
  readonly standardError?: number;
  /** One-sided p that what is claimed holds, and that its contrary does, before correction. */
  readonly holds?: number;
  readonly fails?: number;
  /** Whether the mean is more than two standard errors inside what is claimed, or outside. */
  readonly isBeyondNoise: boolean;
}

/** What became of a claim. */
export interface Verdict {
  readonly id: string;
  readonly says: string;
  readonly verdict: 'confirmed' | 'refuted' | 'not decided';
  /** In a sentence with numbers. */
  readonly reason: string;
  readonly note?: string | undefined;
  readonly comparisons: readonly ComparisonResult[];
}

/** What counts as a finding, after correction. */
const level = 0.05;

/**
 * Whether runs bear a claim out. Each comparison is paired over seeds and tested by Student's t.
 * The claim is confirmed where all of them hold after Holm's correction, and refuted where the
 * contrary of one holds after it; both only for differences of more than two standard errors. What
 * is neither is not decided.
 */
export function judge(claim: Claim, values: StudyValues): Verdict {
  const groups = claim.comparisons.flatMap((comparison) => groupsOf(comparison, values));
  const all = groups.flat();
  const { id, says, note } = claim;
  return { id, says, note, comparisons: all, ...decide(groups, all) };
}

function decide(
  groups: readonly (readonly ComparisonResult[])[],
  all: readonly ComparisonResult[],
): Pick<Verdict, 'verdict' | 'reason'> {
  const tested = all.filter((one) => one.fails !== undefined);
  const fails = holm(tested.map(({ fails = 1 }) => fails));
  const worst = fails.indexOf(Math.min(...fails));
  const against = tested[worst];
  if (against?.isBeyondNoise && (fails[worst] as number) <= level) {
    return { verdict: 'refuted', reason: sentence(against, fails[worst] as number, all.length) };
  }
  const missing = all.length - tested.length;
  if (tested.length === 0) return { verdict: 'not decided', reason: 'Fewer than two seeds of its runs are there.' };
  // Against several rows the nearest decides, so each group counts once.
  const holds = holm(groups.map((group) => Math.max(...group.map(({ holds = 1 }) => holds))));
  const least = holds.indexOf(Math.max(...holds));
  const group = groups[least] as readonly ComparisonResult[];
  const nearest = group.reduce((a, b) => ((b.holds ?? 1) > (a.holds ?? 1) ? b : a));
  const isSure = missing === 0 && (holds[least] as number) <= level && all.every((one) => one.isBeyondNoise);
  const reason = sentence(missing > 0 ? (tested[0] as ComparisonResult) : nearest, holds[least] as number, all.length);
  if (isSure) return { verdict: 'confirmed', reason };
  const note = missing > 0 ? ` ${missing} of ${all.length} comparisons have fewer than two seeds.` : '';
  return { verdict: 'not decided', reason: `${reason}${note}` };
}

function sentence({ what, mean = 0, standardError = 0, differences }: ComparisonResult, p: number, of: number): string {
  const among = of > 1 ? `, the one that decides among ${of} comparisons,` : '';
  const corrected = of > 1 ? ' after correction' : '';
  return `${what}${among} is ${points(mean)} ± ${points(standardError, false)} points over ${differences.length} seeds (p = ${p.toPrecision(2)}${corrected}).`;
}

/** The comparisons of a claim: for each x those against each of the others. */
function groupsOf(comparison: Comparison, values: StudyValues): ComparisonResult[][] {
  const { of, against } = comparison;
  const isOverX = of.take === 'slope' || of.take === 'spread';
  const own = values.xOf(of.row);
  const xs = of.x === undefined && !isOverX ? own : [of.x ?? (own[0] as Cell['x'])];
  const rows = [...new Set(values.cells.map(({ row }) => row))];
  const others = against === 'others' ? rows.filter((row) => row !== of.row) : against;
  return xs.map((x) => {
    const ours = values.quantity(of, x);
    const place = xs.length > 1 || (of.x !== undefined && !isOverX) ? ` at ${x}` : '';
    if (typeof others === 'number')
      return [compared(`${nameOf(of)}${place} less ${points(others, false)}`, ours, others, comparison)];
    return others.map((other) => {
      const quantity: Quantity = typeof other === 'string' ? { ...of, row: other } : other;
      const theirs = values.quantity(quantity, quantity.x ?? x);
      const there = quantity.x === undefined || quantity.x === x ? '' : ` at ${quantity.x}`;
      return compared(`${nameOf(of)}${place} less ${nameOf(quantity, of)}${there}`, ours, theirs, comparison);
    });
  });
}

const takes: Readonly<Record<Quantity['take'], string>> = {
  value: '',
  slope: ', slope',
  spread: ', spread',
  early: ', after a quarter',
  peak: ', peak',
  fall: ', fall from the peak',
};

/** @param first what is named already */
function nameOf({ row, minus, measure, take }: Quantity, first?: Quantity): string {
  const rest = first?.measure === measure && first.take === take ? '' : ` (${measure}${takes[take]})`;
  return `${minus === undefined ? row : `${row} over ${minus}`}${rest}`;
}

function compared(what: string, ours: BySeed, theirs: BySeed | number, { least, most }: Comparison): ComparisonResult {
  const differences = [...ours].flatMap(([seed, value]) => {
    const other = typeof theirs === 'number' ? theirs : theirs.get(seed);
    return other === undefined ? [] : [value - other];
  });
  const base = { what, differences, claimed: { least, most } };
  if (differences.length < 2) return { ...base, isBeyondNoise: false };
  const lower = least === undefined ? undefined : testMean(differences, least);
  const upper = most === undefined ? undefined : testMean(differences, most);
  const { mean, standardError } = testMean(differences, 0);
  return {
    ...base,
    mean,
    standardError,
    holds: Math.max(lower?.above ?? 0, upper?.below ?? 0),
    fails: Math.min(lower?.below ?? 1, upper?.above ?? 1),
    isBeyondNoise: [lower, upper].every((test) => test?.isBeyondNoise ?? true),
  };
}

/** A share in points, with its sign. */
export function points(share: number, signed = true): string {
  const text = (100 * share).toFixed(2);
  return signed && share >= 0 ? `+${text}` : text;
}
