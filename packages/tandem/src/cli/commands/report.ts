import { Command } from 'commander';
import { chooseDevice } from '../../device.js';
import { UserError } from '../../errors.js';
import { CROP_MARGIN, type DataSet, openImages, TooManySkipped } from '../../images/index.js';
import { writeReport } from '../../report/index.js';
import { findEncoder, type RunRecord, readRun } from '../../runs/index.js';
import { type EvaluationFlags, given, withOpening } from '../shared/evaluation.js';
import { imagesOf } from '../shared/provenance.js';
import { type Progress, progress } from '../terminal/progress.js';

interface Options extends EvaluationFlags {
  images?: string;
  pictures: boolean;
}

/** `tandem report <run>`: the run's `report.html`, made anew. */
export function reportCommand(): Command {
  const command = new Command('report')
    .usage('<run> [options]')
    .argument('<run>', 'run folder')
    .option('--images <images>', "the images, where they are not any more where the run's config.json says")
    .option('--no-pictures', 'without pictures of nearest neighbours: needs no images');
  return withOpening(command)
    .option('--device <name>', 'auto, cpu, cuda, cuda:1 or mps (default: auto)')
    .option('--json', 'one JSON object with the result on stdout')
    .action(runReport);
}

async function runReport(run: string, options: Options): Promise<void> {
  const device = chooseDevice(options.device ?? 'auto');
  const { config } = readRun(run);
  const bar = progress('report');
  try {
    let report: string;
    if (options.pictures) {
      findEncoder(run);
      const data = await picturesOf(config, { ...imagesOf(run), ...options }, bar);
      const onProgress = (done: number, total: number) => bar.update(done, total, 'neighbours');
      report = await writeReport(run, { pictures: { data, device, onProgress } });
    } else {
      report = await writeReport(run);
    }
    bar.stop();
    console.log(options.json ? JSON.stringify({ run, report }) : report);
  } finally {
    bar.stop();
  }
}

/** The images that a run learned from, as it saw them. */
async function picturesOf(config: RunRecord['config'], options: Options, bar: Progress): Promise<DataSet> {
  const { size, limit, seed } = config as Partial<Record<string, number>>;
  // Images given in their place are the same, elsewhere.
  try {
    return await openImages(options.images ?? String(config.images), {
      ...given(options),
      ...(size && { size }),
      ...(limit && { limit }),
      ...(seed && { seed }),
      margin: CROP_MARGIN,
      onProgress: bar.update,
    });
  } catch (error) {
    if (!(error instanceof UserError) || error instanceof TooManySkipped) throw error;
    throw new UserError(`${error.message} Give --images <images> where they are, or --no-pictures`);
  }
}
