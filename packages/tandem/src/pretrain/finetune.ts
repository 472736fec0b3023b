import { UsageError } from '../errors.js';
import { type EncoderChoice, openEncoder, ownOpening } from '../runs/index.js';
import type { RunConfig } from './config/options.js';
import { resolveConfig } from './config/resolve.js';
import { shortName } from './folder/run-folder.js';

/** What is fine-tuned, on which images, with how many labels. */
export interface FinetuneOptions {
  /**
   * A run folder, or a file of weights: of a run, or of a public model.
   */
  readonly encoder: string;
  /** A data set's name, a folder with class folders, an archive, or shards. */
  readonly images: string;
  /** Share of the labels of each class, above 0 and up to 1. */
  readonly labels: number;
  /** Which of a run's encoders; defaults to the kept one. */
  readonly which?: EncoderChoice | undefined;
  /** Further settings of the run by name, such as `epochs`, `fromHeadLayer` or `fromScratch`. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** For small images; the fewer the labels, the more often each is seen. */
export function finetuneDuration(share: number): { epochs: number; batch: number } {
  if (share <= 0.02) return { epochs: 200, batch: 64 };
  return { epochs: share <= 0.2 ? 60 : 30, batch: 128 };
}

/**
 * The configuration of a run that fine-tunes an encoder, for `pretrain`, and a name for its folder.
 * Images that the encoder's run learned from are opened as it did.
 * @throws UserError where there is no such encoder; UsageError for settings that are wrong
 * @example
 * ```ts
 * import { finetuneConfig, pretrain } from 'tandem-vision';
 *
 * const { config } = finetuneConfig({
 *   ...{ encoder: 'runs/mine', images: 'pictures', labels: 0.5 }, // of half the labels
 *   settings: { epochs: 1, batch: 8 },
 * });
 * for await (const event of pretrain(config, { out: 'runs/tuned' })) {
 *   if (event.kind === 'epoch') console.log(event.metrics.loss);
 * }
 * ```
 */
export function finetuneConfig({ encoder, images, labels, which = 'kept', settings }: FinetuneOptions): {
  config: RunConfig;
  name: string;
} {
  if (which === 'both') throw new UsageError('--encoder both: one encoder is fine-tuned; give student or teacher');
  const opened = openEncoder(encoder, which);
  opened.encoder.dispose();
  const { maxSkippedShare: maxSkipped, ...opening } = ownOpening(encoder, images) ?? {};
  const config = resolveConfig({
    ...{ images, method: 'supervised', from: encoder, of: which, labels },
    ...finetuneDuration(labels),
    ...{ size: opened.card.size, channels: opened.card.architecture.channels },
    ...(opened.card.range && { range: opened.card.range.join(',') }),
    ...(opened.card.bits && { bits: opened.card.bits }),
    ...{ ...opening, ...(maxSkipped !== undefined && { maxSkipped }) },
    ...settings,
  });
  return { config, name: `${shortName(images)}-finetune-${Number((100 * labels).toPrecision(6))}pct` };
}
