import type { Device } from 'tandem-torch';
import { UserError } from '../errors.js';
import { digest } from '../files/digest.js';
import { Head } from '../networks/index.js';
import { findEncoder, findHead } from '../runs/encoder-files.js';
import { type FrozenTeacher, frozenTeacher } from '../teachers/index.js';
import type { View } from '../views/index.js';
import { loadEncoder } from '../weights/encoder.js';
import { filesOfWeights } from '../weights/file.js';
import { loadHead } from '../weights/head.js';

/** A trained network that a run imitates. */
export interface LoadedTeacher {
  /** The network that is imitated. */
  readonly teacher: FrozenTeacher;
  /** Of its files: a resumed run must find the same. */
  readonly sha256: string;
  /** What the user should know. */
  readonly notes: readonly string[];
}

/**
 * The network of a run folder, with the head it was trained with (a projector, or a classifier
 * after fine-tuning), or of an encoder file, whose outputs are its features.
 * @param view what it will see @throws UserError when there is none, or it is for other images
 */
export function loadTeacher(
  runOrFile: string,
  { mean, std, size }: View,
  place: { readonly device: Device; readonly memoryFormat: 'contiguous' | 'channelsLast' },
): LoadedTeacher {
  const file = findEncoder(runOrFile);
  const headFile = findHead(runOrFile);
  const { encoder, card, note } = loadEncoder(file);
  let head: Head | undefined;
  try {
    const saved = headFile === undefined ? undefined : loadHead(headFile);
    head = saved?.head ?? new Head({ widths: [encoder.featureWidth], norm: false });
    const { channels } = card.architecture;
    const [inputs] = head.shape.widths;
    if (channels !== mean.length) {
      throw new Error(`sees images of ${channels} channels, these have ${mean.length}`);
    }
    if (card.size !== size && note === undefined) {
      throw new Error(`learned from images of ${card.size} pixels, these have ${size}; give size=${card.size}`);
    }
    const { patch } = card.architecture;
    if (patch !== undefined && size % patch !== 0) {
      throw new Error(
        `sees patches of ${patch} pixels, which do not divide images of ${size}; give size=${patch * Math.round(size / patch)}`,
      );
    }
    if (inputs !== encoder.featureWidth) {
      throw new Error(`has a head for ${inputs} features on an encoder of ${encoder.featureWidth}`);
    }
    const network = { encoder: encoder.to(place), head: head.to(place), classes: saved?.classes, own: card };
    return {
      teacher: frozenTeacher(network, { mean, std }),
      sha256: digest([...filesOfWeights(file), ...(headFile === undefined ? [] : [headFile])]),
      notes: note === undefined ? [] : [note],
    };
  } catch (error) {
    encoder.dispose();
    head?.dispose();
    throw error instanceof UserError ? error : new UserError(`the teacher in ${runOrFile} ${(error as Error).message}`);
  }
}
