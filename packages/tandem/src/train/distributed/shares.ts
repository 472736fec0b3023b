import { UserError } from '../../errors.js';

/**
 * How many images of a batch each process has: in order, in whole units, as evenly as they go.
 * @param unit images that stay together, such as the parts of a split batch norm
 * @throws UserError where there are fewer units than processes
 */
export function sharesOf(batch: number, processes: number, unit = 1): number[] {
  const units = batch / unit;
  if (!Number.isInteger(units)) throw new RangeError(`a batch of ${batch} does not divide into parts of ${unit}`);
  if (units < processes) {
    const why = unit === 1 ? `a batch of ${batch}` : `a batch of ${batch} in parts of ${unit}`;
    throw new UserError(`${why} is too small for ${processes} processes; give --batch ${unit * processes} or more`);
  }
  const [each, more] = [Math.floor(units / processes), units % processes];
  return Array.from({ length: processes }, (_, rank) => unit * (each + (rank < more ? 1 : 0)));
}
