import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { digest } from '../files/digest.js';
import type { MethodConfig } from '../methods/index.js';
import type { Head } from '../networks/index.js';
import { findEncoder, findHead } from '../runs/encoder-files.js';
import type { View } from '../views/index.js';
import { type LoadedEncoder, loadEncoder } from '../weights/encoder.js';
import { filesOfWeights } from '../weights/file.js';
import { loadHead } from '../weights/head.js';

/** The network that fine-tuning starts from, how it is fed, and the head it was trained with. */
export interface BaseModel extends LoadedEncoder {
  /** The head it was trained with, where its run kept one. */
  readonly head?: Head | undefined;
  /** Of its files: a resumed run must find the same. */
  readonly sha256: string;
}

/**
 * The base model that a method's options name; undefined where they name none. The caller disposes
 * its parts.
 * @throws UserError where there is none in that place
 */
export function openBaseModel({ options }: MethodConfig): BaseModel | undefined {
  if (!('from' in options) || options.from === undefined) return undefined;
  const { from, of } = options;
  const file = of === 'kept' ? findEncoder(from) : encoderOf(from, of);
  const headFile = of === 'kept' ? findHead(from) : undefined;
  const loaded = loadEncoder(file);
  if (headFile === undefined) return { ...loaded, sha256: digest(filesOfWeights(file)) };
  return { ...loaded, head: loadHead(headFile).head, sha256: digest([...filesOfWeights(file), headFile]) };
}

function encoderOf(run: string, which: string): string {
  const file = join(run, 'encoder', `${which}.safetensors`);
  if (existsSync(file)) return file;
  throw new UserError(`${run}: has no ${which}; of=kept is the encoder that every run has`);
}

/**
 * A view with the normalisation that a base model was trained with.
 * @throws UserError where the images have other channels than the network was made for
 */
export function normalisedFor({ card: { mean, std } }: BaseModel, view: View): View {
  if (mean.length === view.mean.length) return { ...view, mean, std };
  throw new UserError(`the images have ${view.mean.length} channels, the network to start from takes ${mean.length}`);
}
