import type { Tensor } from 'tandem-torch';
import type { LossTerms } from '../losses/index.js';
import type { Architecture, Branch, Head, NewEncoder } from '../networks/index.js';
import type { Position, StepContext } from '../step/index.js';
import type { FrozenTeacher } from '../teachers/index.js';
import type { View } from '../views/index.js';

/** The views of one batch, [n, c, h, w] each: as many as the method takes. */
export type Views = readonly [Tensor, ...Tensor[]];
/** The views of a method that takes one of each image. */
export type OneView = readonly [Tensor];
/** The views of a method that takes two of each image. */
export type TwoViews = readonly [Tensor, Tensor];

/** How many views of an image a method takes. */
export interface ViewCount {
  /** At least so many. */
  readonly least: number;
  /** At most so many. */
  readonly most: number;
}

/** What a method that learns from labels knows of them, and of the network it starts from. */
export interface Supervision {
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** The head that the network it starts from was trained with. */
  readonly head?: Head | undefined;
}

/**
 * How an epoch runs through the data: fresh passes over it, and steps on each batch with new views
 * of the same images.
 */
export interface Rounds {
  /** Passes over the data in an epoch, each in an order of its own. */
  readonly passes: number;
  /** Steps on each batch of a pass. */
  readonly repeats: number;
}

/** A network beside student and teacher. */
export interface AuxiliaryNetwork {
  /** The network itself. */
  readonly branch: Branch;
  /** Whether the optimizer trains it too, in the same step. */
  readonly learns: boolean;
  /** How its encoder is built, where a run saves that beside the others, under the same name. */
  readonly architecture?: Architecture | undefined;
  /** The learning rate before decay where it is not the run's. */
  readonly lr?: number | undefined;
  /** Its weight decay where it is not the run's. */
  readonly weightDecay?: number | undefined;
}

/**
 * A way to learn, mostly without labels: a value, never a subclass. One step is always: loss,
 * backward, `beforeStep`, optimizer, `afterStep`. A method sees tensors only; it never touches
 * files, the console or another method.
 */
export interface Method<Seen extends Views = Views> {
  /** As on the command line, such as `simclr`. */
  readonly name: string;
  /** The network that the optimizer trains. */
  readonly student: Branch;
  /** Those of its parameters that keep the first learning rate, whatever the schedule does. */
  readonly constantLr?: readonly Tensor[];
  /** The network that follows, where there is one: state, but never trained. */
  readonly teacher?: Branch;
  /** Further networks, by the name that they have in checkpoints. */
  readonly auxiliary?: Readonly<Record<string, AuxiliaryNetwork>>;
  /** Whose encoder is kept as the result of a run. */
  readonly result: 'student' | 'teacher' | 'average';
  /**
   * What else decides how training continues, by name: queues, pointers, centres. Kept in
   * checkpoints.
   */
  readonly state?: Readonly<Record<string, Tensor>>;
  /** Names of the classes that the head tells apart, where it is a classifier. */
  readonly classes?: readonly string[] | undefined;
  /** How the views of an image are made, in the order `loss` takes them. */
  readonly views: readonly View[];
  /**
   * Whether its loss takes places of images, patches or a last map, beside their features: then
   * images do not go through its branches in parts. Defaults to false.
   */
  readonly learnsFromPlaces?: boolean;
  /** Defaults to one pass over the data, one step on each batch. */
  readonly rounds?: Rounds;
  /** The loss of one batch: a single number, or terms by name whose sum it is. */
  loss(views: Seen, ctx: StepContext): Tensor | LossTerms;
  // What changes from step to step these three ask the context for; else a step is not replayed.
  /** Changes gradients, after backward. */
  beforeStep?(ctx: StepContext): void;
  /** Moves the teacher, queues and centres, after the optimizer. */
  afterStep?(ctx: StepContext): void;
  /** The method's own metrics; may be costly, so only asked for when they are written. */
  metrics?(position: Position): Record<string, number>;
  /**
   * Makes the encoders ready to be evaluated.
   * @param batches of training views, made as they are asked for
   */
  beforeEvaluation?(batches: Iterable<Tensor>): void;
}

/**
 * Builds a method from its options, with networks from `newEncoder`, the trained network it is to
 * imitate if one was given, and what is known of labels if it learns from them. `Seen` are the
 * views that its loss takes.
 */
export type NewMethod<Options, Seen extends Views = TwoViews> = (
  newEncoder: NewEncoder,
  views: readonly View[],
  options: Options,
  teacher?: FrozenTeacher,
  supervision?: Supervision,
) => Method<Seen>;

/** All networks of a method, the student first. */
export function networksOf({ student, teacher, auxiliary = {} }: Method): Branch[] {
  return [student, ...(teacher ? [teacher] : []), ...Object.values(auxiliary).map(({ branch }) => branch)];
}

/** All that the optimizer trains. */
export function learnersOf({ student, auxiliary = {} }: Method): Branch[] {
  return [student, ...Object.values(auxiliary).flatMap((other) => (other.learns ? [other.branch] : []))];
}
