// What the examples of this folder share: pictures in, views of them, an encoder out.
import { manualSeed, scope, type Tensor } from 'tandem-torch';
import {
  type Architecture,
  type Batch,
  Batches,
  type Encoder,
  eagerContext,
  type ImageSet,
  makeView,
  newArchitecture,
  openImages,
  type StepContext,
  saveEncoder,
  smallView,
} from 'tandem-vision';

manualSeed(0); // networks begin the same each time

export const size = 32;

/** How each view is made: a random crop, a flip, other colours. */
export const view = smallView({ size });

/** A network that learns a few hundred pictures in minutes on a CPU. */
export const architecture = newArchitecture('resnet8', { width: 16, stem: 'strided' }, { size, channels: 3 });

/** The pictures of a folder, and their classes where it has a folder for each. */
export async function readPictures(folder: string): Promise<ImageSet> {
  return (await openImages(folder, { size })).train;
}

/** What a step is given. */
export interface Step {
  readonly batch: Batch;
  /** From 0. */
  readonly epoch: number;
  /** What a method of the toolkit sees of the step. */
  readonly ctx: StepContext;
  /** A view of each picture of the batch, the first being number 0: [n, 3, size, size]. */
  draw(number: number): Tensor;
}

/** Takes a step with each batch of so many epochs, and prints the mean of the losses. */
export function learn(set: ImageSet, epochs: number, take: (step: Step) => Tensor): void {
  const batches = new Batches(set, { batch: 16, seed: 0 });
  const run = { steps: epochs * batches.perEpoch, epochs, lr: 0.03, seed: 0 };
  for (let epoch = 0; epoch < epochs; epoch++) {
    let [step, sum] = [epoch * batches.perEpoch, 0];
    for (const batch of batches.epoch(epoch)) {
      const ctx = eagerContext({ info: { ...run, step, epoch: epoch + 1 } });
      const draw = (number: number) => makeView(batch, set, view, { seed: 0, draw: epoch, view: number });
      sum += scope(() => take({ batch, epoch, ctx, draw }).item()); // frees what the step made
      step += 1;
    }
    console.log(`epoch ${epoch + 1}: loss ${sum / batches.perEpoch}`);
  }
}

/** Writes an encoder, which `tandem knn`, `embed` and `export` take. */
export function save(file: string, encoder: Encoder, built: Architecture = architecture): void {
  saveEncoder(file, encoder, { architecture: built, size, mean: view.mean, std: view.std });
}
