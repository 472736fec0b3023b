import type { TransformerForm } from './vit/form.js';

/**
 * How the network begins: `small` keeps the resolution, `strided` halves it, `standard` quarters
 * it.
 */
export type Stem = 'small' | 'strided' | 'standard';

/**
 * What names an encoder completely: enough to build it again and load its weights. What its
 * backbone has no use for is absent.
 */
export interface Architecture extends TransformerForm {
  /** Its name, one of `backbones`. */
  readonly backbone: string;
  /**
   * Channels of the first stage, or after the stem of ReActNet; of a ViT the numbers in a token.
   */
  readonly width: number;
  /** Channels of the images. */
  readonly channels: number;
  /** Of convolutional networks. */
  readonly stem?: Stem | undefined;
  /** Of ResNets: channels of the last stage, and so of the features. */
  readonly features?: number | undefined;
  /**
   * Of real ResNets: cells along each side of the last map that are averaged each by itself, so
   * that the features, `pool`^2 times as many, say where things are; defaults to 1, the whole map.
   */
  readonly pool?: number | undefined;
  /** Of real ResNets: outputs of a linear layer after the pooling, which are then the features. */
  readonly embedding?: number | undefined;
  /**
   * Of real ResNets: the form D of He et al., 2019: three convolutions before the stages, and means
   * in the shortcuts.
   */
  readonly resnetD?: boolean | undefined;
  /** Of real ResNets: SimCLR v2's form, with selective kernels in bottlenecks. */
  readonly sk?: boolean | undefined;
  /** Of real ResNets: the last norm of each block begins at gain 0. */
  readonly zeroGain?: boolean | undefined;
  /** Of binary networks: what is binary; defaults to both. */
  readonly binary?: 'both' | 'activations' | undefined;
  /** Of ViTs: blocks. */
  readonly depth?: number | undefined;
  /** Of ViTs: side of a patch in pixels. */
  readonly patch?: number | undefined;
  /** Of ViTs: side of the images that the position embeddings are made for. */
  readonly size?: number | undefined;
}

/**
 * How an encoder behaves in training alone: its parameters, and what it computes in evaluation, are
 * the same.
 */
export interface TrainingForm {
  /** Parts into which batch norms split a batch; defaults to 1. */
  readonly splits?: number | undefined;
  /** Whether a ViT has a token in place of masked patches; defaults to false. */
  readonly maskToken?: boolean | undefined;
  /** Stochastic depth of ViTs and ConvNeXts; defaults to 0. */
  readonly dropPath?: number | undefined;
}

/** What one may ask of a backbone beside its name. */
export type BackboneSettings = Partial<Omit<Architecture, 'backbone' | 'channels' | 'size'>> &
  Pick<TrainingForm, 'dropPath'>;
