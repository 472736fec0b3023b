import { type Device, emptyLike, noGrad, type Tensor } from '@tandem/torch';
import { holdLeft, type Moment } from '../../step/index.js';
import type { Found, Gradients } from '../gradients.js';
import { type Recorder, type Recording, recorded } from './recorder.js';
import { Kind } from './trace.js';

/** Steps before the recording, in which libraries choose their kernels and set up their memory. */
const WARM_UP = 3;

/**
 * Loss and gradients by one call for each step: forward and backward passes are recorded once,
 * after a few steps as usual, and replayed. Views and labels are copied to where the recording
 * reads them. A loss that depends on the moment otherwise than by numbers it asks for is never
 * recorded.
 */
export class ReplayedGradients {
  #steps = 0;
  /** What the loss asked for in the step before. */
  #kind: Kind | undefined;
  #recording: Recording | undefined;
  /** What the recording reads: the views, and labels where there are any. */
  #inputs: readonly Tensor[] = [];
  /** What it writes. */
  #found: Found | undefined;
  #gradients: readonly (Tensor | undefined)[] = [];
  #left: readonly Tensor[] = [];

  /**
   * @param parameters all that `gradients` gives gradients to
   * @param record nothing is recorded without it
   */
  constructor(
    private readonly gradients: Gradients,
    private readonly parameters: readonly Tensor[],
    private readonly device: Device,
    private readonly record?: Recorder,
  ) {}

  /** There once gradients, and what the loss left, lie where they will lie in all later steps. */
  get recording(): Recording | undefined {
    return this.#recording;
  }

  of(views: readonly Tensor[], moment: Moment): Found {
    const known = this.#kind?.isTold && !this.#kind.hasChoices ? this.#kind : undefined;
    if (!this.record || !known || this.#steps < WARM_UP) {
      this.#steps += 1;
      this.#kind = new Kind(this.device);
      return this.gradients(views, this.#kind.first(moment));
    }
    known.tell(moment);
    const inputs = inputsOf(views, moment);
    noGrad(() => {
      if (!this.#recording) this.#inputs = inputs.map((x) => emptyLike(x).keep());
      inputs.forEach((x, i) => void this.#inputs[i]?.copy_(x));
    });
    this.#recording ??= this.#recorded(this.record, known, views.length, moment);
    this.#recording.replay();
    // Others may have taken gradients away, or given one where the loss has none.
    this.parameters.forEach((x, i) => {
      x.grad = this.#gradients[i] ?? null;
    });
    return this.#found as Found;
  }

  dispose(): void {
    this.#recording?.dispose();
    this.#kind?.dispose();
    for (const x of this.#inputs) x.dispose();
    this.#forget();
  }

  #recorded(record: Recorder, kind: Kind, viewCount: number, moment: Moment): Recording {
    const views = this.#inputs.slice(0, viewCount);
    const labels = this.#inputs[viewCount];
    const work = () => {
      const then = kind.again(labels ? { ...moment, labels } : moment);
      const { result, left } = holdLeft(() => this.gradients(views, then));
      this.#forget();
      this.#left = left;
      const { loss, terms } = result;
      const kept = (x: Tensor) => x.detach().keep();
      this.#found = {
        loss: kept(loss),
        ...(terms && { terms: Object.fromEntries(Object.entries(terms).map(([name, x]) => [name, kept(x)])) }),
      };
      this.#gradients = this.parameters.map(({ grad }) => grad?.keep());
    };
    return recorded(record, work);
  }

  #forget(): void {
    const { loss, terms = {} } = this.#found ?? {};
    for (const x of [loss, ...Object.values(terms), ...this.#gradients, ...this.#left]) x?.dispose();
  }
}

function inputsOf(views: readonly Tensor[], { labels }: Moment): Tensor[] {
  return labels ? [...views, labels] : [...views];
}
