import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { dataSets } from '../images/index.js';

/**
 * One name for images, however their path is spelled: the true path of what is there, and data sets
 * and URLs as they are.
 * @param folder where a relative path is seen from
 */
export function placeOf(images: string, folder = '.'): string {
  if (dataSets.includes(images) || /^[a-z][a-z0-9+.-]*:\/\//i.test(images)) return images;
  const path = resolve(folder, images);
  return existsSync(path) ? realpathSync(path) : path;
}
