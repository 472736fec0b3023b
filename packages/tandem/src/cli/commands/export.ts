import { Command } from 'commander';
import { type ExportLayout, exportEncoder, exportLayouts } from '../../export/index.js';
import { dataSets } from '../../images/index.js';
import { oneOf, wholeNumber } from '../shared/arguments.js';
import { type EncoderFlags, encoderHelp, oneEncoder, whichOf, withEncoder } from '../shared/encoder-flags.js';
import { interruptible } from '../terminal/interruptible.js';
import { print, printJson, tell } from '../terminal/print.js';

interface Flags extends EncoderFlags<(typeof oneEncoder)[number]> {
  out: string;
  layout?: ExportLayout;
  images?: string;
  limit: number;
  /** Switched off by --no-quantized. */
  quantized: boolean;
  allowLoss?: true;
  classifier?: 'own' | 'linear' | 'none';
  dataRoot?: string;
  json?: true;
}

/** `tandem export <run|encoder> --out <folder>`: an encoder for JavaScript, browsers and Python. */
export function exportCommand(): Command {
  const command = new Command('export')
    .usage('<run|encoder> --out <folder> [options]')
    .argument('<encoder>', encoderHelp)
    .requiredOption('--out <folder>', 'what to write, new or empty');
  return withEncoder(command, oneEncoder, 'kept')
    .option(
      '--layout <library>',
      `whose names the weights have: ${exportLayouts.join(', ')} (default: tandem, torchvision's or timm's names with what Tandem reads)`,
      oneOf('--layout', exportLayouts),
    )
    .option(
      '--images <images>',
      `to calibrate and measure the quantized model with: ${dataSets.join(', ')}, a folder or an archive (default: the run's)`,
    )
    .option('--limit <n>', 'at most so many images, and so many queries, to measure with', wholeNumber('--limit'), 2000)
    .option(
      '--classifier <which>',
      'what gives scores beside the features: own (of a fine-tuned or distilled run), linear (of `tandem linear`) or none (default: own, or else linear, where there is one)',
      oneOf('--classifier', ['own', 'linear', 'none']),
    )
    .option('--no-quantized', 'without the quantized model')
    .option('--allow-loss', 'keep the quantized model also where it loses more than 2 points, or is too far off')
    .option('--data-root <folder>', 'where named data sets are looked for first')
    .option('--device <name>', 'to measure on: auto, cpu, cuda, cuda:1 or mps (default: auto)')
    .option('--json', 'one JSON object with the result on stdout')
    .action(run);
}

async function run(runOrFile: string, { encoder, of: old, json, ...flags }: Flags): Promise<void> {
  const options = { ...flags, encoder: runOrFile, which: whichOf({ encoder, of: old }) };
  const made = await interruptible('export', 'stopping; nothing is written', (hooks) => exportEncoder(options, hooks));
  if (made.notes.length > 0) tell(...made.notes);
  const { out, files } = made;
  const quantized = typeof made.quantized === 'string' ? { left: made.quantized } : made.quantized;
  const { classes } = made;
  if (json) printJson({ command: 'export', encoder: made.encoder, out, files, quantized, ...(classes && { classes }) });
  else print(...files.map((file) => `${out}/${file}`));
}
