// A process of its own that opens a folder with a cache:
// `opening.js <images> <cache> [dies after so many images]`.
import { bytesOf, openImages } from '../../../src/images/index.js';

const [root = '', cache = '', last] = process.argv.slice(2);
let decoded = 0;
const { train } = await openImages(root, {
  size: 16,
  memory: 1000,
  cache,
  onProgress(done, _, what) {
    if (what !== 'decoding') return;
    decoded = Math.max(decoded, done);
    if (done === Number(last)) process.kill(process.pid, 'SIGKILL');
  },
});
process.send?.({ decoded, sum: bytesOf(train).reduce((sum, byte, i) => (sum + byte * (i + 1)) % 1_000_003, 0) });
process.disconnect?.();
