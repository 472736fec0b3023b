import { noGrad, scope, tensor } from 'tandem-torch';
import { digest } from '../../files/digest.js';
import { systemMessage } from '../../files/system-error.js';
import { Head } from '../../networks/index.js';
import { linearFile, type OpenedEncoder } from '../../runs/index.js';
import { saveHead } from '../../weights/index.js';
import type { JobHooks } from '../hooks.js';
import type { LinearClassifier } from './heads.js';

/**
 * Keeps a linear classifier in the run of its encoder, in place of an earlier one. That there is no
 * such run, or its folder cannot be written, is a note, and no failure.
 */
export function keepLinear(
  opened: OpenedEncoder,
  classifier: LinearClassifier,
  classes: readonly string[],
  temperature: number,
  { onNote }: JobHooks,
): void {
  const file = linearFile(opened);
  if (file === undefined) {
    onNote?.(`the classifier is not kept: ${opened.file} belongs to no run folder`);
    return;
  }
  const head = headOf(classifier, opened.encoder.featureWidth, classes.length);
  try {
    saveHead(file, { head, classes, encoder: digest([opened.file]), temperature });
  } catch (error) {
    onNote?.(`the classifier is not kept: ${systemMessage(error) ?? (error as Error).message}`);
  } finally {
    head.dispose();
  }
}

function headOf({ weight, bias }: LinearClassifier, width: number, classes: number): Head {
  const head = new Head({ widths: [width, classes], norm: false });
  scope(() =>
    noGrad(() => {
      const [w, b] = head.parameters();
      w?.copy_(tensor(weight, { shape: [classes, width] }));
      b?.copy_(tensor(bias, { shape: [classes] }));
    }),
  );
  return head;
}
