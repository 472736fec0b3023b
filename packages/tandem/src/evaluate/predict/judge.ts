import type { OpenedClassifier } from '../../runs/index.js';
import { type ClassTable, classTable } from '../class-table.js';
import { rankClasses, rowAt } from '../classify.js';
import type { Entry, Journal } from '../embed/journal.js';

/**
 * Compares predictions with the class folders that images lie in, where these are known classes.
 */
export class Judge {
  readonly #classifier: OpenedClassifier;
  readonly #best: number;
  readonly #labels: number[] = [];
  readonly #ranked: number[] = [];
  readonly #scores: Float32Array[] = [];

  constructor(classifier: OpenedClassifier) {
    this.#classifier = classifier;
    this.#best = Math.min(5, classifier.classes.length);
  }

  /** @param entries of images that have a row @param classes that their labels are numbers of */
  add(entries: readonly Entry[], rows: Float32Array, classes: readonly string[] | undefined): void {
    const known = this.#classifier.classes;
    for (const [i, { label }] of entries.entries()) {
      const name = label === undefined ? undefined : classes?.[label];
      const own = name === undefined ? -1 : known.indexOf(name);
      if (own < 0) continue;
      const scores = rowAt(rows, i, known.length);
      this.#labels.push(own);
      this.#ranked.push(...rankClasses(scores, this.#best));
      this.#scores.push(scores.slice());
    }
  }

  /** All rows of a journal. */
  addJournal(journal: Journal): void {
    const { rows, about } = journal;
    let done = 0;
    for (const block of journal.features()) {
      const some = rows.slice(done, done + block.length / about.width);
      this.add(some, block, about.classes);
      done += some.length;
    }
  }

  /** What the predictions so far are worth. */
  verdict(): { readonly labelled: number; readonly result?: ClassTable } {
    const labelled = this.#labels.length;
    if (labelled === 0) return { labelled };
    const { classes, temperature } = this.#classifier;
    const scores = new Float32Array(labelled * classes.length);
    for (const [i, row] of this.#scores.entries()) scores.set(row, i * classes.length);
    const answers = { ranked: Int32Array.from(this.#ranked), best: this.#best, scores };
    return { labelled, result: classTable(answers, Int32Array.from(this.#labels), classes, temperature) };
  }
}
