import type { Plan, PlannedRun, PlannedStudy } from '../plan.js';

/**
 * How large the runs of a study were, in a sentence: it stands under every table and figure, since
 * a number without its scale says nothing.
 */
export function captionOf({ cells, seeds }: PlannedStudy, { scale }: Plan): string {
  const runs = cells.flatMap(({ runs }) => runs.map(({ config }) => config));
  const range = (values: readonly (number | undefined)[], all: string) => {
    const known = [...new Set(values.map((value) => value ?? all))];
    const numbers = known.filter((value) => typeof value === 'number').sort((a, b) => a - b);
    if (numbers.length === 0) return all;
    const [low, high] = [numbers[0] as number, numbers.at(-1) as number];
    return low === high ? count(low) : `${count(low)} to ${count(high)}`;
  };
  const networks = [...new Set(cells.flatMap(({ runs: all }) => all.map(networkOf)))];
  const parts = [
    `${range(
      runs.map(({ data }) => data.limit),
      'all',
    )} images`,
    withUnit(
      range(
        runs.map(({ training }) => training.epochs),
        '',
      ),
      'epoch',
    ),
    networks.slice(0, 3).join(', ') + (networks.length > 3 ? ' and others' : ''),
    [...new Set(runs.map(({ execution }) => execution.precision))].join(' and '),
    withUnit(String(seeds.length), 'seed'),
  ];
  const small = scale.name === 'full' ? '' : ' A study of this size decides nothing about the paper.';
  return `Scale ${scale.name}: ${parts.join(', ')}.${small}`;
}

/** Of a run that starts from another one's network, that one's. */
function networkOf({ config: { network }, needs }: PlannedRun): string {
  if (needs.from) return networkOf(needs.from);
  return `${network.backbone}${network.width ? ` of width ${network.width}` : ''}`;
}

const withUnit = (number: string, unit: string) => `${number} ${unit}${number === '1' ? '' : 's'}`;
const count = (n: number) => n.toLocaleString('en');
