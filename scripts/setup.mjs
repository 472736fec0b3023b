// Finds or installs what Tandem needs, and builds it: the system's packages, npm's, the addon, the
// TypeScript. What is there already is left alone, so that running it again costs a second; demo,
// test, check and bench run it first.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile, findCompiler } from './compile.mjs';
import { findLibtorch, openblasFolder } from './libtorch.mjs';
import { holdLock } from './lock.mjs';
import { Failure, root, run, runMain, secondsSince, step, which } from './run.mjs';

const oldestNode = [20, 9];

await runMain(async () => {
  checkNode();
  await holdLock(join(root, 'packages/torch/build/setup.lock'));
  await installSystemPackages();
  await installNpmPackages();
  await compile();
  await compileTypeScript();
});

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1])) {
    throw new Failure(`Tandem needs Node ${oldestNode.join('.')} or newer; this is ${process.versions.node}.`);
  }
}

/**
 * What is missing of the system's packages. Without the needed ones nothing can be built; without
 * the wanted ones it works, but slowly or not everywhere.
 */
function missingPackages() {
  const libtorch = findLibtorch();
  const needed = [];
  const wanted = [];
  if (findCompiler() === null) needed.push('g++');
  if (libtorch === null) needed.push('libtorch-dev');
  if (libtorch === null || libtorch.source === 'system') {
    if (!hasFastBlas(libtorch)) wanted.push('libopenblas0-openmp');
    if (!existsSync('/usr/include/gloo/algorithm.h')) wanted.push('libgloo-dev');
  }
  if (!existsSync('/usr/share/datasets/fashion-mnist')) wanted.push('dataset-fashion-mnist');
  return { needed, wanted };
}

/**
 * Debian's libtorch runs on whatever BLAS there is. On the reference one matrix products take 30
 * times as long; on the OpenBLAS with threads of its own, which get in the way of libtorch's, a
 * training step takes a third longer.
 * @param {import('./libtorch.mjs').Libtorch | null} libtorch
 */
function hasFastBlas(libtorch) {
  return libtorch?.lib.some((folder) => {
    const blas = join(folder, 'libblas.so.3');
    return folder.endsWith(openblasFolder) || (existsSync(blas) && /mkl|blis/.test(realpathSync(blas)));
  });
}

async function installSystemPackages() {
  const { needed, wanted } = missingPackages();
  if (which('apt-get') === null) {
    if (needed.length > 0) throw new Failure('A C++ compiler and libtorch are needed.', { cure: cureElsewhere() });
    return;
  }
  const missing = [...needed, ...wanted];
  if (missing.length === 0) return;
  const prefix = await rootPrefix();
  if (prefix === null) {
    const command = `apt-get update && apt-get install -y --no-install-recommends ${missing.join(' ')}`;
    const how = which('sudo') === null ? command : `sudo sh -c '${command}'`;
    if (needed.length > 0) {
      throw new Failure(`Missing: ${missing.join(', ')}. Installing them takes root's rights.`, {
        cure: `Run this as root, then try again:\n  ${how}`,
      });
    }
    console.log(`system    missing, but not needed everywhere: ${wanted.join(', ')}; as root: ${how}`);
    return;
  }
  await step('system', `installing ${missing.join(' ')}`, async () => {
    try {
      await aptInstall(prefix, missing);
    } catch (error) {
      if (needed.length > 0) throw error;
      console.log(`system    could not install ${wanted.join(', ')}; going on without`);
    }
  });
}

/**
 * The start of a command that runs as root without a question where no one can answer it; null
 * where none does.
 */
async function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  if (which('sudo') === null) return null;
  if ((await run('sudo', ['-n', 'true'])).code === 0) return ['sudo', '-n'];
  return process.stdin.isTTY ? ['sudo'] : null;
}

/** @param {string[]} prefix @param {string[]} packages */
async function aptInstall(prefix, packages) {
  const environment = ['DEBIAN_FRONTEND=noninteractive', 'NEEDRESTART_SUSPEND=1'];
  const asRoot = (/** @type {string[]} */ command) => {
    const [first, ...rest] = [...prefix, 'env', ...environment, ...command];
    return run(first, rest);
  };
  // Another apt may be at work, as on a machine that has just started.
  const apt = ['apt-get', '-o', 'DPkg::Lock::Timeout=300', '-qq'];
  const update = await asRoot([...apt, 'update']);
  // Finishes what an interrupted installation left; else apt refuses to work.
  await asRoot(['dpkg', '--configure', '-a']);
  const install = await asRoot([...apt, 'install', '-y', '--no-install-recommends', ...packages]);
  if (install.code !== 0) {
    throw new Failure('apt-get could not install them.', {
      output: update.code === 0 ? install.output : `${update.output}\n${install.output}`,
      cure: 'If there is no such package here, unpack libtorch from pytorch.org or install torch with pip, set LIBTORCH to its folder, and try again.',
    });
  }
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
  if (messages.length < lines.length) console.log(`types     compiled the TypeScript ... ${secondsSince(started)}`);
}
