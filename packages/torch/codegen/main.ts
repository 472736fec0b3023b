import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { binding } from '../src/binding.js';
import { emit } from './emit.js';
import { readAllowList, selectOperators } from './select.js';

const root = new URL('../../', import.meta.url);
const allowList = fileURLToPath(new URL('codegen/allowlist.txt', root));
const target = fileURLToPath(new URL('src/ops.generated.ts', root));

// The committed file speaks of one libtorch, so that it does not depend on the machine; newer ones
// are held against it at run time, when each operator is resolved.
const reference = '1.13';

const version = binding.version();
if (!version.startsWith(reference)) {
  console.log(`libtorch ${version} here: the wrappers are generated from ${reference} only; left as they are`);
} else {
  const source = generated();
  if (source === undefined) process.exitCode = 1;
  else if (!process.argv.includes('--check')) {
    writeFileSync(target, source);
    console.log(`wrote ${target}`);
  } else if (readFileSync(target, 'utf8') !== source) {
    console.error('src/ops.generated.ts is not what the allow-list and libtorch give; run `npm run generate`');
    process.exitCode = 1;
  }
}

/** The text of the file; undefined, with a line that says why, where the allow-list is at fault. */
function generated(): string | undefined {
  try {
    return emit(selectOperators(binding.schemas(), readAllowList(allowList)), reference);
  } catch (error) {
    console.error((error as Error).message);
    return undefined;
  }
}
