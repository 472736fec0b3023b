import { Command } from 'commander';
import type { Engine } from 'tandem-torch/setup';
import { didYouMean } from '../../errors.js';
import { tandemCommand } from '../../invocation.js';
import { Exit } from '../terminal/exit.js';
import { print, printJson, tell } from '../terminal/print.js';

const places = ['wheel', 'system', 'python3'];

/** `tandem setup`: from nothing to an engine that loads. */
export function setupCommand(): Command {
  return new Command('setup')
    .option(
      '--from <where>',
      'where libtorch comes from: wheel (fetches what a CPU needs of PyTorch, some 130 MB), system (installs ' +
        "Debian's packages, as root), python3 (the torch it has), or a folder; else what LIBTORCH names, or the " +
        'first that is found here',
    )
    .option('--json', 'one JSON object on stdout')
    .action(async ({ from, json }: { from?: string; json?: true }) => {
      const { libtorch, addon } = await engineFrom(from);
      if (json) printJson({ libtorch: libtorch.version, root: libtorch.root, source: libtorch.source, engine: addon });
      else print(`The engine is ready: libtorch ${libtorch.version} (${libtorch.root}).`, ...whatComesNext());
    });
}

/** @throws Exit 1, with what is missing and how to get it told in lines */
async function engineFrom(from: string | undefined): Promise<Engine> {
  // Loaded here: it watches for the end of the process.
  const { Failure, setUp, textOf } = await import('tandem-torch/setup');
  try {
    return await setUp({ from, command: `${tandemCommand()} setup` });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const guess =
      from === undefined
        ? ''
        : didYouMean(
            from,
            places.filter((place) => place !== from),
          );
    tell(...`tandem: ${textOf(error)}${guess}`.split('\n'));
    throw new Exit(1);
  }
}

function whatComesNext(): string[] {
  const command = tandemCommand();
  const row = (words: string, about: string) => `  ${`${command} ${words}`.padEnd(command.length + 24)} ${about}`;
  return [
    'What comes next:',
    row('doctor', 'is everything here, and fast?'),
    row('pretrain ./pictures', 'learns an encoder from a folder of pictures'),
    row('help', 'lists all commands'),
  ];
}
