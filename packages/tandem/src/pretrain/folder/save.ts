import { keptNetwork } from '../../methods/index.js';
import type { Encoder } from '../../networks/index.js';
import { saveCheckpoint } from '../../train/checkpoint.js';
import type { EncoderCard } from '../../weights/card.js';
import { saveEncoder } from '../../weights/encoder.js';
import { saveHead } from '../../weights/head.js';
import type { Run } from '../run.js';

/**
 * The encoders where asked for, then the checkpoint: a run that dies in between makes the same
 * encoders once more. A copy of config.json goes into the checkpoint, should that be lost.
 * @param notes what else a resumed run must know
 * @param encoders whether to save them as well, under which epoch to keep them, and whether the
 * result is the best so far
 */
export function saveRun(
  run: Run,
  step: number,
  notes: object,
  encoders: { readonly due: boolean; readonly keepAs?: number | undefined; readonly isBest?: boolean },
): void {
  if (encoders.due) saveEncoders(run, encoders.keepAs);
  if (encoders.isBest) saveBest(run);
  const { folder, method, plan, configFile } = run;
  saveCheckpoint(folder.path, method, plan.optimizer, step, { ...notes, config: configFile });
}

/** All encoders, and the kept one, with its head, under the name that tools look for. */
function saveEncoders(run: Run, keepAs: number | undefined): void {
  const { folder, method, card } = run;
  for (const [name, encoder, ownCard] of encodersOf(run)) {
    saveEncoder(folder.encoderFile(name), encoder, ownCard);
    if (keepAs !== undefined) saveEncoder(folder.encoderFile(name, keepAs), encoder, ownCard);
  }
  const { head, encoder } = keptNetwork(method);
  saveHead(folder.headFile, { head, classes: method.classes });
  saveEncoder(folder.encoderFile('encoder'), encoder, card);
}

function saveBest({ folder, method, card }: Run): void {
  saveEncoder(folder.encoderFile('best'), keptNetwork(method).encoder, card);
}

/** By the names of their files: student, teacher, and what else the method says is worth one. */
function encodersOf({ method, card }: Run): (readonly [name: string, Encoder, EncoderCard])[] {
  const { student, teacher, auxiliary = {} } = method;
  return [
    ['student', student.encoder, card],
    ...(teacher ? [['teacher', teacher.encoder, card] as const] : []),
    ...Object.entries(auxiliary).flatMap(([name, { branch, architecture }]) =>
      architecture ? [[name, branch.encoder, { ...card, architecture }] as const] : [],
    ),
  ];
}
