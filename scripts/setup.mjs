// Finds or installs what a checkout needs, and builds it: the system's packages, npm's, the addon,
// the TypeScript. What is there already is left alone, so that running it again costs a second;
// demo, test, check and bench run it first. The addon's part is that of `tandem setup`.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasApt, installPackages, missingPackages } from '../packages/torch/setup/debian.mjs';
import { findLibtorch } from '../packages/torch/setup/libtorch.mjs';
import { holdLock } from '../packages/torch/setup/lock.mjs';
import { checkNode, setUp } from '../packages/torch/setup/setup.mjs';
import { Failure, root, run, runMain, secondsSince, step, which } from './run.mjs';

const command = 'npm run setup';

await runMain(async () => {
  checkNode();
  await holdLock(join(root, 'packages/torch/build/setup.lock'));
  await installSystemPackages();
  await installNpmPackages();
  await setUp({ command: 'npx tandem setup' });
  await compileTypeScript();
  if (process.env.npm_lifecycle_event === 'setup') sayWhatComesNext();
});

async function installSystemPackages() {
  const { needed, wanted } = missingPackages(findLibtorch());
  if (!existsSync('/usr/share/datasets/fashion-mnist')) wanted.push('dataset-fashion-mnist');
  if (hasApt()) await installPackages({ needed, wanted }, command);
  else if (needed.length > 0) throw new Failure('A C++ compiler and libtorch are needed.', { cure: cureElsewhere() });
}

function cureElsewhere() {
  const elsewhere = [
    'Install a C++ compiler, and either torch for the python3 on PATH (`python3 -m pip install torch`)',
    'or libtorch from pytorch.org, unpacked anywhere, with LIBTORCH set to its folder. Then try again.',
  ].join('\n');
  if (process.platform === 'darwin')
    return 'Install them, then try again:\n  xcode-select --install\n  brew install pytorch';
  if (which('dnf') !== null)
    return `Install them, then try again:\n  sudo dnf install gcc-c++ python3-torch\nOr:\n${elsewhere}`;
  return elsewhere;
}

async function installNpmPackages() {
  const stamp = join(root, 'node_modules/.tandem-lock');
  const lock = readFileSync(join(root, 'package-lock.json'));
  const wanted = `${createHash('sha256').update(lock).digest('hex')} ${process.platform} ${process.arch}\n`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  await step('npm', 'installing from package-lock.json', async () => {
    const { code, output } = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
    if (code !== 0)
      throw new Failure('npm ci failed.', { output, cure: 'Is the npm registry within reach? `npm ci` shows more.' });
    writeFileSync(stamp, wanted);
  });
}

async function compileTypeScript() {
  const started = performance.now();
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { code, output } = await run(process.execPath, [tsc, '-b', '--listEmittedFiles']);
  const lines = output.split('\n');
  const messages = lines.filter((line) => !line.startsWith('TSFILE:'));
  if (code !== 0) throw new Failure('The TypeScript does not compile.', { output: messages.slice(0, 20).join('\n') });
  if (messages.length < lines.length) console.error(`types     compiled the TypeScript ... ${secondsSince(started)}`);
}

function sayWhatComesNext() {
  console.log(
    [
      'Tandem is set up. What comes next:',
      '  npm run tandem -- doctor                 is everything here, and fast?',
      '  npm run demo                             a few minutes of learning on Fashion-MNIST',
      '  npm run tandem -- pretrain ./pictures    learns from a folder of yours (docs/start.md)',
    ].join('\n'),
  );
}
