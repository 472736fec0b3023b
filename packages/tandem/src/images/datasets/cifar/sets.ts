import type { ChannelStatistics, NamedDataSet } from '../named.js';

/**
 * A data set in CIFAR's binary format: records of one or two labels and 32x32 pixels, all red, all
 * green, all blue.
 */
export interface CifarLike {
  /** What users call it. */
  readonly name: string;
  /** What papers call it. */
  readonly title: string;
  /** How many images it has to learn from, and their side. */
  readonly published: NamedDataSet['published'];
  /** The usual constants of its training images. */
  readonly statistics: ChannelStatistics;
  /** What Hugging Face's Hub calls it. */
  readonly hubName: string;
  /** The files of training images. */
  readonly train: readonly string[];
  /** The file of test images. */
  readonly test: string;
  /** The file of class names, one a line. */
  readonly names: string;
  /** How many there are. */
  readonly classes: number;
  /** Labels in front of each record's pixels; the last is the class. */
  readonly labels: number;
  /** The folder in its archive. */
  readonly folder: string;
  /** The official archive, without its ending. */
  readonly archive: string;
  /** Of the archive. */
  readonly md5: string;
  /** The same set as images in train/<class> and test/<class>. */
  readonly images: RegExp;
}

/** 60,000 images of 32 pixels in 10 classes (Krizhevsky, 2009). */
export const cifar10Files: CifarLike = {
  name: 'cifar10',
  published: { count: 50_000, side: 32 },
  title: 'CIFAR-10',
  // The deviation is the one of MoCo's demo: per image, then averaged.
  statistics: { mean: [0.4914, 0.4822, 0.4465], std: [0.2023, 0.1994, 0.201] },
  hubName: 'uoft-cs/cifar10',
  train: [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`),
  test: 'test_batch.bin',
  names: 'batches.meta.txt',
  classes: 10,
  labels: 1,
  folder: 'cifar-10-batches-bin',
  archive: 'cifar-10-binary',
  md5: 'c32a1d4ab5d03f1284b67883e8d87530',
  images: /^cifar-?10(-images)?(\.(tar|tar\.gz|tgz|zip))?$/i,
};

/** 60,000 images of 32 pixels in 100 classes (Krizhevsky, 2009). */
export const cifar100Files: CifarLike = {
  name: 'cifar100',
  published: { count: 50_000, side: 32 },
  title: 'CIFAR-100',
  statistics: { mean: [0.5071, 0.4865, 0.4409], std: [0.2673, 0.2564, 0.2762] },
  hubName: 'uoft-cs/cifar100',
  train: ['train.bin'],
  test: 'test.bin',
  names: 'fine_label_names.txt',
  classes: 100,
  labels: 2,
  folder: 'cifar-100-binary',
  archive: 'cifar-100-binary',
  md5: '03b5dce01913d631647c71ecec9e9cb8',
  images: /^cifar-?100(-images)?(\.(tar|tar\.gz|tgz|zip))?$/i,
};
