import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { scope, type Tensor } from 'tandem-torch';
import { UsageError, UserError } from '../errors.js';
import { checkOut } from '../files/out.js';
import { writeNew } from '../files/write-whole.js';
import { Batches, type DataSet, pictureOf, rgbToPng, type SkippedFile } from '../images/index.js';
import { type ContactSheet, contactSheet, makeViews, type Picture, type View } from '../views/index.js';
import type { RunConfig } from './config/options.js';
import type { ViewSettings } from './config/views.js';
import type { LoadingOptions } from './following.js';
import { loadImages } from './load-images.js';
import { givenNormalisation } from './normalisation.js';
import { runViews } from './views.js';

/** What to draw, and where. */
export interface DrawViewsOptions extends LoadingOptions {
  /** The .png file to write. */
  readonly out: string;
  /** How many images; defaults to 8. */
  readonly count?: number | undefined;
  /** How many times the views of each image are drawn; defaults to 3. */
  readonly draws?: number | undefined;
}

/** A picture that was written. */
export interface DrawnViews {
  /** Of the picture, in pixels. */
  readonly width: number;
  /** Of the picture, in pixels. */
  readonly height: number;
  /** Of the images. */
  readonly name: string;
  /** The numbers of those that are shown. */
  readonly images: readonly number[];
  /** How often the views of each image were drawn. */
  readonly draws: number;
  /** The settings of the views, with what the images decided. */
  readonly settings: ViewSettings;
  /** One for each view of an image. */
  readonly views: readonly View[];
  /** Files that could not be decoded. */
  readonly skipped: readonly SkippedFile[];
}

/**
 * Draws images beside their views, as a run of this configuration sees them first.
 * @throws UserError where the file exists or cannot be written, or there are no images; UsageError
 * for another ending
 */
export async function drawViews(
  config: RunConfig,
  { out, count = 8, draws = 3, ...loading }: DrawViewsOptions,
): Promise<DrawnViews> {
  checkPictureFile(out);
  const data = await loadImages(config, loading);
  const { sheet, ...drawn } = viewsSheet(config, data, { count, draws });
  writeNew([out, await rgbToPng(sheet)]);
  const { width, height } = sheet;
  return { width, height, name: data.train.name, draws, ...drawn, skipped: data.skipped };
}

/** Which images and views are drawn. */
interface Drawing {
  /** How many images, at most. */
  readonly count: number;
  /** How many times the views of each image are drawn. */
  readonly draws: number;
  /** The first of these: the one of the epoch after so many. */
  readonly first?: number;
}

/** Images beside their views, as a run of this configuration sees them. */
export function viewsSheet(
  config: RunConfig,
  data: DataSet,
  { count, draws, first = 0 }: Drawing,
): { readonly sheet: ContactSheet } & Pick<DrawnViews, 'images' | 'settings' | 'views'> {
  const { settings, views: all } = runViews(
    config.views,
    { ...data, normalisation: givenNormalisation(config.data, data.train) },
    config.method.views,
  );
  const views = settings.views === 'none' ? all.slice(0, 1) : all;
  const { seed } = config.execution;
  const drawn = draw(data, views, { count: Math.min(count, data.train.count), draws, first, seed });
  return { ...drawn, settings, views };
}

/**
 * Says early that a picture cannot be written.
 * @throws UserError, or UsageError for another ending
 */
export function checkPictureFile(out: string): void {
  if (!/\.png$/i.test(out)) throw new UsageError(`--out must name a .png file, got ${out}`);
  if (!existsSync(dirname(out))) throw new UserError(`${dirname(out)}: there is no such folder for the picture`);
  checkOut(out);
}

/**
 * A row an image: itself, then its views as often as they are drawn, as in the first epochs of a
 * run with that seed.
 */
function draw(
  { train: set }: DataSet,
  views: readonly View[],
  { count, draws, first, seed }: Required<Drawing> & { readonly seed: number },
): { sheet: ContactSheet; images: number[] } {
  const [batch] = new Batches(set, { batch: count, seed }).epoch(0);
  if (!batch) throw new UserError(`${set.name}: there are no images`);
  const rows = Array.from(batch.indices, (i): Picture[] => [{ side: set, ...pictureOf(set, i) }]);
  for (let draw = first; draw < first + draws; draw++) {
    scope(() => {
      for (const [number, made] of makeViews(batch, set, views, { seed, draw }).entries()) {
        const view = views[number] as View;
        const bytes = withoutNormalisation(made, view);
        const { size } = view;
        const shown = { ...set, depth: undefined, height: size, width: size, pixels: bytes };
        for (const [i, row] of rows.entries()) row.push({ side: shown, ...pictureOf(shown, i) });
      }
    });
  }
  const gaps = new Set(Array.from({ length: draws }, (_, draw) => 1 + draw * views.length));
  return { sheet: contactSheet(rows, gaps), images: Array.from(batch.indices) };
}

/** The pixels of views, 0 to 255. */
function withoutNormalisation(made: Tensor, { mean, std }: View): Uint8Array {
  const [, channels, height, width] = made.shape as [number, number, number, number];
  return Uint8Array.from(made.data() as Float32Array, (value, at) => {
    const c = Math.floor(at / (height * width)) % channels;
    return Math.round(255 * Math.min(1, Math.max(0, value * (std[c] as number) + (mean[c] as number))));
  });
}
