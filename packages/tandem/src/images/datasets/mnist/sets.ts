import type { ChannelStatistics, NamedDataSet } from '../named.js';

/** The four files of a set of this family. */
export const parts = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
} as const;

/** A data set in MNIST's four idx files. */
export interface MnistLike {
  /** What users call it. */
  readonly name: string;
  /** How many images it has to learn from, and their side. */
  readonly published: NamedDataSet['published'];
  /** The usual constants of its training images. */
  readonly statistics: ChannelStatistics;
  /** What Hugging Face's Hub calls it. */
  readonly hubName: string;
  /** Folders that its files may lie in, below a root. */
  readonly folders: readonly string[];
  /** Where the files come from, for messages. */
  readonly origin: string;
  /** Places that hold the four files, gzipped. */
  readonly urls: readonly string[];
  /** md5 of the four gzipped files at those places. */
  readonly md5: Readonly<Record<keyof typeof parts, string>>;
  /** Their names, in the order of the labels. */
  readonly classes: readonly string[];
  /**
   * md5 of the training labels without the header: sets of this family share their file names, and
   * only this tells them apart.
   */
  readonly labelsMd5: string;
}

/** 70,000 gray digits of 28 pixels (LeCun et al., 1998). */
export const mnistFiles: MnistLike = {
  name: 'mnist',
  published: { count: 60_000, side: 28 },
  statistics: { mean: [0.1307], std: [0.3081] },
  hubName: 'ylecun/mnist',
  folders: ['mnist', 'MNIST/raw', 'MNIST'],
  origin: 'They come from https://yann.lecun.com/exdb/mnist/ and its mirrors',
  urls: ['https://ossci-datasets.s3.amazonaws.com/mnist/', 'https://storage.googleapis.com/cvdf-datasets/mnist/'],
  md5: {
    trainImages: 'f68b3c2dcbeaaa9fbdd348bbdeb94873',
    trainLabels: 'd53e105ee54ea40749a09fcbcd1e9432',
    testImages: '9fb629c4189551a2d022fa330f9573f3',
    testLabels: 'ec29112dd5afa0611ce80d1b7f02629c',
  },
  classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  labelsMd5: 'e86ee40d66677c011a9abda399ec8c4d',
};

/** 70,000 gray pictures of clothes, of 28 pixels, in 10 classes (Xiao et al., 2017). */
export const fashionMnistFiles: MnistLike = {
  name: 'fashion-mnist',
  published: { count: 60_000, side: 28 },
  statistics: { mean: [0.286], std: [0.353] },
  hubName: 'zalando-datasets/fashion_mnist',
  folders: ['fashion-mnist', 'FashionMNIST/raw', 'FashionMNIST'],
  origin:
    'On Debian and Ubuntu: apt install dataset-fashion-mnist; elsewhere from https://github.com/zalandoresearch/fashion-mnist',
  urls: [
    'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
    'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
  ],
  md5: {
    trainImages: '8d4fb7e6c68d591d4c3dfef9ec88bf0d',
    trainLabels: '25c81989df183df01b3e8a0aad5dffbe',
    testImages: 'bef4ecab320f06d8554ea6380940ec79',
    testLabels: 'bb300cfdad3c16e7a12a480ee83cd310',
  },
  classes: ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
  labelsMd5: '3236f6424fc25388b2834cb19942cf7e',
};
