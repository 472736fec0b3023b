export { type Batch, Batches, inOrder } from './batches.js';
export {
  type DataSet,
  gather,
  type ImageSet,
  imageBytes,
  limit,
  type Skipped,
  slice,
  subset,
} from './imageset.js';
export { DATA_SETS, type OpenOptions, openImages } from './open.js';
export { pngOf } from './picture.js';
export { type Chunk, type ImageStream, streamImages } from './streaming.js';
export { svgToPng } from './svg.js';
