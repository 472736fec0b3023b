import { canRecord, type Device, emptyLike, Graph, leaveDefaultStream, noGrad, type Tensor } from '@tandem/torch';
import { UserError } from '../errors.js';
import { holdLeft, type Moment } from '../teachers/index.js';
import type { Found, Gradients } from './gradients.js';

/** Records work without doing it; each `replay` does all of it on the memory of the recording. `Graph.record` is one. */
export type Recorder = (work: () => void) => Pick<Graph, 'replay' | 'dispose'>;

/** Records CUDA graphs, once this thread's work has left the stream that cannot be recorded. undefined where there are none. */
export function cudaGraphs(device: Device): Recorder | undefined {
  if (!canRecord(device)) return undefined;
  leaveDefaultStream(device);
  return Graph.record;
}

/** Steps before the recording, in which libraries choose their kernels and set up their memory. */
const WARM_UP = 3;

/**
 * Loss and gradients by one call for each step: forward and backward passes are recorded once, after a few steps as usual, and replayed. Views and
 * labels are copied to where the recording reads them. All that comes after the gradients is no part of it and goes on as usual: its numbers change
 * from step to step, and it is few calls. A loss that asks for numbers of the moment, which the recording would hold on to, is never recorded.
 */
export class ReplayedGradients {
  #steps = 0;
  #asks = false;
  #recording: ReturnType<Recorder> | undefined;
  /** What the recording reads: the views, and labels where there are any. */
  #inputs: readonly Tensor[] = [];
  /** What it writes. */
  #found: Found | undefined;
  #gradients: readonly (Tensor | undefined)[] = [];
  #left: readonly Tensor[] = [];

  /** @param parameters all that `gradients` gives gradients to */
  constructor(
    private readonly gradients: Gradients,
    private readonly record: Recorder,
    private readonly parameters: readonly Tensor[],
  ) {}

  of(views: readonly Tensor[], moment: Moment): Found {
    if (!this.#recording) {
      if (this.#asks || this.#steps < WARM_UP) {
        this.#steps += 1;
        return this.gradients(views, this.#watched(moment));
      }
      this.#begin(views, moment);
    }
    noGrad(() => inputsOf(views, moment).forEach((x, i) => void this.#inputs[i]?.copy_(x)));
    this.#recording?.replay();
    // Others may have taken gradients away, or given one where the loss has none.
    this.parameters.forEach((x, i) => {
      x.grad = this.#gradients[i] ?? null;
    });
    return this.#found as Found;
  }

  dispose(): void {
    this.#recording?.dispose();
    for (const x of this.#inputs) x.dispose();
    this.#forget();
  }

  #begin(views: readonly Tensor[], moment: Moment): void {
    this.#inputs = noGrad(() => inputsOf(views, moment).map((x) => emptyLike(x).keep()));
    const own = this.#inputs.slice(0, views.length);
    const labels = this.#inputs[views.length];
    const then = this.#watched(labels ? { ...moment, labels } : moment);
    const work = () => {
      const { result, left } = holdLeft(() => this.gradients(own, then));
      this.#forget();
      this.#left = left;
      const { loss, terms } = result;
      const kept = (x: Tensor) => x.detach().keep();
      this.#found = {
        loss: kept(loss),
        ...(terms && { terms: Object.fromEntries(Object.entries(terms).map(([name, x]) => [name, kept(x)])) }),
      };
      this.#gradients = this.parameters.map(({ grad }) => grad?.keep());
      if (this.#asks) throw new Error('the loss asks for a number that it had not asked for before');
    };
    try {
      this.#recording = this.record(work);
    } catch (error) {
      throw new UserError(`a step could not be recorded: ${(error as Error).message}; set graph=off`);
    }
  }

  #forget(): void {
    const { loss, terms = {} } = this.#found ?? {};
    for (const x of [loss, ...Object.values(terms), ...this.#gradients, ...this.#left]) x?.dispose();
  }

  #watched(moment: Moment): Moment {
    return new Proxy(moment, {
      get: (target, key) => {
        this.#asks ||= key !== 'labels';
        return Reflect.get(target, key) as unknown;
      },
    });
  }
}

function inputsOf(views: readonly Tensor[], { labels }: Moment): Tensor[] {
  return labels ? [...views, labels] : [...views];
}
