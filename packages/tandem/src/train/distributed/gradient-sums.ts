import { cat, type distributed, noGrad, scope, type Tensor } from 'tandem-torch';

/** Bytes of a bucket: large enough to be sent at full speed, small enough for several at a time. */
const bucketBytes = 8 * 2 ** 20;

/**
 * Adds up the gradients of all processes, in place. They go in flat buckets, always the same ones
 * in the same order, since sums of three or more depend on how they are cut. While one is on its
 * way the next is laid out.
 * @param parameters those without a gradient are left out, as they are on every process
 */
export function sumGradients(group: distributed.ProcessGroup, parameters: readonly Tensor[]): void {
  const gradients = parameters.flatMap(({ grad }) => grad ?? []);
  scope(() =>
    noGrad(() => {
      const sent = buckets(gradients).map((bucket) => {
        const flat = cat(bucket.map((x) => x.contiguous().view([-1])));
        return { bucket, collective: group.allReduceAsync(flat) };
      });
      for (const { bucket, collective } of sent) {
        const flat = collective.wait();
        const parts = flat.split(bucket.map(({ numel }) => numel));
        bucket.forEach((x, i) => void x.copy_((parts[i] as Tensor).view(x.shape)));
      }
    }),
  );
}

function buckets(gradients: readonly Tensor[]): Tensor[][] {
  const all: Tensor[][] = [];
  let [bytes, dtype] = [Number.POSITIVE_INFINITY, ''];
  for (const x of gradients) {
    const own = x.numel * (x.dtype === 'float64' ? 8 : 4);
    if (bytes + own > bucketBytes || dtype !== x.dtype) {
      all.push([]);
      [bytes, dtype] = [0, x.dtype];
    }
    all.at(-1)?.push(x);
    bytes += own;
  }
  return all;
}
