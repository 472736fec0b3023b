import type { Device } from '@tandem/torch';
import { UserError } from '../errors.js';
import { loadEncoder, loadHead } from '../export/index.js';
import { Head } from '../networks/index.js';
import { type FrozenTeacher, frozenTeacher } from '../teachers/index.js';
import type { View } from '../views/index.js';
import { findEncoder, findHead } from './run-folder.js';

/**
 * The network of a run folder, with the head it was trained with (a projector, or a classifier after fine-tuning), or of an encoder file, whose
 * outputs are its features.
 * @param view what it will see @throws UserError when there is none, or it is for other images
 */
export function loadTeacher(
  runOrFile: string,
  { mean, std }: View,
  place: { readonly device: Device; readonly memoryFormat: 'contiguous' | 'channelsLast' },
): FrozenTeacher {
  const { encoder, card } = loadEncoder(findEncoder(runOrFile));
  const headFile = findHead(runOrFile);
  const { head, classes } = headFile
    ? loadHead(headFile)
    : { head: new Head({ widths: [encoder.featureWidth], norm: false }), classes: undefined };
  const { channels } = card.architecture;
  const wrong =
    channels !== mean.length
      ? `sees images of ${channels} channels, these have ${mean.length}`
      : head.shape.widths[0] !== encoder.featureWidth
        ? `has a head for ${head.shape.widths[0]} features on an encoder of ${encoder.featureWidth}`
        : undefined;
  if (wrong !== undefined) {
    encoder.dispose();
    head.dispose();
    throw new UserError(`the teacher in ${runOrFile} ${wrong}`);
  }
  return frozenTeacher({ encoder: encoder.to(place), head: head.to(place), classes, own: card }, { mean, std });
}
