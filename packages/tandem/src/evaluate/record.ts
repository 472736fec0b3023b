import { systemMessage } from '../files/system-error.js';
import { type Evaluation, type OpenedEncoder, recordEvaluation } from '../runs/index.js';
import type { JobHooks } from './hooks.js';

/** What one encoder was found to be worth. */
export interface EvaluationRecord<Result extends object = Evaluation['result']> {
  /** Whose it is; `encoder` where that cannot be told. */
  readonly encoder: OpenedEncoder['name'];
  /** Where it lies. */
  readonly file: string;
  /** Whether it is the one that its run keeps. */
  readonly kept: boolean;
  /** The last epoch of its run when it was loaded. */
  readonly epoch: number | undefined;
  /** How it was measured, in a few words. */
  readonly protocol: string;
  /** All that changes the numbers. */
  readonly settings: Evaluation['settings'];
  /** The numbers; `accuracy`, a share, is among them where there are labels. */
  readonly result: Result;
}

/** The record of one encoder. */
export function evaluationRecord<Result extends object>(
  { name, file, kept, epoch }: OpenedEncoder,
  protocol: string,
  settings: Evaluation['settings'],
  result: Result,
): EvaluationRecord<Result> {
  return { encoder: name, file, kept, epoch, protocol, settings, result };
}

/**
 * Adds records to the run that their encoders belong to, where there is one. That its folder cannot
 * be written is a note, and no failure.
 * @param command that measured, such as `knn`
 */
export function recordAll(
  command: string,
  images: string,
  records: readonly EvaluationRecord<object>[],
  { onNote }: JobHooks,
): void {
  for (const { encoder, file, epoch, protocol, settings, result } of records) {
    try {
      const whose = encoder === 'encoder' ? undefined : encoder;
      recordEvaluation(file, { command, protocol, settings, images, result: { ...result } }, { encoder: whose, epoch });
    } catch (error) {
      onNote?.(`the result is not recorded in the run: ${systemMessage(error) ?? (error as Error).message}`);
      return;
    }
  }
}
