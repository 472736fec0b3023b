import { type DataSet, rgbToPng } from '../../images/index.js';
import { loadImages, type RunConfig, readConfigOf, viewsSheet } from '../../pretrain/index.js';
import { encoderAt } from '../../runs/index.js';
import { findNeighbours, type Neighbours } from '../neighbours.js';

/** What a run saw, and what it found alike, at an epoch. */
export interface EpochLook extends Neighbours {
  /** Some of its images beside their views, as they were in that epoch. */
  readonly views: {
    /** A PNG as a data URI. */
    readonly uri: string;
    /** Of the picture, in pixels. */
    readonly width: number;
    readonly height: number;
    /** Images in it, a row each. */
    readonly images: number;
  };
}

/** So many of its images are looked at: a run beside it should hardly notice. */
const mostImages = 2000;
/** Images that are shown beside their views. */
const shown = 6;

/** A run, and its images as it saw them. */
interface Opened {
  readonly run: string;
  readonly config: RunConfig;
  readonly data: DataSet;
}

/** Looks at runs, epoch by epoch; the images of the last run stay at hand. */
export class Looking {
  #at: Opened | undefined;

  /**
   * What a run saw and found at an epoch whose encoder it keeps. Only its files are read.
   * @throws UserError where it keeps none of that epoch, or its images are not where they were
   */
  async look(run: string, epoch: number): Promise<EpochLook> {
    const file = encoderAt(run, epoch);
    const { config, data } = await this.#open(run);
    const neighbours = await findNeighbours(file, data, { device: 'cpu' });
    const { sheet, images } = viewsSheet(config, data, { count: shown, draws: 1, first: epoch - 1 });
    const png = await rgbToPng(sheet);
    const uri = `data:image/png;base64,${png.toString('base64')}`;
    return { ...neighbours, views: { uri, width: sheet.width, height: sheet.height, images: images.length } };
  }

  async #open(run: string): Promise<Opened> {
    if (this.#at?.run === run) return this.#at;
    this.#at = undefined;
    const config = readConfigOf(run);
    const limit = Math.min(config.data.limit ?? mostImages, mostImages);
    const data = await loadImages({ ...config, data: { ...config.data, limit } }, {});
    this.#at = { run, config, data };
    return this.#at;
  }
}
