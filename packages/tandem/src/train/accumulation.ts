import {
  cat,
  type Device,
  generatorState,
  gradEnabled,
  nn,
  noGrad,
  scope,
  setGeneratorState,
  type Tensor,
} from 'tandem-torch';
import { UserError } from '../errors.js';
import type { Share } from '../images/index.js';
import { type Method, networksOf } from '../methods/method.js';
import { DropPath } from '../networks/drop-path.js';
import { sharesOf } from './distributed/shares.js';

type Branch = Method['student'];
type Encoder = Branch['encoder'];

/** One pass of images through an encoder that is to be trained. */
interface Pass {
  readonly encoder: Encoder;
  /** [k n, c, h, w]: k views of each image, view by view. */
  readonly images: Tensor;
  /** [k n, featureWidth], from where the loss was computed. */
  readonly features: Tensor;
  /** The generator before it. */
  readonly drawn: Tensor;
}

/**
 * Sends the images of a batch through encoders part by part, in the memory of one part, with the
 * gradients of the whole batch (Gao et al., 2021, "GradCache"): the features of all are computed
 * first, without keeping anything; from them come the loss, as ever, and its gradient with respect
 * to them; then each part goes through once more, and takes its rows of that gradient back.
 */
export class Accumulation {
  readonly #method: string;
  readonly #branches: readonly Branch[];
  readonly #parts: number;
  readonly #device: Device;
  #batch = 0;
  #passes: Pass[] = [];

  /**
   * @param parts of a batch, at least 2
   * @throws UserError for a method whose networks see more than an image at a time, or do not give
   * features
   */
  constructor(method: Method, parts: number, device: Device) {
    this.#method = method.name;
    this.#branches = networksOf(method);
    this.#parts = parts;
    this.#device = device;
    if (method.learnsFromPlaces) throw new UserError(featuresAlone(method.name));
    if (this.#branches.some(({ encoder }) => encoder.modules().some(isBatchNorm))) {
      throw new UserError(
        'accumulate: batch norm would normalise each part by itself, and this network has it; take a vit or convnext, or leave accumulate out',
      );
    }
  }

  /** The loss of a batch of so many images is computed next. */
  begin(batch: number): void {
    this.#batch = batch;
    this.#passes = [];
    for (const branch of this.#branches) branch.through = (encoder, images) => this.#forward(encoder, images);
  }

  /**
   * Once the loss has given features their gradient: gives parameters theirs.
   * @param forward what the loss is computed in: a precision
   * @throws UserError where the loss sent no images through a branch that learns
   */
  finish(forward: (work: () => Tensor) => Tensor): void {
    for (const branch of this.#branches) branch.through = null;
    if (this.#passes.length === 0) throw new UserError(featuresAlone(this.#method));
    const after = generatorState(this.#device);
    for (const { encoder, images, features, drawn } of this.#passes) {
      const { grad } = features;
      if (!grad) continue;
      for (const share of this.#shares()) {
        scope(() => {
          const part = () => this.#inPart(encoder, share, drawn, images);
          forward(part).backward(this.#rows(grad, share));
        });
      }
    }
    setGeneratorState(after, this.#device);
    this.#passes = [];
  }

  #forward(encoder: Encoder, images: Tensor): Tensor {
    const rows = images.shape[0] as number;
    if (rows % this.#batch !== 0) throw new RangeError(`accumulate: ${rows} images are no views of ${this.#batch}`);
    const drawn = generatorState(this.#device);
    const features = noGrad(() =>
      scope(() => {
        const parts = this.#shares().map((share) =>
          scope(() => this.#inPart(encoder, share, drawn, images).view([rows / this.#batch, share.count, -1])),
        );
        return cat(parts, { dim: 1 }).view([rows, -1]);
      }),
    );
    if (!gradEnabled() || encoder.parameters().every(({ requiresGrad }) => !requiresGrad)) return features;
    features.requiresGrad = true;
    this.#passes.push({ encoder, images, features, drawn });
    return features;
  }

  /** Features of a part. What is random for an image is the same in any part, and each time. */
  #inPart(encoder: Encoder, share: Share, drawn: Tensor, images: Tensor): Tensor {
    setGeneratorState(drawn, this.#device);
    const layers = encoder.modules().filter((part) => part instanceof DropPath);
    const whole = layers.map((layer) => layer.share);
    for (const layer of layers) {
      // Where other processes have the rest, a part is one of what is here.
      const { from, batch } = layer.share ?? { from: 0, batch: this.#batch };
      layer.share = { from: from + share.from, count: share.count, batch };
    }
    try {
      return encoder.forward(this.#rows(images, share));
    } finally {
      layers.forEach((layer, i) => {
        layer.share = whole[i] ?? null;
      });
    }
  }

  #shares(): readonly Share[] {
    const counts = sharesOf(this.#batch, Math.min(this.#parts, this.#batch));
    return counts.map((count, i) => ({ from: counts.slice(0, i).reduce((sum, x) => sum + x, 0), count }));
  }

  /** The rows of a part, view by view. */
  #rows(x: Tensor, { from, count }: Share): Tensor {
    const views = (x.shape[0] as number) / this.#batch;
    if (views === 1) return x.narrow(0, from, count);
    const rest = x.shape.slice(1);
    return x
      .view([views, this.#batch, ...rest])
      .narrow(1, from, count)
      .reshape([views * count, ...rest]);
  }
}

/** In a method of one's own it shows at the first step. */
const featuresAlone = (method: string) =>
  `accumulate: ${method} takes more of images than features, which alone go in parts; leave accumulate out`;

function isBatchNorm(part: nn.Module): boolean {
  return part instanceof nn.BatchNorm1d || part instanceof nn.BatchNorm2d;
}
