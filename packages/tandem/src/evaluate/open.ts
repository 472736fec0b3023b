import type { Device, Tensor } from 'tandem-torch';
import { defined } from '../defined.js';
import { chooseDevice } from '../device.js';
import { UsageError } from '../errors.js';
import {
  type ColumnOptions,
  cropMargin,
  type DataSet,
  dataSets,
  type ImageSet,
  type LayoutOptions,
  type OpenOptions,
  openImages,
  skippedNote,
} from '../images/index.js';
import { type EncoderChoice, type OpenedEncoder, openEncoder, openEncoders, ownOpening } from '../runs/index.js';
import type { View } from '../views/index.js';
import { checkChannels, type EncoderCard, encoderView, pixelsOf } from '../weights/index.js';
import { features } from './features.js';
import type { JobHooks } from './hooks.js';
import { classNames, type KnnSplit, requireFit, requireLabels, requireTwoClasses } from './labels.js';

/** How images are opened, where not as their run did. */
export type Opening = Pick<
  OpenOptions,
  'dataRoot' | 'limit' | 'maxSkippedShare' | 'cache' | keyof LayoutOptions | keyof ColumnOptions
>;

/** What is measured with what. */
export interface MeasureOptions extends Opening {
  /**
   * A run folder, or a file of weights: of a run, or of a public model.
   */
  readonly encoder: string;
  /** Labelled images: a data set's name, a folder or an archive. */
  readonly images: string;
  /** Which of a run's encoders. */
  readonly which?: EncoderChoice | undefined;
  /** Defaults to `auto`, the best there is. */
  readonly device?: string | undefined;
}

/** Encoders and labelled images, ready to be measured. */
export interface Opened extends KnnSplit {
  /** At least one, on the device. */
  readonly encoders: readonly OpenedEncoder[];
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** Where features are computed. */
  readonly device: Device;
  /** How images are shown to the encoders. */
  readonly view: View;
}

/** @throws UsageError where images are limited that are all looked at */
export function refuseLimit({ limit, images }: { readonly limit?: number | undefined; readonly images: string }): void {
  if (limit !== undefined && !dataSets.includes(images)) throw new UsageError('--limit is for data sets known by name');
}

/** As a run opened these images where they are its own, where nothing else is asked for. */
export function openingFor({
  encoder,
  images,
  ...asked
}: Opening & { readonly encoder: string; readonly images: string }): Opening {
  const { dataRoot, limit, maxSkippedShare, cache, classes, train, test } = asked;
  const { imageColumn, labelColumn, splitColumn } = asked;
  return {
    ...ownOpening(encoder, images),
    ...defined({ dataRoot, limit, maxSkippedShare, cache, classes, train, test }),
    ...defined({ imageColumn, labelColumn, splitColumn }),
  };
}

/**
 * Opens encoders and images, measures, and disposes the encoders in any case.
 * @param what measures, for messages
 * @throws UserError where there is no such encoder, encoder and images do not suit each other, or
 * the images have no two classes
 */
export async function withOpened<T>(
  what: string,
  options: MeasureOptions & { readonly which: EncoderChoice },
  hooks: JobHooks,
  measure: (opened: Opened) => T | Promise<T>,
): Promise<T> {
  const device = chooseDevice(options.device ?? 'auto');
  const encoders = openEncoders(options.encoder, options.which);
  try {
    const { card, note } = encoders[0] as OpenedEncoder;
    if (note) hooks.onNote?.(note);
    const split = await openSplit(what, options, card, hooks);
    for (const { encoder } of encoders) encoder.to({ device });
    return await measure({ ...split, encoders, classes: classNames(split.reference), device, view: encoderView(card) });
  } finally {
    for (const { encoder } of encoders) encoder.dispose();
  }
}

/** An encoder and images that may have no labels, ready to be drawn. */
export interface Shown extends Pick<Opened, 'device' | 'view'> {
  readonly encoder: OpenedEncoder;
  /** The queries, where there are labels; all images, where there are none. */
  readonly set: ImageSet;
}

/** As `withOpened`, for one encoder and images with or without labels. */
export async function withShown<T>(
  options: MeasureOptions & { readonly which: Exclude<EncoderChoice, 'both'> },
  hooks: JobHooks,
  draw: (shown: Shown) => Promise<T>,
): Promise<T> {
  const device = chooseDevice(options.device ?? 'auto');
  const opened = openEncoder(options.encoder, options.which);
  try {
    const { card, note, encoder } = opened;
    if (note) hooks.onNote?.(note);
    const data = await openData(options, card, hooks);
    requireFit(options.images, data);
    tellOf(data, options, hooks);
    const { train, queries = train } = data;
    checkChannels(options.images, queries.channels, card);
    encoder.to({ device });
    return await draw({ encoder: opened, set: queries, device, view: encoderView(card) });
  } finally {
    opened.encoder.dispose();
  }
}

/** An encoder's features of a set; the scope around frees them. */
export function featuresOf(
  { encoder, name }: OpenedEncoder,
  set: ImageSet,
  what: string,
  { view, device }: Pick<Opened, 'view' | 'device'>,
  { onProgress }: JobHooks,
): Tensor {
  const shown = name === 'encoder' ? what : `${name}, ${what}`;
  return features(encoder, set, { view, device, onProgress: (done, total) => onProgress?.(done, total, shown) });
}

/** The images as an encoder takes them. */
function openData(options: MeasureOptions, card: EncoderCard, { onProgress, signal }: JobHooks): Promise<DataSet> {
  const opening = { size: card.size, ...pixelsOf(card), ...{ ...openingFor(options), margin: cropMargin } };
  return openImages(options.images, { ...opening, onProgress, signal });
}

/** Says what is to be known of images; of its own a run told when it began. */
function tellOf({ note, skipped }: DataSet, { encoder, images }: MeasureOptions, { onNote }: JobHooks): void {
  if (note && ownOpening(encoder, images) === undefined) onNote?.(note);
  if (skipped.length > 0) onNote?.(skippedNote(skipped));
}

async function openSplit(what: string, options: MeasureOptions, card: EncoderCard, hooks: JobHooks): Promise<KnnSplit> {
  const { images } = options;
  const data = await openData(options, card, hooks);
  const split = requireLabels(images, data, what);
  tellOf(data, options, hooks);
  checkChannels(images, split.reference.channels, card);
  requireTwoClasses(images, split.reference, what);
  return split;
}
