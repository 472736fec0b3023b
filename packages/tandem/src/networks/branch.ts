import { cat, nn, type Tensor } from 'tandem-torch';
import type { Encoder } from './encoder.js';
import { Head, type HeadShape, mlpHead } from './head.js';

/**
 * Heads are made on the CPU, the encoder may live elsewhere. What is in place keeps its tensors:
 * others may hold them.
 */
function place(head: Head, { device, dtype }: Tensor): void {
  if (head.parameters().some((x) => x.device !== device || x.dtype !== dtype)) head.to({ device, dtype });
}

/**
 * Encoder, projector and, on a student's side of some methods, predictor: what one of the two
 * networks consists of.
 */
export class Branch extends nn.Module {
  /** How images go through the encoder where they do not all at once; null for that. */
  through: ((encoder: Encoder, images: Tensor) => Tensor) | null = null;

  constructor(
    /** From images to features. */
    readonly encoder: Encoder,
    /** The projector, from features to projections. */
    readonly head: Head,
    /** From projections to predictions; null where there is none. */
    readonly predictor: Head | null = null,
  ) {
    super();
    const [first] = encoder.parameters();
    for (const part of [head, predictor]) if (part && first) place(part, first);
  }

  /** Where its parameters are, and of which type. */
  get placement(): Pick<Tensor, 'device' | 'dtype'> {
    const [{ device, dtype }] = this.parameters() as [Tensor];
    return { device, dtype };
  }

  /** A copy with tensors of its own, without the predictor: what a teacher is made of. */
  twin(): Branch {
    return new Branch(this.encoder.clone(), this.head.clone());
  }

  /** Projection g(f(x)): [n, c, h, w] to [n, d]. */
  forward(x: Tensor): Tensor {
    return this.head.forward(this.features(x));
  }

  /** What the encoder makes of images: [n, c, h, w] to [n, featureWidth]. */
  features(x: Tensor): Tensor {
    return this.through ? this.through(this.encoder, x) : this.encoder.forward(x);
  }

  /**
   * Projections of several views of a batch, rows view by view: [views n, d]. Views of one size
   * that follow each other go through the encoder together, and all through the head, which is
   * faster, and what batch norm sees as one batch (facebookresearch/dino).
   */
  forwardAll(views: readonly Tensor[]): Tensor {
    const features = runsOfOneSize(views).map((run) => this.features(joined(run)));
    return this.head.forward(joined(features));
  }

  /** What embeddings are judged by: [n, c, h, w] to [n, head.embeddingWidth]. */
  embed(x: Tensor): Tensor {
    return this.head.embed(this.features(x));
  }

  /**
   * Prediction q(z) of a projection, or the projection itself where there is no predictor: [n, d]
   * to [n, d].
   */
  predict(z: Tensor): Tensor {
    return this.predictor ? this.predictor.forward(z) : z;
  }
}

function runsOfOneSize(views: readonly Tensor[]): Tensor[][] {
  const runs: Tensor[][] = [];
  for (const view of views) {
    const last = runs.at(-1);
    if (last?.[0] && String(last[0].shape) === String(view.shape)) last.push(view);
    else runs.push([view]);
  }
  return runs;
}

function joined(parts: readonly Tensor[]): Tensor {
  return parts.length === 1 ? (parts[0] as Tensor) : cat(parts);
}

/** The heads of a branch, as the options of methods name them. */
export interface BranchShape {
  /** Layers of the projector, 0 to 3, with their hidden and output widths. */
  readonly projLayers: number;
  /** Hidden width of the projector. */
  readonly projHidden: number;
  /** Output width of the projector. */
  readonly projDim: number;
  /** Batch norm between the projector's layers; there unless switched off. */
  readonly projNorm?: boolean;
  /** Batch norm after the projector's last layer, and of which kind; none where absent. */
  readonly lastNorm?: HeadShape['lastNorm'];
  /** Hidden width of a predictor of two layers; defaults to no predictor. */
  readonly predHidden?: number | undefined;
  /** Parts into which the projector's batch norms split a batch. */
  readonly splits?: number;
}

/** Puts fresh heads on an encoder. */
export function newBranch(encoder: Encoder, shape: BranchShape): Branch {
  const { projLayers, projHidden, projDim, projNorm = true, lastNorm, predHidden, splits } = shape;
  const mlp = mlpHead(encoder.featureWidth, projLayers, projHidden, projDim);
  const projector = new Head({ ...mlp, norm: projNorm, lastNorm, splits });
  const width = projector.outputWidth;
  const predictor = predHidden === undefined ? null : new Head(mlpHead(width, 2, predHidden, width));
  return new Branch(encoder, projector, predictor);
}
