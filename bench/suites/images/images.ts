import type { Suite } from '../../harness/suite.js';
import { measureDecoding } from './decoding.js';
import { measureViews } from './views.js';

/** Images in, views out: how fast files become bytes to train on, and bytes become views. */
export const images: Suite = {
  what: "decoding files to memory and to the cache, and training views against torchvision's on Pillow, for each core",
  async run(context) {
    const made = await measureViews(context, await context.startPeer('views', { threads: 1 }));
    const decoded = await measureDecoding(context, await context.startPeer('images'));
    return {
      tables: [...made.tables, ...decoded.tables],
      goals: [...made.goals, ...decoded.goals],
      results: { views: made.results, decoding: decoded.results },
    };
  },
};
