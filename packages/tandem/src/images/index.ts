export { type Batch, Batches, inOrder } from './batches.js';
export { labelledShare } from './choose.js';
export { fingerprint } from './fingerprint.js';
export {
  bytesOf,
  type DataSet,
  gather,
  type ImageSet,
  imageBytes,
  limit,
  type Skipped,
  slice,
  subset,
} from './imageset.js';
export { DATA_SETS, openImages } from './open.js';
export { CROP_MARGIN, type OpenOptions } from './options.js';
export { pngOf } from './picture.js';
export { PixelFile, type Pixels } from './pixels.js';
export { TooManySkipped } from './skipped.js';
export { type Chunk, type ImageStream, streamImages } from './streaming.js';
export { svgToPng } from './svg.js';
