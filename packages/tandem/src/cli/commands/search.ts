import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { Command } from 'commander';
import { UserError } from '../../errors.js';
import { refuseExisting } from '../../files/existing.js';
import { writeNew } from '../../files/write-whole.js';
import { openGallery, searchPage } from '../../gallery/index.js';
import { wholeNumber } from '../shared/arguments.js';
import { encoderHelp } from '../shared/encoder-flags.js';
import { interruptible } from '../terminal/interruptible.js';
import { print, printJson } from '../terminal/print.js';

interface Flags {
  k: number;
  class?: string;
  path?: string;
  exact?: true;
  encoder?: string;
  html?: string;
  device?: string;
  json?: true;
}

/** `tandem search <place> <picture>`: indexed images that look alike. */
export function searchCommand(): Command {
  return new Command('search')
    .usage('<place> <picture> [options]')
    .argument('<place>', 'what `tandem index` was given as --to')
    .argument('<picture>', 'an image file, or the URL of one')
    .option('--k <n>', 'how many, at most', wholeNumber('--k'), 20)
    .option('--class <name>', 'of this class alone')
    .option('--path <text>', 'with this text in the name of the file alone')
    .option('--exact', 'compare all vectors, though there is an approximate index')
    .option('--encoder <run>', `where the place has vectors of several: ${encoderHelp}`)
    .option('--html <file>', 'a new page with the pictures that were found')
    .option('--device <name>', 'auto, cpu, cuda, cuda:1 or mps (default: auto)')
    .option('--json', 'one JSON object with the result on stdout')
    .action(run);
}

async function run(place: string, picture: string, flags: Flags): Promise<void> {
  const { k, class: own, path, exact, encoder, html, device, json } = flags;
  if (html !== undefined) refuseExisting(html);
  if (!picture.includes('://') && !existsSync(picture)) throw new UserError(`${picture}: there is no such picture`);
  const found = await interruptible('searching', 'stopping', async (hooks) => {
    const gallery = await openGallery(place, { encoder, device }, hooks);
    try {
      return await gallery.search(picture, { k, class: own, path, exact });
    } finally {
      await gallery.close();
    }
  });
  if (html !== undefined) writeNew([html, await searchPage({ name: basename(picture), picture, place }, found)]);
  const { matches, among } = found;
  if (json) return printJson({ command: 'search', picture, result: { among, matches }, files: html ? [html] : [] });
  if (matches.length === 0) return print('nothing is indexed that fits');
  print(
    ...matches.map(
      ({ file, similarity, class: named }) => `${similarity.toFixed(4)} ${file}${named ? `  ${named}` : ''}`,
    ),
  );
  if (html !== undefined) print(html);
}
