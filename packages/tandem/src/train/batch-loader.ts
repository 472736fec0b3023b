import { type Device, scope, type Tensor, upload, uploadAsync } from 'tandem-torch';
import type { BatchSource, ImageSet } from '../images/index.js';
import type { Rounds } from '../methods/method.js';
import { byteShape, type ImageBatch } from '../views/index.js';

/** A batch of a run, its images loaded. */
export interface LoadedBatch extends ImageBatch {
  /** Which pass over the data it belongs to, from 0. */
  readonly pass: number;
}

type HostBatch = LoadedBatch & { readonly bytes: Uint8Array };

/**
 * The batches of a run, with their images where the work is; a batch may be used until the next is
 * asked for. A GPU that cannot hold the set is sent the images of the next batch while it computes
 * with this one.
 * @param rounds passes over the data in all, and steps with each batch
 * @param startStep steps already taken
 * @param resident all images of the set, on the device
 */
export function loadBatches(
  batches: BatchSource,
  { passes, repeats }: Rounds,
  startStep: number,
  device: Device,
  resident: Tensor | undefined,
): AsyncGenerator<LoadedBatch> {
  const first = Math.floor(startStep / repeats);
  if (resident) return fromResident(batches, passes, first, resident);
  const loaded = fromHost(batches, passes, first);
  return device === 'cpu' ? loaded : sentAhead(loaded, batches.set, device);
}

/** What is left of each pass, from the first batch on. */
function* passesFrom({ perEpoch }: BatchSource, passes: number, first: number) {
  let from = first % perEpoch;
  for (let pass = Math.floor(first / perEpoch); pass < passes; pass++) {
    yield { pass, from };
    from = 0;
  }
}

async function* fromHost(batches: BatchSource, passes: number, first: number): AsyncGenerator<HostBatch> {
  for (const { pass, from } of passesFrom(batches, passes, first)) {
    for await (const batch of batches.epoch(pass, from)) yield { ...batch, pass };
  }
}

/** Nothing is sent but the numbers of the images. */
async function* fromResident(
  batches: BatchSource,
  passes: number,
  first: number,
  resident: Tensor,
): AsyncGenerator<LoadedBatch> {
  const { device } = resident;
  for (const { pass, from } of passesFrom(batches, passes, first)) {
    for (const indices of batches.order?.(pass, from) ?? []) {
      const which = Int32Array.from(indices);
      const bytes = scope(() => resident.indexSelect(0, upload(which, [which.length], device))).keep();
      try {
        yield { pass, indices, bytes };
      } finally {
        bytes.dispose();
      }
    }
  }
}

async function* sentAhead(
  loaded: AsyncGenerator<HostBatch>,
  set: ImageSet,
  device: Device,
): AsyncGenerator<LoadedBatch> {
  const send = async () => {
    const { value: batch } = await loaded.next();
    if (!batch) return undefined;
    return { batch, images: uploadAsync(batch.bytes, byteShape(set, batch.indices.length), device) };
  };
  let next = await send();
  try {
    while (next) {
      // Taken before the next is sent, lest the work waits for that one.
      const { batch, images } = next;
      next = undefined;
      const bytes = images.take();
      try {
        next = await send();
        yield { ...batch, bytes };
      } finally {
        bytes.dispose();
      }
    }
  } finally {
    next?.images.dispose();
    await loaded.return(undefined);
  }
}
