import { spawn } from 'node:child_process';
import { Command } from 'commander';
import { showRuns } from '../../ui/index.js';
import { isLoopback } from '../../web/guards.js';
import { wholeNumber } from '../shared/arguments.js';
import { print, printJson, tell } from '../terminal/print.js';
import { untilSignal } from '../terminal/until-signal.js';

interface Flags {
  port: number;
  host: string;
  token?: string;
  allowControl?: true;
  json?: true;
}

/** `tandem ui [runs]`: one page over all runs, live. */
export function uiCommand(): Command {
  return new Command('ui')
    .usage('[runs] [options]')
    .argument('[runs]', 'the folder that runs are in, at any depth', 'runs')
    .option('--port <n>', '0 for any that is free', wholeNumber('--port', 0), 8081)
    .option('--host <name>', 'address to listen on; 0.0.0.0 for all of this machine', '127.0.0.1')
    .option('--token <text>', 'what browsers must know, as a password; better given as TANDEM_TOKEN')
    .option('--allow-control', 'runs can be stopped and resumed by a button')
    .option('--json', 'one JSON object on stdout once it answers')
    .action(run);
}

async function run(root: string, { port, host, allowControl, json, ...flags }: Flags): Promise<void> {
  const token = flags.token ?? process.env.TANDEM_TOKEN;
  const shown = await showRuns(
    { root, port, host, token, resume: allowControl && resumeRun },
    { onNote: (line) => tell(line) },
  );
  if (!isLoopback(host) && token === undefined) {
    tell(`warning: anyone who reaches ${shown.url} may look; give --token, or leave out --host`);
  }
  if (json) printJson({ command: 'ui', root, url: shown.url, runs: shown.runs });
  else print(`${shown.runs} ${shown.runs === 1 ? 'run' : 'runs'} in ${root}, at ${shown.url}/`);
  await untilSignal('stopping');
  await shown.stop();
}

/** In a process of its own, that outlives this one. */
function resumeRun(path: string): void {
  spawn(process.execPath, [process.argv[1] as string, 'resume', path], { detached: true, stdio: 'ignore' }).unref();
}
