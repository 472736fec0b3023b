import type { Device } from 'tandem-torch';
import type { StepData } from '../../step/index.js';
import type { Update } from '../update.js';
import { type Capture, type CapturedGraph, captured } from './capture.js';
import { StepTrace } from './trace.js';

/**
 * The update by one call for each step. Steps differ in the branches that they take (CLBO's teacher
 * moves in some, DINO's prototypes stand still in the first epochs): the update is done as usual at
 * the first step of each kind, captured at the next, and replayed. It always reads the same
 * gradients, so it is captured only once those are.
 */
export class ReplayedUpdate {
  readonly #update: Update;
  readonly #device: Device;
  readonly #capture: Capture | undefined;
  readonly #known: { readonly trace: StepTrace; graph?: CapturedGraph }[] = [];

  /** @param capture nothing is captured without it */
  constructor(update: Update, device: Device, capture?: Capture) {
    this.#update = update;
    this.#device = device;
    this.#capture = capture;
  }

  /** @param gradients the graph that makes them, if there is one */
  of(step: StepData, gradients: CapturedGraph | undefined): void {
    const known = this.#known.find(({ trace }) => trace.matches(step.info));
    if (!known || !this.#capture || !gradients) {
      const trace = new StepTrace(this.#device);
      this.#update(trace.capture(step));
      if (!known && trace.isComplete) this.#known.push({ trace });
      return;
    }
    const { trace } = known;
    trace.write(step.info);
    known.graph ??= captured(this.#capture, () => this.#update(trace.replay(step)), gradients);
    known.graph.replay();
  }

  dispose(): void {
    for (const { graph, trace } of this.#known) {
      graph?.dispose();
      trace.dispose();
    }
  }
}
