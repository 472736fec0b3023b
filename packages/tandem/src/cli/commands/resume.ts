import { Command } from 'commander';
import { UsageError } from '../../errors.js';
import { AtEndError, changeable, lacksResult, resume, useAsBegun } from '../../pretrain/index.js';
import { showFinetuneResult } from '../shared/finetune-result.js';
import { isLaunched, joinOthers, processesFlag } from '../shared/processes.js';
import { showTraining } from '../shared/training.js';

/** `tandem resume <run>`: resumes a run as if it had never ended. */
export function resumeCommand(): Command {
  return new Command('resume')
    .usage('<run> [key=value ...]')
    .argument('<run>', 'run folder')
    .argument('[settings...]', `key=value; of ${changeable.join(', ')}`)
    .option(processesFlag, 'as for pretrain; a run may go on with other numbers of them than before')
    .option('--json', 'one JSON object with the result on stdout')
    .action(async (run: string, settings: string[], { json, processes }: { json?: true; processes?: string }) => {
      const changes = Object.fromEntries(settings.map(readChange));
      if (await isLaunched(processes)) return;
      const group = await joinOthers();
      const isFirst = !group || group.rank === 0;
      if (isFirst) await useAsBegun(run);
      const isDue = isFirst && lacksResult(run);
      try {
        const isJson = json === true && !isDue;
        await showTraining(`the images of ${run}`, (hooks) => resume(run, { changes, ...hooks }), isJson, group);
      } catch (error) {
        if (!isDue || !(error instanceof AtEndError)) throw error;
      }
      if (isDue) await showFinetuneResult(run, json === true);
    });
}

function readChange(word: string): [string, string] {
  const [, key, value] = /^(\w+)=(.*)$/s.exec(word) ?? [];
  if (key === undefined || value === undefined) throw new UsageError(`'${word}' is no setting: settings are key=value`);
  if ((changeable as readonly string[]).includes(key)) return [key, value];
  throw new UsageError(
    `'${key}' cannot change when a run resumes, only ${changeable.join(', ')}; begin a new run for it`,
  );
}
