import { Command, Option } from 'commander';
import { rewriteReport } from '../../report/index.js';
import { type OpeningFlags, openingOf, withOpening } from '../shared/encoder-flags.js';
import { print, printJson } from '../terminal/print.js';
import { withProgress } from '../terminal/progress.js';

interface Flags extends OpeningFlags {
  images?: string;
  pictures: boolean;
  baselines?: true;
  device?: string;
  json?: true;
}

/** `tandem report <run>`: the run's `report.html`, made anew. */
export function reportCommand(): Command {
  const command = new Command('report')
    .usage('<run> [options]')
    .argument('<run>', 'run folder')
    .option('--images <images>', "the images, where they are not any more where the run's config.json says")
    .option('--baselines', 'measure k-NN of raw pixels and of the untrained network too, however long it takes')
    .addOption(
      new Option('--no-pictures', 'without pictures of nearest neighbours: needs no images').conflicts('baselines'),
    );
  return withOpening(command)
    .option('--device <name>', 'auto, cpu, cuda, cuda:1 or mps (default: auto)')
    .option('--json', 'one JSON object with the result on stdout')
    .action(rewrite);
}

async function rewrite(run: string, flags: Flags): Promise<void> {
  const { images, pictures, baselines, device, json } = flags;
  const options = { images, pictures, baselines, device, ...openingOf(flags) };
  const report = await withProgress('report', (hooks) => rewriteReport(run, options, hooks));
  if (json) printJson({ run, report });
  else print(report);
}
