import { UserError } from '../../errors.js';
import type { ImageSet } from '../imageset.js';
import { type Parts, part } from './files.js';
import type { CifarLike } from './sets.js';

const SIDE = 32;
const IMAGE = 3 * SIDE * SIDE;

/** @throws UserError where there are not as many as the set has */
export function classNames(set: CifarLike, parts: Parts): string[] {
  const lines = Buffer.from(part(set, parts, set.names))
    .toString('utf8')
    .split('\n');
  const classes = lines.map((line) => line.trim()).filter((line) => line !== '');
  if (classes.length === set.classes) return classes;
  throw new UserError(`${parts.label(set.names)}: ${classes.length} class names, expected ${set.classes}`);
}

/**
 * The images and labels of some files.
 *
 * @throws UserError where one is missing, cut short, or has a label of no class
 */
export function records(set: CifarLike, files: readonly string[], parts: Parts, classes: readonly string[]): ImageSet {
  const record = set.labels + IMAGE;
  const batches = files.map((file) => ({ file, bytes: part(set, parts, file) }));
  for (const { file, bytes } of batches) {
    if (bytes.length === 0 || bytes.length % record !== 0) {
      throw new UserError(
        `${parts.label(file)}: ${bytes.length} bytes, expected a whole number of ${record}-byte records; it is damaged or cut short`,
      );
    }
  }
  const count = batches.reduce((sum, { bytes }) => sum + bytes.length / record, 0);
  const pixels = new Uint8Array(count * IMAGE);
  const labels = new Int32Array(count);
  let i = 0;
  for (const { file, bytes } of batches) {
    for (let at = 0; at < bytes.length; at += record, i++) {
      const label = bytes[at + set.labels - 1] as number;
      if (label >= classes.length) {
        throw new UserError(
          `${parts.label(file)}: label ${label} in record ${at / record}, expected 0 to ${classes.length - 1}`,
        );
      }
      labels[i] = label;
      pixels.set(bytes.subarray(at + set.labels, at + record), i * IMAGE);
    }
  }
  return { name: set.name, count, channels: 3, height: SIDE, width: SIDE, pixels, labels, classes };
}
