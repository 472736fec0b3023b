import type { Command } from 'commander';
import { knownMethods } from '../../methods/index.js';
import { seldomSet, trainingFlags } from '../shared/settings.js';
import { trainingCommand } from '../shared/training-command.js';

/** `tandem pretrain <images>`: learns an encoder and keeps it in a run folder. */
export function pretrainCommand(): Command {
  return trainingCommand({
    ...{ name: 'pretrain', flags: trainingFlags, methods: knownMethods().map(({ name }) => name) },
    rare: [...seldomSet, '--teacher'],
  });
}
