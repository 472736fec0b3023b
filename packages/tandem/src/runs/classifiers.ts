import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { shellWord, UserError } from '../errors.js';
import { digest } from '../files/digest.js';
import { tandemCommand } from '../invocation.js';
import { loadHead, type SavedHead } from '../weights/index.js';
import { findHead, runOf } from './encoder-files.js';
import type { OpenedEncoder } from './encoders.js';

/**
 * Which classifier of an encoder is meant: `own`, with which it was trained, or `linear`, which
 * `tandem linear` trained on it.
 */
export type ClassifierChoice = 'own' | 'linear';

/** A classifier on an encoder's features. */
export interface OpenedClassifier {
  /** From features to scores, in evaluation mode, on the CPU; the caller disposes it. */
  readonly head: SavedHead['head'];
  /** In the order of its outputs. */
  readonly classes: readonly string[];
  /** What its scores are divided by; 1 where it was never calibrated. */
  readonly temperature: number;
  /** Where it lies. */
  readonly file: string;
}

/** An encoder, so far as its classifiers are looked for. */
type Whose = Pick<OpenedEncoder, 'name' | 'kept' | 'file'>;

/**
 * Where a linear classifier on an encoder is kept: beside the encoder in its run folder, under the
 * encoder's name. Undefined for an encoder of no run.
 */
export function linearFile({ name, file }: Whose): string | undefined {
  if (runOf(file) === undefined) return undefined;
  const stem = basename(file, '.safetensors');
  return join(dirname(file), `${stem === 'encoder' ? name : stem}-linear.safetensors`);
}

/** Where an exported folder keeps the classifier of its encoder. */
export const exportedClassifier = 'classifier.safetensors';

/**
 * The classifier on an encoder; its own before a linear one.
 * @param runOrFile what the encoder was opened from
 * @throws UserError where there is none, or it is of an encoder since changed
 */
export function openClassifier(runOrFile: string, encoder: Whose, choice?: ClassifierChoice): OpenedClassifier {
  const found = findClassifier(runOrFile, encoder, choice);
  if (found) return found;
  const what =
    choice === undefined ? 'no classifier' : `no ${choice === 'own' ? 'classifier of its own' : 'linear classifier'}`;
  const command = `${tandemCommand()} linear ${shellWord(runOrFile)} <images>`;
  throw new UserError(`${runOrFile}: has ${what}; train one by: ${command}, or fine-tune it`);
}

/** As `openClassifier`; undefined where there is none. */
export function findClassifier(
  runOrFile: string,
  encoder: Whose,
  choice?: ClassifierChoice,
): OpenedClassifier | undefined {
  const own = choice === 'linear' || !encoder.kept ? undefined : opened(ownFile(runOrFile));
  if (own || choice === 'own') return own;
  const file = linearFile(encoder);
  const linear = opened(file);
  if (!linear || linear.encoder === digest([encoder.file])) return linear;
  linear.head.dispose();
  throw new UserError(
    `${file}: is of this encoder as it was before; train one anew by: ${tandemCommand()} linear ${shellWord(runOrFile)} <images>`,
  );
}

function ownFile(runOrFile: string): string | undefined {
  return findHead(runOrFile) ?? join(runOrFile, exportedClassifier);
}

/** Heads without classes are projectors. */
function opened(file: string | undefined): (OpenedClassifier & { readonly encoder?: string | undefined }) | undefined {
  if (file === undefined || !existsSync(file)) return undefined;
  const { head, classes, encoder, temperature = 1 } = loadHead(file);
  if (classes !== undefined && classes.length === head.outputWidth) {
    head.eval();
    return { head, classes, temperature, file, encoder };
  }
  head.dispose();
  return undefined;
}
