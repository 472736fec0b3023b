import { scope } from 'tandem-torch';
import { chooseDevice } from '../device.js';
import { UserError } from '../errors.js';
import type { JobHooks, Opening } from '../evaluate/index.js';
import {
  type ClassifierChoice,
  type EncoderChoice,
  findClassifier,
  type OpenedClassifier,
  type OpenedEncoder,
  openClassifier,
  openEncoder,
  ownImages,
} from '../runs/index.js';
import { tandemVersion } from '../version.js';
import { checkExportFolder, exportFolder, laidOut } from './folder.js';
import type { ExportLayout } from './layouts/index.js';
import type { Quantization } from './model-card.js';
import { provenanceOf } from './provenance.js';
import { quantizeEncoder } from './quantize-encoder.js';

/** Which encoder, where it goes, and what the quantized model is measured with. */
export interface ExportOptions extends Opening {
  /**
   * A run folder, or a file of weights: of a run, or of a public model.
   */
  readonly encoder: string;
  /** The folder to write, new or empty. */
  readonly out: string;
  /** Which of a run's encoders; defaults to the kept one. */
  readonly which?: Exclude<EncoderChoice, 'both'> | undefined;
  /**
   * Which classifier goes with it, as scores beside the features; defaults to the encoder's own, or
   * else the linear one, where there is one.
   */
  readonly classifier?: ClassifierChoice | 'none' | undefined;
  /**
   * Whose names the weights have: those of `torchvision`, `timm` or `huggingface` are loaded by
   * that library as they are. Defaults to `tandem`: torchvision's or timm's names, and what Tandem
   * reads.
   */
  readonly layout?: ExportLayout | undefined;
  /** To calibrate and measure the quantized model with; defaults to the run's. */
  readonly images?: string | undefined;
  /** Whether to write a quantized model too; defaults to true. */
  readonly quantized?: boolean | undefined;
  /** Whether to keep a quantized model that loses more than 2 points; defaults to false. */
  readonly allowLoss?: boolean | undefined;
  /** To measure on; defaults to `auto`, the best there is. */
  readonly device?: string | undefined;
}

/** What was written. */
export interface Exported {
  /** The encoder's file. */
  readonly encoder: string;
  /** The folder. */
  readonly out: string;
  /** Their names in `out`. */
  readonly files: readonly string[];
  /** What was left out, and why. */
  readonly notes: readonly string[];
  /** What the quantized model was measured to be, or why there is none. */
  readonly quantized: Quantization | string;
  /** The classes that its ONNX models and `classifier.safetensors` tell apart. */
  readonly classes?: readonly string[];
}

/** Images, and queries, that the quantized model is measured with at most. */
export const measuredImages = 2000;

/**
 * Writes an encoder as a folder that transformers.js, ONNX Runtime and torchvision load as it is,
 * with a quantized model that was measured beside it.
 * @throws UserError where the folder is not empty or cannot be written, there is no such encoder,
 * or the images that were asked for cannot be used
 * @example
 * ```ts
 * import { exportEncoder, load } from 'tandem-vision';
 *
 * const { files } = await exportEncoder({ encoder: 'runs/mine', out: 'my-encoder' });
 * console.log(files.includes('onnx/model.onnx')); // true
 * using model = await load('my-encoder'); // Tandem reads such a folder too
 * console.log((await model.embed('cat.png')).length); // 64
 * ```
 */
export async function exportEncoder(options: ExportOptions, hooks: JobHooks = {}): Promise<Exported> {
  const { out } = options;
  checkExportFolder(out);
  const device = chooseDevice(options.device ?? 'auto');
  const opened = openEncoder(options.encoder, options.which);
  const { encoder, card, note, file, name } = opened;
  let classifier: OpenedClassifier | undefined;
  try {
    if (note) hooks.onNote?.(note);
    scope(() => void laidOut({ encoder, card, layout: options.layout }));
    classifier = classifierOf(options, opened, hooks);
    const provenance = provenanceOf(options.encoder, name, out);
    for (const line of provenance.lost ?? []) hooks.onNote?.(line);
    const { quantized = true, allowLoss = false, limit = measuredImages } = options;
    const how = { ...options, own: ownImages(options.encoder), device, limit, quantized, allowLoss };
    const eight = await quantizeEncoder(encoder, card, how, hooks);
    hooks.signal?.throwIfAborted();
    const parts = {
      encoder,
      card,
      classifier,
      provenance,
      version: tandemVersion,
      quantized: eight,
      layout: options.layout,
    };
    const written = exportFolder(out, parts);
    return {
      ...{ encoder: file, out, ...written },
      quantized: typeof eight === 'string' ? eight : eight.made,
      ...(classifier && { classes: classifier.classes }),
    };
  } finally {
    encoder.dispose();
    classifier?.head.dispose();
  }
}

/** That a classifier is out of date is an error only where one was asked for. */
function classifierOf(
  { encoder, classifier }: ExportOptions,
  opened: OpenedEncoder,
  { onNote }: JobHooks,
): OpenedClassifier | undefined {
  if (classifier === 'none') return undefined;
  if (classifier !== undefined) return openClassifier(encoder, opened, classifier);
  try {
    return findClassifier(encoder, opened);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    onNote?.(`without the classifier: ${error.message}`);
    return undefined;
  }
}
