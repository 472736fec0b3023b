import { type Device, emptyLike, noGrad, type Tensor } from 'tandem-torch';
import type { StepData } from '../../step/index.js';
import type { BatchLoss, Gradients } from '../gradients.js';
import { type Capture, type CapturedGraph, captured } from './capture.js';
import { StepTrace } from './trace.js';

/** Steps before the capture, in which libraries choose their kernels and set up their memory. */
const warmUpSteps = 3;

/**
 * Loss and gradients by one call for each step: forward and backward passes are captured once,
 * after a few steps as usual, and replayed. Views and labels are copied to where the graph reads
 * them. A loss that has branches or reads the step's numbers itself is never captured.
 */
export class ReplayedGradients {
  readonly #compute: Gradients;
  readonly #parameters: readonly Tensor[];
  readonly #device: Device;
  readonly #capture: Capture | undefined;
  #steps = 0;
  /** Of the step before. */
  #trace: StepTrace | undefined;
  #graph: CapturedGraph | undefined;
  /** What the graph reads: the views, and labels where there are any. */
  #inputs: readonly Tensor[] = [];
  /** What it writes. */
  #loss: BatchLoss | undefined;
  #gradients: readonly (Tensor | undefined)[] = [];
  #stashed: readonly Tensor[] = [];

  /**
   * @param parameters all that `gradients` gives gradients to
   * @param capture nothing is captured without it
   */
  constructor(gradients: Gradients, parameters: readonly Tensor[], device: Device, capture?: Capture) {
    this.#compute = gradients;
    this.#parameters = parameters;
    this.#device = device;
    this.#capture = capture;
  }

  /** There once gradients, and what the loss stashed, lie where they lie in all later steps. */
  get graph(): CapturedGraph | undefined {
    return this.#graph;
  }

  of(views: readonly Tensor[], step: StepData): BatchLoss {
    const known = this.#trace?.isComplete && !this.#trace.hasBranches ? this.#trace : undefined;
    if (!this.#capture || !known || this.#steps < warmUpSteps) {
      this.#steps += 1;
      this.#trace = new StepTrace(this.#device);
      return this.#compute(views, this.#trace.capture(step));
    }
    known.write(step.info);
    const inputs = step.labels ? [...views, step.labels] : views;
    noGrad(() => {
      if (!this.#graph) this.#inputs = inputs.map((x) => emptyLike(x).keep());
      inputs.forEach((x, i) => void this.#inputs[i]?.copy_(x));
    });
    this.#graph ??= captured(this.#capture, () => this.#work(known, views.length, step));
    this.#graph.replay();
    // Others may have taken gradients away, or given one where the loss has none.
    this.#parameters.forEach((x, i) => {
      x.grad = this.#gradients[i] ?? null;
    });
    return this.#loss as BatchLoss;
  }

  dispose(): void {
    this.#graph?.dispose();
    this.#trace?.dispose();
    for (const x of this.#inputs) x.dispose();
    this.#forget();
  }

  /** The work that is captured. It keeps what it writes. */
  #work(trace: StepTrace, viewCount: number, step: StepData): void {
    const views = this.#inputs.slice(0, viewCount);
    const context = trace.replay({ ...step, labels: this.#inputs[viewCount] });
    const { loss, terms } = this.#compute(views, context);
    this.#forget();
    this.#stashed = step.stash.tensors.map((x) => x.keep());
    const kept = (x: Tensor) => x.detach().keep();
    this.#loss = {
      loss: kept(loss),
      ...(terms && { terms: Object.fromEntries(Object.entries(terms).map(([name, x]) => [name, kept(x)])) }),
    };
    this.#gradients = this.#parameters.map(({ grad }) => grad?.keep());
  }

  #forget(): void {
    const { loss, terms = {} } = this.#loss ?? {};
    for (const x of [loss, ...Object.values(terms), ...this.#gradients, ...this.#stashed]) x?.dispose();
  }
}
