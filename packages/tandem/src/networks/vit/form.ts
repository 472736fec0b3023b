/**
 * How positions that were learned for one grid of patches are brought to another, bicubically:
 * `plain` by size, as transformers has it; `antialias` likewise, but smoothed where they shrink, as
 * timm and DINOv2 with registers have it; `offset` by the factor (n + 0.1) / side, as DINO and
 * DINOv2 without registers have it.
 */
export const resamplings = ['plain', 'antialias', 'offset'] as const;
export type Resampling = (typeof resamplings)[number];

/**
 * What becomes of the tokens: the class token after the last norm, the mean of the patches after
 * it, or the norm of the patches' mean.
 */
export const poolings = ['class', 'mean', 'mean-norm'] as const;
export type Pooling = (typeof poolings)[number];

/** Positions: added to the tokens, or turning queries and keys of patches by their places. */
export const positionKinds = ['learned', 'rotary'] as const;

/** Which of queries, keys and values have biases. */
export const qkvBiases = ['all', 'query-value', 'none'] as const;

/** Between the layers of a block's perceptron. */
export const mlpKinds = ['gelu', 'swiglu'] as const;

/**
 * In what a vision transformer differs from the first ones (Dosovitskiy et al., 2021). What is
 * absent is as they have it.
 */
export interface TransformerForm {
  /** Of attention; they divide the width. Defaults to the backbone's width of a head. */
  readonly heads?: number | undefined;
  /** Defaults to GELU; `swiglu` is silu(a) b with a and b the halves of its first layer. */
  readonly mlp?: (typeof mlpKinds)[number] | undefined;
  /** Numbers between its two layers; defaults to 4 times the width. */
  readonly mlpWidth?: number | undefined;
  /** Each layer is scaled channel by channel, from this on; defaults to no such scale. */
  readonly layerScale?: number | undefined;
  /** Tokens beside those of class and patches that no feature is read from; defaults to 0. */
  readonly registers?: number | undefined;
  /** Defaults to true. */
  readonly classToken?: boolean | undefined;
  /** Defaults to the class token, and without one to the mean. */
  readonly pooling?: Pooling | undefined;
  /** Defaults to learned ones. */
  readonly positions?: (typeof positionKinds)[number] | undefined;
  /** Of learned positions; defaults to `plain`. */
  readonly resample?: Resampling | undefined;
  /** Of all norms, added to the variance; defaults to 1e-6. */
  readonly normEps?: number | undefined;
  /** Defaults to all of them. */
  readonly qkvBias?: (typeof qkvBiases)[number] | undefined;
}

/** The settings that shape a transformer beside width, depth and patch. */
export const transformerSettings = [
  ...(['heads', 'mlp', 'mlpWidth', 'layerScale', 'registers', 'classToken', 'pooling', 'positions'] as const),
  ...(['resample', 'normEps', 'qkvBias'] as const),
] as const satisfies readonly (keyof TransformerForm)[];
