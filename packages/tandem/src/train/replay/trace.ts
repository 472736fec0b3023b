import { type Device, empty, noGrad, type Tensor, upload } from '@tandem/torch';
import type { Moment, MomentNow } from '../../step/index.js';

/**
 * One kind of step: what its work asked of the moment when it was done first, and where in the
 * device's memory it finds the answers later. Work is done once with the moment that `first` gives;
 * then, in each later step that `fits`: `tell`, and the work with the moment that `again` gives, or
 * a recording of that.
 */
export class Kind {
  /** What was chosen, and how. */
  readonly #choices: { readonly of: (moment: Moment) => boolean; readonly made: boolean }[] = [];
  /** Of the numbers that the work asked for, in order, and what the host does in between. */
  readonly #questions: ((moment: Moment) => readonly number[])[] = [];
  readonly #lengths: number[] = [];
  #looked = false;
  #memory: Tensor | undefined;
  /** Parts of the memory, one for each question. */
  #answers: readonly Tensor[] = [];

  constructor(private readonly device: Device) {}

  /** Whether the work asked for all that it depends on, and did not look at the moment itself. */
  get isTold(): boolean {
    return !this.#looked;
  }

  /** Whether there may be other kinds. */
  get hasChoices(): boolean {
    return this.#choices.length > 0;
  }

  /** Whether a step is of this kind. */
  fits(moment: Moment): boolean {
    return this.isTold && this.#choices.every(({ of, made }) => of(moment) === made);
  }

  /** For work that is done the first time: it is told as it asks. */
  first(moment: Moment): Moment {
    const learn = (of: (moment: Moment) => readonly number[]) => {
      const values = of(moment);
      this.#questions.push(of);
      this.#lengths.push(values.length);
      return values;
    };
    const branch = (of: (moment: Moment) => boolean) => {
      const made = of(moment);
      this.#choices.push({ of, made });
      return made;
    };
    const scalars = (of: (moment: Moment) => readonly number[]) => send(learn(of), this.device);
    return seen(moment, { scalars, branch, host: (act) => void learn(doing(act)) }, () => {
      this.#looked = true;
    });
  }

  /**
   * Does the host's part of a step, and sends all of its numbers to where the work reads them, at
   * once.
   */
  tell(moment: Moment): void {
    const values = this.#questions.flatMap((of) => [...of(moment)]);
    if (values.length === 0) return;
    noGrad(() => {
      if (!this.#memory) {
        this.#memory = empty([values.length], { dtype: 'float32', device: this.device }).keep();
        this.#answers = this.#memory.splitWithSizes(this.#lengths).map((part) => part.keep());
      }
      this.#memory.copy_(send(values, this.device));
    });
  }

  /**
   * For work that is done once more, and recorded: it finds its numbers in memory. Asked otherwise
   * than at first, it throws.
   */
  again(moment: Moment): Moment {
    let [asked, chosen] = [0, 0];
    const refuse = () => {
      throw new Error('it asks for what it had not asked for before');
    };
    const scalars = () => this.#answers[asked++] ?? refuse();
    const branch = () => this.#choices[chosen++]?.made ?? refuse();
    const host = () => {
      asked += 1;
    };
    return seen(moment, { scalars, branch, host }, refuse);
  }

  dispose(): void {
    for (const x of [...this.#answers, ...(this.#memory ? [this.#memory] : [])]) x.dispose();
  }
}

function send(values: readonly number[], device: Device): Tensor {
  return upload(Float32Array.from(values), [values.length], device);
}

/** What the host does, as a question without an answer. */
function doing(act: () => void): () => readonly number[] {
  return () => {
    act();
    return [];
  };
}

/** What a recording may read of a moment: these stay the same or are part of it. */
const steady: ReadonlySet<string | symbol> = new Set(['labels', 'now', 'resetMomentum']);

/** A moment that answers by `now`. @param onLook called when anything else that changes is read */
function seen(moment: Moment, { scalars, branch, host }: Omit<MomentNow, 'scalar'>, onLook: () => void): Moment {
  const scalar = (of: (moment: Moment) => number) => scalars((then) => [of(then)]).select(0, 0);
  const now = { scalar, scalars, branch, host };
  return new Proxy({ ...moment, now, resetMomentum: () => moment.resetMomentum(now) } satisfies Moment, {
    get(target, key) {
      if (!steady.has(key)) onLook();
      return Reflect.get(target, key) as unknown;
    },
  });
}
