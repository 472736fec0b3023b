import { join } from 'node:path';
import type { Device } from 'tandem-torch';
import { writeWhole } from '../files/write-whole.js';
import type { DataSet } from '../images/index.js';
import { findEncoder, readRun, readScatter } from '../runs/index.js';
import { findAttention } from './attention.js';
import { measureBaselines, readBaselines } from './baselines.js';
import { findNeighbours } from './neighbours.js';
import { reportPage } from './page.js';

/** What a report shows beside the files of its run. */
export interface ReportOptions {
  /** Where the pictures of neighbours come from. */
  readonly pictures?: {
    readonly data: DataSet;
    readonly device: Device;
    readonly onProgress?: (done: number, total: number) => void;
    /**
     * Whether k-NN of raw pixels and of the untrained network is measured too: `little` where that
     * takes some ten seconds at most; defaults to false.
     */
    readonly baselines?: boolean | 'little' | undefined;
  };
}

/**
 * Writes `report.html` into a run folder, in place of an earlier one, from what there is.
 * @returns its path
 * @throws UserError when the folder is no run, a file in it is damaged, or the pictures do not suit
 * the encoder
 */
export async function writeReport(folder: string, { pictures }: ReportOptions = {}): Promise<string> {
  const run = readRun(folder);
  const neighbours = pictures && (await findNeighbours(findEncoder(folder), pictures.data, pictures));
  const attention = pictures && (await findAttention(findEncoder(folder), pictures.data, pictures.device));
  const measured = pictures?.baselines
    ? measureBaselines(folder, findEncoder(folder), pictures.data, pictures.baselines === true, pictures)
    : undefined;
  const baselines = measured ?? readBaselines(folder);
  const withoutNeighbours = 'Not looked for; tandem report makes this page anew with them.';
  const file = join(folder, 'report.html');
  writeWhole(
    file,
    reportPage(run, { neighbours, attention, baselines, scatter: readScatter(folder), withoutNeighbours }),
  );
  return file;
}
