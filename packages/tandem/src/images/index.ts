export { type ClassCount, checkImages, type ImageCheck, type Spread } from './check/check.js';
export { Groups } from './check/groups.js';
export { writeLists } from './check/lists.js';
export { type CheckOptions, type Seen, surveyImages } from './check/survey.js';
export { dataSetNamed, dataSets } from './datasets/registry.js';
export { pngOf, rgbToPng } from './decode/png.js';
export { skippedNote, TooManySkippedError } from './decode/skipped.js';
export { svgToPng } from './decode/svg.js';
export { openImages, useImages } from './open.js';
export {
  type ColumnOptions,
  cropMargin,
  type LayoutOptions,
  type OpenOptions,
  type PixelOptions,
  parseRange,
} from './options.js';
export { Batches, inOrder } from './set/batches.js';
export { fingerprint } from './set/fingerprint.js';
export {
  type Batch,
  type BatchSource,
  bytesOf,
  type DataSet,
  type Flow,
  gather,
  type ImageSet,
  imageBytes,
  limit,
  type PixelFormat,
  pictureOf,
  type Share,
  type SkippedFile,
  type StreamedImages,
  samplesOf,
  slice,
  subset,
} from './set/image-set.js';
export { PixelFile, type Pixels } from './set/pixel-file.js';
export { labelledShare } from './set/sampling.js';
export { channelStatistics } from './set/statistics.js';
export { decodeSingle } from './single.js';
export { listHome } from './sources/lists/list-home.js';
export {
  defineImages,
  encodedOf,
  type ImageDefinition,
  type ImageFacts,
  type ImageLike,
  type ImageSource,
  type ImagesInOrder,
  type IndexedImages,
  isImageLike,
  type OwnImage,
} from './sources/own.js';
export { asPattern, isPattern } from './sources/patterns.js';
export type { RawPixels } from './sources/source.js';
export { type ImageChunk, type ImageStream, streamImages } from './stream.js';
export { StreamError } from './streamed/stream-batches.js';
