import { scope, Tensor } from 'tandem-torch';
import { shown, shownName, UserError } from '../../errors.js';
import type { ViewParameters } from '../parameters.js';
import type { Stage, ViewStep } from './definition.js';
import { ImageRandom } from './random.js';

/** A step of one's own fails, or gives something else than the images it got, changed. */
export class ViewStepError extends UserError {}

/**
 * Does the steps that come after a stage to images in place.
 * @param x [n, c, size, size], contiguous @param parameters those of these images
 * @throws ViewStepError
 */
export function applySteps(
  steps: readonly ViewStep[],
  stage: Stage,
  x: Tensor,
  { indices, key }: Pick<ViewParameters, 'indices' | 'key'>,
): void {
  if (key === null) return;
  for (const [place, step] of steps.entries()) {
    if (step.after !== stage) continue;
    const random = (some: Uint32Array) => new ImageRandom(nameIn(steps, place), key, some, x.device);
    scope(() => {
      if (!tried.has(step)) tryAlone(step, x, indices, random);
      const y = changed(step, x, random(indices));
      // A view of the same memory, such as a transposed one, would be read while it is written.
      if (y !== x) x.copy_(y.contiguous());
    });
  }
}

/** A step's name; of several alike each its own, so that they draw other numbers. */
function nameIn(steps: readonly ViewStep[], place: number): string {
  const { name } = steps[place] as ViewStep;
  const before = steps.slice(0, place).filter((step) => step.name === name).length;
  return before === 0 ? name : `${name} ${before + 1}`;
}

function fail({ name }: ViewStep, what: string, cause?: unknown): never {
  throw new ViewStepError(`the step ${shownName(name)} of views ${what}`, { cause });
}

/** What a step makes of images. @throws ViewStepError where that is something else */
function changed(step: ViewStep, x: Tensor, random: ImageRandom): Tensor {
  const y = given(step, () => step.apply(x, random));
  if (!(y instanceof Tensor)) fail(step, `gives no tensor, but ${shown(y)}`);
  const [own, wanted] = [y, x].map(({ dtype, shape }) => `${dtype} [${shape.join(', ')}]`);
  if (own !== wanted) {
    const cure = y.dtype === x.dtype ? '' : `; end it with .to('${x.dtype}')`;
    fail(step, `must give ${wanted} as it got, not ${own}${cure}`);
  }
  checkFinite(step, y);
  return y;
}

function given<T>(step: ViewStep, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UserError) throw error;
    const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    return fail(step, `failed: ${line}`, error);
  }
}

/** The sum alone is quick, and shows nearly always that all is well. */
function checkFinite(step: ViewStep, y: Tensor): void {
  if (Number.isFinite(y.sum().item())) return;
  const bad = y.isfinite().flatten({ startDim: 1 }).all(1).logicalNot().sum().item();
  if (bad === 0) return;
  fail(
    step,
    `gives NaN or infinity in ${bad} of ${y.shape[0]} images; look for a division, logarithm or root of what may be 0`,
  );
}

/** Steps that were tried. */
const tried = new WeakSet<ViewStep>();

/** Images that a step is tried with. */
const mostTried = 16;

/** Rounding may differ with the number of images, chance and neighbours differ by more. */
const tolerance = 1e-3;

/**
 * Tries a step once: images must come out as they do one by one, or no run could be resumed, and
 * none repeated with another number of threads.
 * @throws ViewStepError
 */
function tryAlone(step: ViewStep, x: Tensor, indices: Uint32Array, random: (some: Uint32Array) => ImageRandom): void {
  const count = Math.min(indices.length, mostTried);
  const some = x.narrow(0, 0, count);
  const together = changed(step, some.clone(), random(indices.subarray(0, count)));
  for (let i = 0; i < count; i++) {
    const alone = changed(step, some.narrow(0, i, 1).clone(), random(indices.subarray(i, i + 1)));
    const apart = alone
      .sub(together.narrow(0, i, 1))
      .abs()
      .div(alone.abs().add(1))
      .amax()
      .item();
    if (apart <= tolerance) continue;
    fail(
      step,
      'gives an image otherwise alone, or a second time, than among others; draw chance from its second argument, such as random.uniform(), and let no image depend on another',
    );
  }
  tried.add(step);
}
