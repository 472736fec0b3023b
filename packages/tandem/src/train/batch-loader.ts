import { type Device, scope, type Tensor, upload, uploadAsync } from '@tandem/torch';
import { type Batches, gather, type ImageSet } from '../images/index.js';
import type { Rounds } from '../methods/method.js';
import type { ImageBatch } from '../views/index.js';

/** A batch at its place in a run. */
export interface Turn extends ImageBatch {
  /** Which pass over the data it belongs to, from 0. */
  readonly pass: number;
}

type Place = Omit<Turn, 'bytes'>;
type Turns = Generator<Turn, void, void>;

/**
 * The batches of a run, with their images where the work is; what a turn brings may be used until
 * the next is asked for. A GPU that cannot hold the set is sent the images of the next batch while
 * it computes with this one.
 *
 * @param rounds passes over the data in all, and steps with each batch
 * @param startStep steps already taken
 * @param resident all images of the set, on the device
 */
export function supply(
  batches: Batches,
  { passes, repeats }: Rounds,
  startStep: number,
  device: Device,
  resident: Tensor | undefined,
): Turns {
  const places = placesFrom(batches, passes, Math.floor(startStep / repeats));
  if (resident) return picked(places, resident);
  return device === 'cpu' ? gathered(places, batches.set) : sentAhead(places, batches.set, device);
}

function* placesFrom(batches: Batches, passes: number, batch: number): Generator<Place, void, void> {
  let from = batch % batches.perEpoch;
  for (let pass = Math.floor(batch / batches.perEpoch); pass < passes; pass++) {
    for (const indices of batches.order(pass, from)) yield { pass, indices };
    from = 0;
  }
}

function* gathered(places: Iterable<Place>, set: ImageSet): Turns {
  for (const place of places) yield { ...place, bytes: gather(set, place.indices) };
}

/** Nothing is sent but the numbers of the images. */
function* picked(places: Iterable<Place>, resident: Tensor): Turns {
  const { device } = resident;
  for (const place of places) {
    const which = Int32Array.from(place.indices);
    const bytes = scope(() => resident.indexSelect(0, upload(which, [which.length], device))).keep();
    try {
      yield { ...place, bytes };
    } finally {
      bytes.dispose();
    }
  }
}

function* sentAhead(places: Iterator<Place, void>, set: ImageSet, device: Device): Turns {
  const { channels, height, width } = set;
  const send = () => {
    const { value: place } = places.next();
    if (!place) return undefined;
    const shape = [place.indices.length, channels, height, width];
    return { place, images: uploadAsync(gather(set, place.indices), shape, device) };
  };
  let next = send();
  try {
    while (next) {
      // Taken before the next is sent, lest the work waits for that one.
      const { place, images } = next;
      const bytes = images.take();
      try {
        next = send();
        yield { ...place, bytes };
      } finally {
        bytes.dispose();
      }
    }
  } finally {
    next?.images.dispose();
  }
}
