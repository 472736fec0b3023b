import { keepEvaluation } from '../../runs/index.js';
import type { Progress } from '../terminal/progress.js';
import type { Subject } from './encoders.js';

/** What one encoder was found to be worth. */
export interface Measured {
  readonly subject: Subject;
  readonly protocol: string;
  /** All that changes the numbers. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly result: Readonly<Record<string, unknown>>;
}

/** One JSON object for all that was measured; the first is what the command was asked for. */
export function asJson(command: string, images: string, measured: readonly Measured[], more: object = {}): string {
  const results = measured.map(({ subject, protocol, settings, result }) => {
    return { encoder: subject.name, file: subject.file, kept: subject.kept, protocol, settings, result };
  });
  const [{ file, protocol, settings, result } = { file: '', protocol: '', settings: {}, result: {} }] = results;
  const { accuracy } = result as { accuracy?: number };
  return JSON.stringify({ command, encoder: file, images, protocol, settings, accuracy, result, results, ...more });
}

/**
 * Adds the results to the run that the encoders belong to. A folder that cannot be written is told,
 * and no failure.
 */
export function keep(command: string, images: string, measured: readonly Measured[], bar: Progress): void {
  for (const { subject, protocol, settings, result } of measured) {
    try {
      const encoder = subject.name === 'encoder' ? undefined : subject.name;
      keepEvaluation(subject.file, { command, protocol, settings, images, result }, { encoder, epoch: subject.epoch });
    } catch (error) {
      bar.say(`the result is not kept in the run: ${(error as Error).message}`);
      return;
    }
  }
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}
