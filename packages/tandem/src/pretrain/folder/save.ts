import { saveCheckpoint } from '../../train/checkpoint.js';
import { saveEncoder } from '../../weights/encoder.js';
import { saveHead } from '../../weights/head.js';
import type { Run } from '../run.js';

/**
 * The encoders where asked for, then the checkpoint: a run that dies in between makes the same
 * encoders once more. A copy of config.json goes into the checkpoint, should that be lost.
 * @param notes what else a resumed run must know
 * @param encoders whether to save them as well, and under which epoch to keep them
 */
export function saveRun(
  run: Run,
  step: number,
  notes: object,
  encoders: { readonly due: boolean; readonly keepAs?: number | undefined },
): void {
  if (encoders.due) saveEncoders(run, encoders.keepAs);
  const { folder, method, plan, configFile } = run;
  saveCheckpoint(folder.path, method, plan.optimizer, step, { ...notes, config: configFile });
}

/** Both encoders, and the kept one, with its head, under the name that tools look for. */
function saveEncoders({ folder, method, card }: Run, keepAs: number | undefined): void {
  const branches = { student: method.student, teacher: method.teacher };
  for (const which of ['student', 'teacher'] as const) {
    const branch = branches[which];
    if (!branch) continue;
    saveEncoder(folder.encoderFile(which), branch.encoder, card);
    if (keepAs !== undefined) saveEncoder(folder.encoderFile(which, keepAs), branch.encoder, card);
    if (which !== method.result) continue;
    saveHead(folder.headFile, { head: branch.head, classes: method.classes });
    saveEncoder(folder.encoderFile('encoder'), branch.encoder, card);
  }
}
