import type { Device } from '@tandem/torch';
import { learnersOf, type Method } from '../methods/method.js';
import type { Moment } from '../step/index.js';
import { clipGradients } from './clip.js';
import type { Plan } from './plan.js';
import { type Recorder, type Recording, recorded } from './replay/recorder.js';
import { Kind } from './replay/trace.js';

/** All that follows the gradients, once the optimizer is set for the step. */
export type Update = (moment: Moment) => void;

/** In the order every method has: gradients changed and clipped, optimizer, state moved. */
export function updateOf(method: Method, { optimizer, clip }: Plan): Update {
  return (moment) => {
    method.beforeStep?.(moment);
    if (clip) for (const network of learnersOf(method)) clipGradients(network.parameters(), clip);
    optimizer.step({}, moment.now);
    method.afterStep?.(moment);
  };
}

/**
 * The update by one call for each step. Steps differ in what they do (CLBO's teacher moves in some,
 * DINO's prototypes stand still in the first epochs): each kind is done as usual once, recorded at
 * its next step, and replayed. It reads the same gradients always, so it is recorded only once
 * those are.
 */
export class ReplayedUpdate {
  readonly #known: { readonly kind: Kind; recording?: Recording }[] = [];

  /** @param record nothing is recorded without it */
  constructor(
    private readonly update: Update,
    private readonly device: Device,
    private readonly record?: Recorder,
  ) {}

  /** @param gradients the recording that makes them, if there is one */
  of(moment: Moment, gradients: Recording | undefined): void {
    const known = this.#known.find(({ kind }) => kind.fits(moment));
    if (!known || !this.record || !gradients) {
      const kind = new Kind(this.device);
      this.update(kind.first(moment));
      if (!known && kind.isTold) this.#known.push({ kind });
      return;
    }
    const { kind } = known;
    kind.tell(moment);
    known.recording ??= recorded(this.record, () => this.update(kind.again(moment)), gradients);
    known.recording.replay();
  }

  dispose(): void {
    for (const { kind, recording } of this.#known) {
      recording?.dispose();
      kind.dispose();
    }
  }
}
