import { Command } from 'commander';
import { UsageError } from '../../errors.js';
import {
  AtEndError,
  type Continuation,
  changeable,
  continuations,
  lacksResult,
  resume,
  useAsBegun,
} from '../../pretrain/index.js';
import { oneOf, wholeNumber } from '../shared/arguments.js';
import { showFinetuneResult } from '../shared/finetune-result.js';
import { isLaunched, joinOthers, processesFlag } from '../shared/processes.js';
import { showTraining } from '../shared/training.js';

interface ResumeFlags {
  json?: true;
  processes?: string;
  epochs?: number;
  then?: Continuation;
}

/** `tandem resume <run>`: resumes a run as if it had never ended. */
export function resumeCommand(): Command {
  return new Command('resume')
    .usage('<run> [key=value ...]')
    .argument('<run>', 'run folder')
    .argument('[settings...]', `key=value; of ${changeable.join(', ')}`)
    .option('--epochs <n>', 'train past what was to be the last epoch, up to this one', wholeNumber('--epochs'))
    .option(
      '--then <how>',
      `with --epochs, how the learning rate goes on: ${continuations.join(', ')}; must be said where it falls`,
      oneOf('--then', continuations),
    )
    .option(processesFlag, 'as for pretrain; a run may go on with other numbers of them than before')
    .option('--json', 'one JSON object with the result on stdout')
    .action(async (run: string, settings: string[], { json, processes, epochs, then }: ResumeFlags) => {
      if (then !== undefined && epochs === undefined) {
        throw new UsageError('--then says how a run goes on past its last epoch; give --epochs too');
      }
      const longer = epochs === undefined ? undefined : { epochs, how: then };
      const changes = Object.fromEntries(settings.map(readChange));
      if (await isLaunched(processes)) return;
      const group = await joinOthers();
      const isFirst = !group || group.rank === 0;
      if (isFirst) await useAsBegun(run);
      const isDue = isFirst && lacksResult(run, longer !== undefined);
      try {
        const isJson = json === true && !isDue;
        await showTraining(
          `the images of ${run}`,
          (hooks) => resume(run, { changes, longer, ...hooks }),
          isJson,
          group,
        );
      } catch (error) {
        if (!(error instanceof AtEndError)) throw error;
        if (isDue) await showFinetuneResult(run, json === true);
        await group?.destroy();
        if (!isDue) throw error;
        return;
      }
      if (isDue) await showFinetuneResult(run, json === true);
    });
}

function readChange(word: string): [string, string] {
  const [, key, value] = /^(\w+)=(.*)$/s.exec(word) ?? [];
  if (key === undefined || value === undefined) throw new UsageError(`'${word}' is no setting: settings are key=value`);
  if ((changeable as readonly string[]).includes(key)) return [key, value];
  if (key === 'epochs') throw new UsageError(`a run goes on past its last epoch with --epochs ${value} --then restart`);
  throw new UsageError(
    `'${key}' cannot change when a run resumes, only ${changeable.join(', ')}; begin a new run for it`,
  );
}
