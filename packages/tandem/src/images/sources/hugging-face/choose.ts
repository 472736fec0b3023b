import { UserError } from '../../../errors.js';

/**
 * The column of images: the one asked for, the first that is said to hold images, or the first that
 * holds bytes. Undefined where there are no bytes: paths may be.
 *
 * @throws UserError where the one asked for is not there
 */
export function chooseImages(
  where: string,
  withBytes: readonly string[],
  known: readonly string[],
  asked: string | undefined,
  all: readonly string[],
): string | undefined {
  if (asked !== undefined) {
    if (withBytes.includes(asked)) return asked;
    if (all.includes(asked)) return undefined;
    throw new UserError(`${where}: no column '${asked}' of images; there is ${withBytes.join(', ') || all.join(', ')}`);
  }
  return known.find((name) => withBytes.includes(name)) ?? withBytes[0];
}
