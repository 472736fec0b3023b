export { checkChannels, type EncoderCard, encoderView, pixelsOf } from './card.js';
export { architectureIn, type LoadedEncoder, loadEncoder, saveEncoder } from './encoder.js';
export { loadHead, type SavedHead, saveHead } from './head.js';
export { checkWeights, initEncoder } from './init.js';
