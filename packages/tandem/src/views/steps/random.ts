import { type Device, type Tensor, upload } from 'tandem-torch';
import { type RandomStream, stream } from '../../random.js';

/** What the random numbers of a step depend on, beside its name and the image's index. */
interface DrawKey {
  readonly seed: number;
  readonly draw: number;
  readonly view: number;
}

/** The purpose of a run's seed here, plus the view's number. */
const ownSteps = 0x7374_6570;

/**
 * Random numbers for each image of a batch: functions of the run's seed, the epoch, the view, the
 * step and the image, whatever else is in the batch.
 */
export class ImageRandom {
  readonly #streams: readonly RandomStream[];
  readonly #device: Device;

  /** @param step its name, and of several of that name which */
  constructor(step: string, { seed, draw, view }: DrawKey, indices: Uint32Array, device: Device) {
    const name = Array.from(step).reduce((sum, letter) => (Math.imul(sum, 31) + (letter.codePointAt(0) ?? 0)) >>> 0, 7);
    this.#streams = Array.from(indices, (index) => stream(seed, ownSteps + view, name, draw, index));
    this.#device = device;
  }

  /** The next number of each image, even in [low, high). */
  numbers(low = 0, high = 1): Float32Array {
    return Float32Array.from(this.#streams, (random) => random.between(low, high));
  }

  /**
   * Numbers even in [low, high), to multiply images with or add to them.
   * @param shape of one image's: [1, 1, 1] is one number an image, [1, h, w] one a pixel
   * @returns float32 [n, ...shape], on the images' device
   */
  uniform(low = 0, high = 1, shape: readonly number[] = [1, 1, 1]): Tensor {
    return this.#tensor(shape, (random) => random.between(low, high));
  }

  /** As `uniform`, but normally distributed. */
  normal(mean = 0, deviation = 1, shape: readonly number[] = [1, 1, 1]): Tensor {
    return this.#tensor(shape, (random) => mean + deviation * gaussian(random));
  }

  #tensor(shape: readonly number[], draw: (random: RandomStream) => number): Tensor {
    const each = shape.reduce((product, size) => product * size, 1);
    const numbers = new Float32Array(this.#streams.length * each);
    let at = 0;
    for (const random of this.#streams) for (const end = at + each; at < end; at++) numbers[at] = draw(random);
    return upload(numbers, [this.#streams.length, ...shape], this.#device);
  }
}

/** After Box and Muller. */
function gaussian(random: RandomStream): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}
