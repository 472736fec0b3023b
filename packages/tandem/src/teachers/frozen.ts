import { noGrad, scope, type Tensor, tensor } from 'tandem-torch';
import { type Encoder, type Head, type Seen, seesPlaces } from '../networks/index.js';

/** Mean and deviation of each channel that a network's inputs were normalised with. */
interface Normalised {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** A network that has learned already, and learns no more. */
export interface FrozenTeacher {
  /** Of what it gives. */
  readonly width: number;
  /** From images to features. */
  readonly encoder: Encoder;
  /** From features to what is imitated. */
  readonly head: Head;
  /** Of its classes, where its outputs are scores of classes. */
  readonly classes?: readonly string[] | undefined;
  /**
   * Its head's embedding of each view, in evaluation mode and without gradient: [n, width] each. It
   * does not depend on the batch.
   */
  project<const Views extends readonly Tensor[]>(views: Views): { [View in keyof Views]: Tensor };
  /**
   * Its encoder's features of a view, without head, and of places where the encoder tells of them:
   * likewise in evaluation mode and without gradient.
   */
  see(x: Tensor): Pick<Seen, 'features'> & Partial<Seen>;
  /** Frees its networks. */
  dispose(): void;
}

/** A frozen network as data. */
export interface FrozenNetwork {
  /** From images to features. */
  readonly encoder: Encoder;
  /** The head it was trained with, or one that was fine-tuned. */
  readonly head: Head;
  /** Names of the classes that the head tells apart, where it is a classifier. */
  readonly classes?: readonly string[] | undefined;
  /** How its own images were normalised. */
  readonly own: Normalised;
}

/**
 * A teacher from a network that is trained. Neither parameters nor batch-norm statistics change.
 * Views that are normalised otherwise than its own images were (`views`) are brought to its scale.
 */
export function frozenTeacher({ encoder, head, classes, own }: FrozenNetwork, views: Normalised): FrozenTeacher {
  for (const part of [encoder, head]) part.requiresGrad(false).eval();
  const rescale = rescaling(views, own, encoder.parameters()[0]?.device);
  return {
    width: head.embeddingWidth,
    encoder,
    head,
    classes,
    project: <const Views extends readonly Tensor[]>(batch: Views) =>
      noGrad(() => scope(() => batch.map((x) => head.embed(encoder.forward(rescale(x)))))) as {
        [View in keyof Views]: Tensor;
      },
    see: (x) =>
      noGrad(() =>
        scope(() => (seesPlaces(encoder) ? encoder.see(rescale(x)) : { features: encoder.forward(rescale(x)) })),
      ),
    dispose() {
      encoder.dispose();
      head.dispose();
    },
  };
}

/** (x * std + mean - own mean) / own std, or nothing where they are equal. */
function rescaling(from: Normalised, to: Normalised, device = 'cpu'): (x: Tensor) => Tensor {
  if (String([from.mean, from.std]) === String([to.mean, to.std])) return (x) => x;
  const perChannel = (values: number[]) => tensor(values, { dtype: 'float32', device }).view([1, -1, 1, 1]).keep();
  const ratio = from.std.map((std, i) => std / (to.std[i] as number));
  const shift = from.mean.map((mean, i) => (mean - (to.mean[i] as number)) / (to.std[i] as number));
  const [scale, offset] = [perChannel(ratio), perChannel(shift)];
  return (x) => x.mul(scale).add(offset);
}
