// The command line of this checkout, which there is once it is compiled.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = new URL('../packages/tandem/dist/src/cli/main.js', import.meta.url);
if (existsSync(fileURLToPath(main))) await import(main.href);
else {
  console.error('tandem: this checkout is not compiled yet; run first: npm run setup');
  process.exitCode = 1;
}
