import type { OpenParts } from '../options.js';
import type { DataSet } from '../set/image-set.js';
import { openCifar } from './cifar/cifar.js';
import { CIFAR } from './cifar/sets.js';
import { openImageNet100 } from './imagenet100/imagenet100.js';
import { MNIST_LIKE, openMnistLike } from './mnist/mnist.js';
import { openStl10 } from './stl10/stl10.js';
import { openTinyImageNet } from './tiny-imagenet.js';

type Open = (parts: OpenParts) => Promise<DataSet>;

/** How each data set known by name is opened. */
export const NAMED: Readonly<Record<string, Open>> = {
  ...Object.fromEntries(CIFAR.map((set): [string, Open] => [set.name, (parts) => openCifar(set, parts)])),
  stl10: openStl10,
  'tiny-imagenet': openTinyImageNet,
  imagenet100: openImageNet100,
  ...Object.fromEntries(MNIST_LIKE.map((set): [string, Open] => [set.name, (parts) => openMnistLike(set, parts)])),
};
