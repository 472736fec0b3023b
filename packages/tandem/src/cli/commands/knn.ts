import { scope } from '@tandem/torch';
import type { Command } from 'commander';
import { UsageError } from '../../errors.js';
import { accuracy, knnVotes, type Vote } from '../../evaluate/index.js';
import { aboveZero, wholeNumber } from '../shared/arguments.js';
import { baselineScores, type Score, scoreOn, scoreTable } from '../shared/baselines.js';
import type { Subject } from '../shared/encoders.js';
import { type EvaluationFlags, evaluationCommand, featuresOf, type Opened, withOpened } from '../shared/evaluation.js';
import { asJson, keep, type Measured, percent } from '../shared/record.js';

interface Options extends EvaluationFlags {
  k?: number;
  temperature?: number;
  baselines?: true;
}

/** The paper's, and the weighted votes in use elsewhere (MoCo's demo, Wu et al.). */
const usual: readonly Vote[] = [{ k: 1 }, { k: 200, temperature: 0.1 }, { k: 200, temperature: 0.07 }];

/**
 * `tandem knn <run|encoder> <images>`: how good an encoder's features are, by the labels of nearest
 * neighbours.
 */
export function knnCommand(): Command {
  return evaluationCommand('knn', true)
    .option('--k <n>', 'neighbours that vote (default: 1, and 200 where the bank has so many)', wholeNumber('--k'))
    .option(
      '--temperature <t>',
      'for k > 1: a vote counts exp(similarity / t) (default: 0.1)',
      aboveZero('--temperature'),
    )
    .option('--baselines', 'also raw pixels and the same network untrained, with all labels and with 10 a class')
    .action(async (runOrFile: string, images: string, options: Options) => {
      await withOpened('k-NN', [runOrFile, images], options, 'both', (opened) => measure(images, options, opened));
    });
}

function measure(images: string, options: Options, opened: Opened): void {
  const { subjects, bank, queries, device, bar } = opened;
  const votes = votesFor(options, bank.count);
  const [first] = votes as [Vote];
  const scores: Score[] = [];
  if (options.baselines) {
    const { card } = subjects[0] as Subject;
    scores.push(...baselineScores(card, opened, { device, onProgress: bar.update, ...first }));
  }
  const measured = subjects.flatMap((subject, i) =>
    scope(() => {
      const remembered = featuresOf(subject, bank, 'bank', opened);
      const asked = featuresOf(subject, queries, 'queries', opened);
      const predicted = knnVotes(remembered, bank.labels, asked, votes);
      if (options.baselines && i === 0) scores.push(scoreOn('pretrained encoder', [remembered, asked], opened, first));
      return votes.map((vote, v): Measured => {
        const settings = { ...vote, bank: bank.count, queries: queries.count };
        const result = { accuracy: accuracy(predicted[v] as Int32Array, queries.labels) };
        return { subject, protocol: 'k-NN', settings, result };
      });
    }),
  );
  bar.stop();
  if (options.json) console.log(asJson('knn', images, measured, options.baselines ? { scores } : {}));
  else console.log(table(measured, votes, opened).join('\n'));
  if (scores.length > 0 && !options.json) console.log(['', ...scoreTable(scores, bank.count)].join('\n'));
  keep('knn', images, measured, bar);
}

function votesFor({ k, temperature = 0.1 }: Options, bank: number): readonly Vote[] {
  if (k === undefined) return usual.filter((vote) => (vote.k as number) <= bank);
  if (k > bank) throw new UsageError(`--k must be at most ${bank}, the number of labelled images, got ${k}`);
  return [k === 1 ? { k } : { k, temperature }];
}

function table(measured: readonly Measured[], votes: readonly Vote[], { subjects, bank, queries }: Opened): string[] {
  const heads = votes.map(({ k, temperature }) => (k === 1 ? 'k=1' : `k=${k}, T=${temperature}`).padStart(16));
  const rows = subjects.map((subject) => {
    const cells = measured
      .filter((one) => one.subject === subject)
      .map(({ result }) => percent(result.accuracy as number));
    const name = `${subject.name}${subject.kept && subjects.length > 1 ? ' (kept)' : ''}`;
    return name.padEnd(16) + cells.map((cell) => cell.padStart(16)).join('');
  });
  const count = (n: number) => n.toLocaleString('en');
  return [
    `k-NN: ${count(queries.count)} queries, bank of ${count(bank.count)}`,
    ''.padEnd(16) + heads.join(''),
    ...rows,
  ];
}
