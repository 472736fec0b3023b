import { type Device, empty, noGrad, type Tensor, upload } from 'tandem-torch';
import { allRows, type StepContext, type StepData, type StepInfo } from '../../step/index.js';

type NumbersOf = (step: StepInfo) => readonly number[];

/**
 * What the work of a step asks its context for, in order: numbers, branches, and what the host does
 * in between. Work is done once in the context that `capture` gives. In each later step that
 * `matches`, `write` puts its numbers where the work finds them, and the work is done in the
 * context that `replay` gives, or a graph of that is replayed.
 */
export class StepTrace {
  readonly #device: Device;
  /** Which way each branch went. */
  readonly #branches: { readonly of: (step: StepInfo) => boolean; readonly taken: boolean }[] = [];
  readonly #inputs: { readonly of: NumbersOf; readonly length: number }[] = [];
  #isComplete = true;
  /** All numbers of a step, on the device, and the part of each input. */
  #memory: Tensor | undefined;
  #parts: readonly Tensor[] = [];

  constructor(device: Device) {
    this.#device = device;
  }

  /** Whether the work asked for all that it depends on, and did not read the step's numbers. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Whether other steps may take other branches. */
  get hasBranches(): boolean {
    return this.#branches.length > 0;
  }

  /** Whether a step takes the branches that were captured. */
  matches(step: StepInfo): boolean {
    return this.#isComplete && this.#branches.every(({ of, taken }) => of(step) === taken);
  }

  /** For work that is done the first time: what it asks for is remembered. */
  capture(step: StepData): StepContext {
    const { info } = step;
    const ask = (of: NumbersOf) => {
      const values = of(info);
      this.#inputs.push({ of, length: values.length });
      return values;
    };
    return tracedContext(step, {
      scalars: (of) => send(ask(of), this.#device),
      branch: (of) => {
        const taken = of(info);
        this.#branches.push({ of, taken });
        return taken;
      },
      host: (work) => void ask(noNumbersOf(work)),
      onInfo: () => {
        this.#isComplete = false;
      },
    });
  }

  /** Does the host's part of a step and sends all of its numbers to the device at once. */
  write(step: StepInfo): void {
    const values = this.#inputs.flatMap(({ of }) => [...of(step)]);
    if (values.length === 0) return;
    noGrad(() => {
      if (!this.#memory) {
        this.#memory = empty([values.length], { dtype: 'float32', device: this.#device }).keep();
        const parts = this.#memory.splitWithSizes(this.#inputs.map(({ length }) => length));
        this.#parts = parts.map((part) => part.keep());
      }
      this.#memory.copy_(send(values, this.#device));
    });
  }

  /**
   * For work that is done once more, or captured in a graph: it finds the numbers that were
   * written. Work that asks for more than the first time gets an Error.
   */
  replay(step: StepData): StepContext {
    let [inputs, branches] = [0, 0];
    const refuse = () => {
      throw new Error('it asks for what it had not asked for before');
    };
    return tracedContext(step, {
      scalars: () => this.#parts[inputs++] ?? refuse(),
      branch: () => this.#branches[branches++]?.taken ?? refuse(),
      host: () => {
        inputs += 1;
      },
      onInfo: refuse,
    });
  }

  dispose(): void {
    for (const x of [...this.#parts, ...(this.#memory ? [this.#memory] : [])]) x.dispose();
  }
}

interface Answers {
  scalars(of: NumbersOf): Tensor;
  branch(of: (step: StepInfo) => boolean): boolean;
  host(work: () => void): void;
  /** Called when the step's numbers are read. */
  onInfo(): void;
}

function tracedContext(step: StepData, { scalars, branch, host, onInfo }: Answers): StepContext {
  const { labels, stash, rows = allRows } = step;
  const context: StepContext = {
    labels,
    stash,
    ...rows,
    scalar: (of) => scalars((info) => [of(info)]).select(0, 0),
    scalars,
    branch,
    indices: (of) => scalars((info) => Array.from(of(info))).to('int64'),
    host,
    resetMomentum: () => step.resetMomentum(context),
    get info() {
      onInfo();
      return step.info;
    },
  };
  return context;
}

function send(values: readonly number[], device: Device): Tensor {
  return upload(Float32Array.from(values), [values.length], device);
}

/** What the host does, as an input of no numbers. */
function noNumbersOf(work: () => void): NumbersOf {
  return () => {
    work();
    return [];
  };
}
