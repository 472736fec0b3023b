import type { Command } from 'commander';
import { methods } from '../../methods/index.js';
import { trainingFlags } from '../shared/settings.js';
import { trainingCommand } from '../shared/training-command.js';

/** `tandem pretrain <images>`: learns an encoder and keeps it in a run folder. */
export function pretrainCommand(): Command {
  return trainingCommand({
    ...{ name: 'pretrain', flags: trainingFlags, methods: Object.keys(methods) },
    rare: [
      '--preset',
      '--init',
      '--teacher',
      '--precision',
      '--data-root',
      '--train',
      '--test',
      '--image-column',
      '--label-column',
      '--split-column',
    ],
  });
}
