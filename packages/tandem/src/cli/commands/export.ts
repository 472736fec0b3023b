import { Command } from 'commander';
import { chooseDevice } from '../../device.js';
import { checkExportFolder, exportFolder } from '../../export/index.js';
import { DATA_SETS } from '../../images/index.js';
import { tandemVersion } from '../../version.js';
import { oneOf, wholeNumber } from '../shared/arguments.js';
import { openSubjects, type Subject } from '../shared/encoders.js';
import { imagesOf, provenanceOf } from '../shared/provenance.js';
import { type ExportFlags, quantize } from '../shared/quantize.js';
import { Exit } from '../terminal/exit.js';
import { progress } from '../terminal/progress.js';
import { abortOnSignals } from '../terminal/signals.js';

/** What `tandem export` is told. */
const one = ['kept', 'student', 'teacher'] as const;

/** `tandem export <run|encoder> --out <folder>`: an encoder for JavaScript, browsers and Python. */
export function exportCommand(): Command {
  return new Command('export')
    .usage('<run|encoder> --out <folder> [options]')
    .argument(
      '<encoder>',
      "run folder, or a .safetensors file: from a run's encoder/, or a ResNet under torchvision's or Hugging Face's names",
    )
    .requiredOption('--out <folder>', 'what to write, new or empty')
    .option('--of <which>', `of a run: ${one.join(', ')}`, oneOf('--of', one), 'kept')
    .option(
      '--images <images>',
      `to calibrate and measure the quantized model with: ${DATA_SETS.join(', ')}, a folder or an archive (default: the run's)`,
    )
    .option('--limit <n>', 'at most so many images, and so many queries, to measure with', wholeNumber('--limit'), 2000)
    .option('--no-quantized', 'without the quantized model')
    .option('--allow-loss', 'keep the quantized model also where it loses more than 2 points')
    .option('--data-root <folder>', 'where named data sets are looked for first')
    .option('--device <name>', 'to measure on: auto, cpu, cuda, cuda:1 or mps (default: auto)')
    .option('--json', 'one JSON object with the result on stdout')
    .action(runExport);
}

async function runExport(runOrFile: string, options: ExportFlags): Promise<void> {
  const { out } = options;
  checkExportFolder(out);
  const device = chooseDevice(options.device ?? 'auto');
  const [subject] = openSubjects(runOrFile, options.of ?? 'kept') as [Subject];
  const bar = progress('export');
  const { signal, release, exitCode } = abortOnSignals(() => bar.say('stopping; nothing is written'));
  try {
    const { encoder, card, note } = subject;
    if (note) bar.say(note);
    const provenance = provenanceOf(runOrFile, subject, out);
    const quantized = await quantize(subject, imagesOf(runOrFile), options, { device, signal, bar });
    signal.throwIfAborted();
    const { files, notes } = exportFolder(out, { encoder, card, provenance, version: tandemVersion, quantized });
    bar.stop();
    for (const text of notes) bar.say(text);
    const made = typeof quantized === 'string' ? { left: quantized } : quantized.made;
    if (options.json)
      console.log(JSON.stringify({ command: 'export', encoder: subject.file, out, files, quantized: made }));
    else console.log(files.map((file) => `${out}/${file}`).join('\n'));
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Exit(exitCode());
  } finally {
    bar.stop();
    release();
    subject.encoder.dispose();
  }
}
