import type { Command } from 'commander';
import { shownName, UsageError } from '../../errors.js';
import { methods } from '../../methods/index.js';
import { seldomSet, trainingFlags } from '../shared/settings.js';
import { trainingCommand } from '../shared/training-command.js';

/**
 * `tandem distill --teacher <run|file> --student <backbone> <images>`: learns an encoder from a
 * network that is trained.
 */
export function distillCommand(): Command {
  return trainingCommand({
    name: 'distill',
    usage: '--teacher <run|file> ',
    flags: { ...trainingFlags, backbone: '--student <name>' },
    methods: imitating,
    rare: seldomSet,
    check,
  });
}

const imitating: readonly string[] = Object.values(methods).flatMap(({ name, teacher }) =>
  teacher === 'none' ? [] : [name],
);

/** @throws UsageError without a teacher, or for a method that has no use for one */
function check({ method, teacher }: Readonly<Record<string, unknown>>): void {
  if (teacher === undefined) {
    throw new UsageError('which teacher? Give the run folder or file of a trained network as --teacher');
  }
  if (typeof method === 'string' && imitating.includes(method)) return;
  const asked = method === undefined ? 'which method?' : `${shownName(String(method))} learns from no teacher;`;
  throw new UsageError(`${asked} there is ${imitating.join(', ')}`);
}
