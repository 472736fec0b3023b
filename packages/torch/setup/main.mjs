// `tandem-torch setup`: the engine's own command, for those who use it alone.

import { parseArgs } from 'node:util';
import { runMain, say } from './run.mjs';
import { setUp } from './setup.mjs';

const command = 'npx tandem-torch setup';
const usage = `usage: tandem-torch setup [--from wheel|system|python3|FOLDER]`;

const options = /** @type {const} */ ({ from: { type: 'string' }, help: { type: 'boolean', short: 'h' } });

function readArguments() {
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    say(`tandem-torch: ${/** @type {Error} */ (error).message}`);
    return null;
  }
}

const given = readArguments();
if (given?.values.help) {
  console.log(usage);
} else if (given === null || given.positionals.join(' ') !== 'setup') {
  say(usage);
  process.exitCode = 2;
} else {
  await runMain(async () => {
    const { libtorch, addon } = await setUp({ from: given.values.from, command });
    console.log(`The engine is ready: libtorch ${libtorch.version} (${libtorch.root}), ${addon}`);
  });
}
