import { Command } from 'commander';
import { UsageError } from '../../errors.js';
import { AtEndError, changeable, resume } from '../../pretrain/index.js';
import { isUntold, tellTuned } from '../shared/finetune-result.js';
import { showTraining } from '../shared/training.js';

/** `tandem resume <run>`: goes on with a run as if it had never ended. */
export function resumeCommand(): Command {
  return new Command('resume')
    .usage('<run> [key=value ...]')
    .argument('<run>', 'run folder')
    .argument('[settings...]', `key=value; of ${changeable.join(', ')}`)
    .option('--json', 'one JSON object with the result on stdout')
    .action(async (run: string, settings: string[], { json }: { json?: true }) => {
      const changes = Object.fromEntries(settings.map(readChange));
      const tuned = isUntold(run);
      try {
        const isJson = json === true && !tuned;
        await showTraining(`the images of ${run}`, (hooks) => resume(run, { changes, ...hooks }), isJson);
      } catch (error) {
        if (!tuned || !(error instanceof AtEndError)) throw error;
      }
      if (tuned) await tellTuned(run, json === true);
    });
}

function readChange(word: string): [string, string] {
  const [, key, value] = /^(\w+)=(.*)$/s.exec(word) ?? [];
  if (key === undefined || value === undefined) throw new UsageError(`'${word}' is no setting: settings are key=value`);
  if ((changeable as readonly string[]).includes(key)) return [key, value];
  throw new UsageError(
    `'${key}' cannot change when a run goes on, only ${changeable.join(', ')}; begin a new run for it`,
  );
}
