import { Command } from 'commander';
import { type ServeOptions, serve } from '../../serve/index.js';
import { isLoopback } from '../../web/guards.js';
import { aboveZero, oneOf, wholeNumber } from '../shared/arguments.js';
import { encoderHelp } from '../shared/encoder-flags.js';
import { print, printJson, tell } from '../terminal/print.js';
import { untilSignal } from '../terminal/until-signal.js';

interface Flags {
  index?: string;
  host: string;
  port: number;
  token?: string;
  cors?: string[];
  classifier?: 'own' | 'linear';
  maxBody: number;
  maxPixels: number;
  queue: number;
  timeout: number;
  device?: string;
  json?: true;
}

/** `tandem serve <run|folder>`: an encoder that answers over HTTP. */
export function serveCommand(): Command {
  return new Command('serve')
    .usage('<run|folder> [options]')
    .argument('<encoder>', `${encoderHelp}, or a folder that \`tandem export\` wrote`)
    .option('--index <place>', 'what `tandem index` was given as --to: neighbours too, and a page to search with')
    .option('--port <n>', '0 for any that is free', wholeNumber('--port', 0), 8080)
    .option('--host <name>', 'address to listen on; 0.0.0.0 for all of this machine', '127.0.0.1')
    .option('--token <text>', 'what clients must know; better given as TANDEM_TOKEN, which no list of processes shows')
    .option('--cors <origin...>', 'origins whose pages may ask by script (default: none)')
    .option(
      '--classifier <which>',
      'own, or linear (default: own where there is one)',
      oneOf('--classifier', ['own', 'linear'] as const),
    )
    .option('--max-body <MiB>', 'of a request', aboveZero('--max-body'), 20)
    .option('--max-pixels <millions>', 'of a picture', aboveZero('--max-pixels'), 64)
    .option('--queue <n>', 'pictures that wait at a time; more are told to come again', wholeNumber('--queue'), 256)
    .option('--timeout <seconds>', 'until a request is given up', aboveZero('--timeout'), 30)
    .option('--use <file>', 'file that defines the backbone, where it is not of Tandem')
    .option('--device <name>', 'auto, cpu, cuda, cuda:1 or mps (default: auto)')
    .option('--json', 'one JSON object on stdout once it answers')
    .action(run);
}

async function run(encoder: string, flags: Flags): Promise<void> {
  const { index, host, port, cors, classifier, queue, timeout, device, json } = flags;
  const token = flags.token ?? process.env.TANDEM_TOKEN;
  const options: ServeOptions = {
    ...{ encoder, index, host, port, token, cors, classifier, queue, device, seconds: timeout },
    ...{ mostBytes: Math.floor(flags.maxBody * 2 ** 20), mostPixels: Math.floor(flags.maxPixels * 1e6) },
  };
  const served = await serve(options, { onNote: (line) => tell(line) });
  const { url, paths, hasPage } = served;
  if (!isLoopback(host) && token === undefined) {
    tell(`warning: anyone who reaches ${url} may ask; give --token, or leave out --host`);
  }
  if (json) printJson({ command: 'serve', encoder, index, url, paths, page: hasPage });
  else print(`${url} answers ${paths.join(', ')}${hasPage ? `; ${url}/ is a page to search with` : ''}`);
  await untilSignal('stopping; requests at hand are answered');
  await served.stop();
}
