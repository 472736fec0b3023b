import { measureDecoding } from './decoding.js';
import type { Suite } from './suite.js';

/** Images in: how fast files become bytes to train on. */
export const images: Suite = {
  what: 'decoding image files, to memory and to the cache, and reading them back',
  async run(context) {
    const peer = await context.startPeer('images');
    return measureDecoding(context, peer);
  },
};
