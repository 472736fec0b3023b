// Jobs of the library that no command shows alone, as a program: `driver.js cache <pictures>` and
// `driver.js download <url> <md5>`, both in the folder at hand.

import { createHash } from 'node:crypto';
import { systemMessage } from '../../../src/files/system-error.js';

const [job, ...given] = process.argv.slice(2) as [string, string, string];

// Loaded when called, as the command line loads its own: few files may be open.
const jobs: Readonly<Record<string, () => Promise<string>>> = {
  async cache() {
    const { fingerprint, openImages } = await import('../../../src/images/index.js');
    const { train, skipped } = await openImages(given[0], { size: 16, memory: 0, cache: 'cache' });
    return JSON.stringify({ count: train.count, skipped: skipped.length, pixels: fingerprint(train) });
  },
  async download() {
    const { download } = await import('../../../src/images/datasets/download.js');
    const { readRegular } = await import('../../../src/files/regular.js');
    const [url, md5] = given;
    const remote = { file: 'set.bin', urls: [url as string], md5: md5 as string, mostBytes: 2 ** 20 };
    const path = await download(remote, 'data', {}, { tries: 3, pause: 20, stall: 20_000 });
    return createHash('sha256').update(readRegular(path)).digest('hex');
  },
};

try {
  console.log(await jobs[job]?.());
} catch (error) {
  const isTold = error instanceof Error && 'exitCode' in error; // a UserError
  if (systemMessage(error) === undefined && !isTold) throw error;
  console.error(`tandem: ${systemMessage(error) ?? (error as Error).message}`);
  process.exitCode = 1;
}
