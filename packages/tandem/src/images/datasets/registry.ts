/**
 * Data sets known by name. Each has a file or folder of its own with all that is particular to it:
 * its name, where it lies and where it comes from, its format, its mean and deviation, its name on
 * the Hub. To add one, write that folder and list it here. They may use every other room of the
 * images, and none of those knows them.
 */

import { cifar10, cifar100 } from './cifar/cifar.js';
import { imagenet100 } from './imagenet100/imagenet100.js';
import { fashionMnist, mnist } from './mnist/mnist.js';
import type { NamedDataSet } from './named.js';
import { stl10 } from './stl10/stl10.js';
import { tinyImageNet } from './tiny-imagenet.js';

const all: readonly NamedDataSet[] = [cifar10, cifar100, stl10, tinyImageNet, imagenet100, fashionMnist, mnist];
const byName: ReadonlyMap<string, NamedDataSet> = new Map(all.map((set) => [set.name, set]));

/** The names of the data sets. */
export const dataSets: readonly string[] = [...byName.keys()];

/** The data set of a name, where there is one. */
export function dataSetNamed(name: string): NamedDataSet | undefined {
  return byName.get(name);
}

/**
 * What to say to whoever opens a folder of a data set's own files by its path, if these are some.
 */
export function hintFor(paths: readonly string[]): string | undefined {
  const names = paths.map((path) => path.slice(path.lastIndexOf('/') + 1));
  return all.find(({ hint }) => hint && names.some((name) => hint.file.test(name)))?.hint?.advice;
}
