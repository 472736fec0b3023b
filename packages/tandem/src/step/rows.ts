import type { Tensor } from 'tandem-torch';

/**
 * How a method sees a batch of which other processes have parts: its views are those of some of the
 * images, and what looks across the batch is asked for here. One process has them all.
 */
export interface BatchRows {
  /**
   * A row for each image of the batch, in its order, from those of the images here, with gradients:
   * [n, ...] to [batch, ...]. A loss of gathered rows is the same on every process.
   */
  gather(rows: Tensor): Tensor;
  /** Of a row for each image of the batch those of the images here: [batch, ...] to [n, ...]. */
  own(rows: Tensor): Tensor;
  /** The mean over all images, of k rows each, without gradient: [k n, d] to [1, d]. */
  mean(rows: Tensor): Tensor;
}

/** All of the batch is here. */
export const allRows: BatchRows = {
  gather: (rows) => rows,
  own: (rows) => rows,
  mean: (rows) => rows.mean([0], { keepdim: true }),
};
