import { type Device, scope, type Tensor, upload, uploadAsync } from 'tandem-torch';
import { type Batches, gather, type ImageSet } from '../images/index.js';
import type { Rounds } from '../methods/method.js';
import { byteShape, type ImageBatch } from '../views/index.js';

/** A batch of a run, its images loaded. */
export interface LoadedBatch extends ImageBatch {
  /** Which pass over the data it belongs to, from 0. */
  readonly pass: number;
}

type UnloadedBatch = Omit<LoadedBatch, 'bytes'>;
type LoadedBatches = Generator<LoadedBatch, void, void>;

/**
 * The batches of a run, with their images where the work is; a batch may be used until the next is
 * asked for. A GPU that cannot hold the set is sent the images of the next batch while it computes
 * with this one.
 * @param rounds passes over the data in all, and steps with each batch
 * @param startStep steps already taken
 * @param resident all images of the set, on the device
 */
export function loadBatches(
  batches: Batches,
  { passes, repeats }: Rounds,
  startStep: number,
  device: Device,
  resident: Tensor | undefined,
): LoadedBatches {
  const unloaded = unloadedFrom(batches, passes, Math.floor(startStep / repeats));
  if (resident) return fromResident(unloaded, resident);
  return device === 'cpu' ? fromHost(unloaded, batches.set) : sentAhead(unloaded, batches.set, device);
}

function* unloadedFrom(batches: Batches, passes: number, first: number): Generator<UnloadedBatch, void, void> {
  let from = first % batches.perEpoch;
  for (let pass = Math.floor(first / batches.perEpoch); pass < passes; pass++) {
    for (const indices of batches.order(pass, from)) yield { pass, indices };
    from = 0;
  }
}

function* fromHost(unloaded: Iterable<UnloadedBatch>, set: ImageSet): LoadedBatches {
  for (const batch of unloaded) yield { ...batch, bytes: gather(set, batch.indices) };
}

/** Nothing is sent but the numbers of the images. */
function* fromResident(unloaded: Iterable<UnloadedBatch>, resident: Tensor): LoadedBatches {
  const { device } = resident;
  for (const batch of unloaded) {
    const which = Int32Array.from(batch.indices);
    const bytes = scope(() => resident.indexSelect(0, upload(which, [which.length], device))).keep();
    try {
      yield { ...batch, bytes };
    } finally {
      bytes.dispose();
    }
  }
}

function* sentAhead(unloaded: Iterator<UnloadedBatch, void>, set: ImageSet, device: Device): LoadedBatches {
  const send = () => {
    const { value: batch } = unloaded.next();
    if (!batch) return undefined;
    const shape = byteShape(set, batch.indices.length);
    return { batch, images: uploadAsync(gather(set, batch.indices), shape, device) };
  };
  let next = send();
  try {
    while (next) {
      // Taken before the next is sent, lest the work waits for that one.
      const { batch, images } = next;
      const bytes = images.take();
      try {
        next = send();
        yield { ...batch, bytes };
      } finally {
        bytes.dispose();
      }
    }
  } finally {
    next?.images.dispose();
  }
}
