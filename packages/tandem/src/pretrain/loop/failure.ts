import { distributed } from 'tandem-torch';
import { shellWord, UserError } from '../../errors.js';
import { StreamError } from '../../images/index.js';
import { tandemCommand } from '../../invocation.js';
import { isOverflow } from '../../math.js';
import { MethodError } from '../../methods/index.js';
import { DivergedError } from '../../train/loop.js';
import { ViewStepError } from '../../views/index.js';
import { NotFiniteError } from '../finite.js';
import type { Run } from '../run.js';

/** Where a run was when it failed. */
interface Position {
  readonly step: number;
  readonly savedStep: number;
}

/** What of a run is safe: `step 12 is saved`. @param where stands behind the number */
export function savedText({ savedStep }: Pick<Position, 'savedStep'>, where = ''): string {
  return savedStep > 0 ? `step ${savedStep}${where} is saved` : 'nothing was saved yet';
}

/**
 * What ended a run, as one line for the user that says what is saved and what helps; also left in
 * the run folder. Errors that no user can cure stay as they are.
 */
export function failureOf(error: unknown, run: Run, { step, savedStep: saved }: Position): unknown {
  const reason = reasonOf(error, run, step);
  if (reason === undefined) return error;
  const { folder } = run;
  try {
    folder.writeStopped({ step, saved, reason });
  } catch {
    // The line below says it too.
  }
  const where = saved > 0 ? ` in ${folder.path}` : '';
  return new UserError(`${reason}; ${savedText({ savedStep: saved })}${where}. ${cureOf(error, run)}`);
}

function reasonOf(error: unknown, { batches }: Run, step: number): string | undefined {
  if (error instanceof DivergedError || error instanceof StreamError) return error.message;
  if (error instanceof distributed.LostProcessError) return `${error.message}, after step ${step}`;
  if (error instanceof MethodError || error instanceof ViewStepError) return `${error.message} (after step ${step})`;
  if (error instanceof NotFiniteError) return `${error.message} after step ${step}`;
  if (isOverflow(error)) return `a number became too large for float32 at step ${step + 1}`;
  const asked = memoryAskedFor(error);
  return asked && `there is not enough memory after step ${step} with batch ${batches.size}: ${asked}`;
}

function cureOf(error: unknown, { batches, plan, folder }: Run): string {
  if (error instanceof StreamError) {
    return `When that is mended, resume with: ${tandemCommand()} resume ${shellWord(folder.path)}`;
  }
  if (error instanceof distributed.LostProcessError) {
    return `Resume with: ${tandemCommand()} resume ${shellWord(folder.path)}`;
  }
  if (error instanceof MethodError) return 'Mend the method, and begin a new run with it';
  if (error instanceof ViewStepError) return 'Mend the step, and begin a new run with it';
  if (memoryAskedFor(error)) {
    return `Lower batch (${batches.size}), width or size in a new run, or make room and resume`;
  }
  if (error instanceof DivergedError && error.isAtStart) {
    return 'No step has changed the networks yet, so lr is not to blame: look for a setting of the loss that is too small or too large, or try precision=float32';
  }
  if (isOverflow(error)) {
    return 'Look for a setting that is too large: lr, weightDecay, scaleLoss, or one of the loss';
  }
  const skips = plan.nonFinite === 'skip' || !(error instanceof DivergedError);
  return skips ? 'Lower lr, or add warmup' : 'Lower lr, add warmup, or leave such steps out with nonFinite=skip';
}

/** What libtorch's allocators say they wanted, on the CPU and on a GPU. */
function memoryAskedFor(error: unknown): string | undefined {
  const { message = '' } = error as Error;
  const bytes = /tried to allocate (\d+) bytes/.exec(message)?.[1];
  if (bytes) return `${(Number(bytes) / 2 ** 20).toFixed(0)} MiB were asked for`;
  const cuda = /out of memory\. Tried to allocate ([\d.]+ \wiB)/i.exec(message)?.[1];
  if (cuda) return `${cuda} were asked for`;
  // Of the C++ library and of Node's buffers, which do not say how much.
  return /^out of memory|Array buffer allocation failed/.test(message) ? 'no more is to be had' : undefined;
}
