import { liveTensors, Tensor } from 'tandem-torch';
import { shown, shownName, UserError } from '../errors.js';
import type { LossTerms } from '../losses/index.js';
import { Branch } from '../networks/index.js';
import type { StepContext } from '../step/index.js';
import type { MethodDefinition } from './definition.js';
import type { Method, Views } from './method.js';

/** Options that mean something to a run; others are the method's own matter. */
interface OwnOptions {
  /** The share of labels that it learns from. */
  readonly labels?: number;
  /** Parts into which batch norm splits a batch. */
  readonly bnSplits?: number;
  // Those of fine-tuning alone: no other method may have options of these names.
  readonly from?: undefined;
  readonly fromScratch?: undefined;
}

/** A method that is defined elsewhere: its mistakes are told by its name. */
export interface OwnMethod extends MethodDefinition<string, OwnOptions> {
  /** As it was given. */
  readonly definition: MethodDefinition;
}

/** A method of one's own does not keep to what a method is. */
export class MethodError extends Error {}

/** Names of options by which fine-tuning is known. */
const reserved = ['from', 'of', 'fromScratch'];

/** Steps in a row after which tensors that become more and more are no chance. */
const growingSteps = 8;

/** @throws UserError where an option has a name that is taken */
export function ownMethod(definition: MethodDefinition, taken: readonly string[]): OwnMethod {
  const { name, options } = definition;
  const clash = Object.keys(options.shape).find((key) => taken.includes(key) || reserved.includes(key));
  if (clash !== undefined) {
    throw new UserError(
      `the method ${shownName(name)}: its option '${clash}' has the name of a setting of runs; choose another`,
    );
  }
  return {
    ...definition,
    definition,
    configure(settings) {
      const configured = definition.configure(settings);
      checkOptions(name, configured.options);
      return {
        ...configured,
        build: (...parts) =>
          guarded(
            name,
            told(name, 'could not be built', () => configured.build(...parts)),
          ),
      };
    },
  };
}

/** A run's settings are written down as words and numbers. */
function checkOptions(name: string, options: object): void {
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined || ['number', 'string', 'boolean'].includes(typeof value)) continue;
    throw new UserError(
      `the method ${shownName(name)}: its option '${key}' must be a number, a text, true or false, got ${shown(value)}`,
    );
  }
}

/** The same method, which says what it does wrong. @throws MethodError where it is none at all */
function guarded(name: string, method: Method): Method {
  checkContract(name, method);
  const growth = new Growth();
  const { beforeStep, afterStep, metrics } = method;
  return {
    ...method,
    name,
    loss(views, ctx) {
      if (growth.steps() >= growingSteps) {
        throw new MethodError(
          `the method ${shownName(name)} leaves more tensors behind at each step: what it keeps belongs into its state, all else is to be freed`,
        );
      }
      return checkedLoss(
        name,
        told(name, 'failed in its loss', () => method.loss(views, ctx)),
      );
    },
    ...(beforeStep && {
      beforeStep: (ctx: StepContext) => told(name, 'failed before a step', () => beforeStep.call(method, ctx)),
    }),
    ...(afterStep && {
      afterStep: (ctx: StepContext) => told(name, 'failed after a step', () => afterStep.call(method, ctx)),
    }),
    ...(metrics && {
      metrics: (at: Parameters<typeof metrics>[0]) =>
        told(name, 'failed in its metrics', () => metrics.call(method, at)),
    }),
  };
}

function checkContract(name: string, method: Method<Views>): void {
  const fail = (what: string): never => {
    throw new UserError(`the method ${shownName(name)} ${what}`);
  };
  if (typeof method !== 'object' || method === null) fail(`gives ${shown(method)} in place of a method`);
  const { student, teacher, result, loss, views } = method;
  if (!(student instanceof Branch)) fail('has no student; make one with newBranch(newEncoder(), ...)');
  if (result !== 'student' && result !== 'teacher')
    fail(`must say whose encoder is kept: result is ${shown(result)}, not student or teacher`);
  if (result === 'teacher' && !(teacher instanceof Branch)) fail('keeps its teacher, and has none');
  if (typeof loss !== 'function') fail('has no loss');
  if (!Array.isArray(views)) fail('has no views; hand on those that it was built with');
}

function checkedLoss(name: string, loss: Tensor | LossTerms): Tensor | LossTerms {
  const isTensor = loss instanceof Tensor;
  const terms = isTensor
    ? [['', loss] as const]
    : typeof loss === 'object' && loss !== null
      ? Object.entries(loss)
      : [];
  if (terms.length === 0) throw new MethodError(`the method ${shownName(name)} gives no loss, but ${shown(loss)}`);
  for (const [term, value] of terms) {
    const what = term === '' ? 'loss' : `loss term '${term}'`;
    if (!(value instanceof Tensor))
      throw new MethodError(`the method ${shownName(name)}: its ${what} is no tensor, but ${shown(value)}`);
    if (value.numel === 1) continue;
    throw new MethodError(
      `the method ${shownName(name)}: its ${what} must be one number, but is [${value.shape.join(', ')}]; take its mean`,
    );
  }
  if (!terms.some(([, value]) => value.requiresGrad)) {
    throw new MethodError(
      `the method ${shownName(name)}: its loss does not depend on the student, so there is nothing to learn`,
    );
  }
  return loss;
}

/** Counts the steps in a row at whose beginning there were more tensors than at the one before. */
class Growth {
  #before = Number.POSITIVE_INFINITY;
  #steps = 0;

  steps(): number {
    const now = liveTensors().count;
    this.#steps = now > this.#before ? this.#steps + 1 : 0;
    this.#before = now;
    return this.#steps;
  }
}

function told<T>(name: string, what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UserError || error instanceof MethodError) throw error;
    const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new MethodError(`the method ${shownName(name)} ${what}: ${line}`, { cause: error });
  }
}
