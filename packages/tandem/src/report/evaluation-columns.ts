import { type Evaluation, settingWord } from '../runs/evaluations.js';
import { numberIn, type RunRecord } from '../runs/run-record.js';

/**
 * Evaluations of one encoder by one protocol with the same settings: the numbers of this column can
 * be compared.
 */
export interface EvaluationColumn {
  /** Its heading. */
  readonly name: string;
  /** The run's accuracy; the mean where it was measured with several seeds. */
  accuracyOf(run: RunRecord): number | undefined;
}

/**
 * Accuracies of each run by the evaluation's own seed; a later one takes the place of an earlier.
 */
type Values = Map<RunRecord, Map<unknown, number>>;

/** One column for each way in which the runs' encoders, as they are now, were evaluated. */
export function columnsOf(runs: readonly RunRecord[]): { columns: EvaluationColumn[]; remarks: string[] } {
  const remarks = new Set<string>();
  const found = new Map<string, { example: Evaluation; values: Values }>();
  for (const run of runs) {
    const now = numberIn(run.metrics.at(-1), 'epoch');
    for (const one of run.evaluations) {
      const accuracy = numberIn(one.result, 'accuracy');
      if (accuracy === undefined) continue;
      if (one.epoch !== now) {
        remarks.add(
          `${run.path}: ${one.protocol} of epoch ${one.epoch ?? 0} is left out, the run is at epoch ${now ?? 0}.`,
        );
        continue;
      }
      const key = JSON.stringify([way(one), one.encoder]);
      const column = found.get(key) ?? { example: one, values: new Map() };
      const own = column.values.get(run) ?? new Map();
      column.values.set(run, own.set(one.settings.seed, accuracy));
      found.set(key, column);
    }
  }
  const examples = [...found.values()].map(({ example }) => example);
  const columns = [...found.values()].map(({ example, values }) => ({
    name: nameOf(
      example,
      examples.filter(({ protocol }) => protocol === example.protocol),
    ),
    accuracyOf: (run: RunRecord) => mean([...(values.get(run)?.values() ?? [])]),
  }));
  for (const [protocol, count] of waysOf(examples)) {
    const names = differing(examples.filter((one) => one.protocol === protocol))
      .map(settingWord)
      .join(', ');
    remarks.add(
      `${protocol} was measured in ${count} ways that cannot be compared (${names} differ): each has a column of its own.`,
    );
  }
  return { columns: columns.sort((a, b) => (a.name < b.name ? -1 : 1)), remarks: [...remarks] };
}

/** All that must be equal for two accuracies to be compared. */
function way(one: Evaluation): [string, string, string, [string, unknown][]] {
  const { command, protocol, settings } = one;
  const chosen = Object.entries(settings).filter(([name]) => name !== 'seed');
  return [command, protocol, placeIn(one), chosen.sort(([a], [b]) => (a < b ? -1 : 1))];
}

const placeIn = ({ images, place = images }: Evaluation) => place;

/**
 * The protocol, what differs from others of that name, and the encoder:
 * `linear (features) epochs=10 teacher`.
 */
function nameOf(one: Evaluation, all: readonly Evaluation[]): string {
  const own: Record<string, unknown> = { ...one.settings, images: one.images };
  const named = differing(all).filter((name) => own[name] !== undefined);
  const shown = named.map((name) => `${settingWord(name)}=${own[name]}`);
  return [one.protocol, ...shown, one.encoder].join(' ');
}

/** What is not the same in all of them: the images, or settings by name. */
function differing(all: readonly Evaluation[]): string[] {
  const facts = all.map(
    (one): Record<string, unknown> => ({ command: one.command, images: placeIn(one), ...one.settings }),
  );
  const names = new Set(facts.flatMap(Object.keys));
  names.delete('seed');
  return [...names].filter((name) => new Set(facts.map((own) => JSON.stringify(own[name]))).size > 1);
}

function waysOf(all: readonly Evaluation[]): [protocol: string, count: number][] {
  const ways = new Map<string, Set<string>>();
  for (const one of all) ways.set(one.protocol, (ways.get(one.protocol) ?? new Set()).add(JSON.stringify(way(one))));
  return [...ways].map(([protocol, set]): [string, number] => [protocol, set.size]).filter(([, count]) => count > 1);
}

/** Of several seeds of one evaluation the mean counts. */
function mean(values: readonly number[]): number | undefined {
  return values.length ? values.reduce((sum, x) => sum + x, 0) / values.length : undefined;
}
