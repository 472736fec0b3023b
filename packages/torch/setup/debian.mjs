// The system's packages on Debian and Ubuntu.

import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { compilerCommand } from './compiler.mjs';
import { jpegFolder } from './jpeg.mjs';
import { findLibtorch, openblasFolder } from './libtorch.mjs';
import { Failure, run, say, step, which } from './run.mjs';

/** Whether this system installs its packages with apt. */
export const hasApt = () => which('apt-get') !== null;

/**
 * What is missing of the system's packages. Without the needed ones nothing can be built; without
 * the wanted ones it works, but slowly or not everywhere.
 * @param {import('./libtorch.mjs').Libtorch | null} libtorch  the one that will be used
 */
export function missingPackages(libtorch) {
  const needed = [];
  const wanted = [];
  if (compilerCommand() === null) needed.push('g++');
  if (libtorch === null) needed.push('libtorch-dev');
  if (libtorch === null || libtorch.source === 'system') {
    if (!hasFastBlas(libtorch)) wanted.push('libopenblas0-openmp');
    if (!existsSync('/usr/include/gloo/algorithm.h')) wanted.push('libgloo-dev');
  }
  if (jpegFolder() === null) wanted.push('libjpeg-dev');
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

/**
 * Installs what is missing for the system's libtorch; what is there is left alone.
 * @param {{ needed: string[], wanted: string[] }} missing
 * @param {string} again  the command that sets up
 */
export async function installPackages({ needed, wanted }, again) {
  const missing = [...needed, ...wanted];
  if (missing.length === 0) return;
  const prefix = await rootPrefix();
  if (prefix === null) {
    const how = commandFor(missing);
    if (needed.length > 0) {
      throw new Failure(`Missing: ${missing.join(', ')}. Installing them takes root's rights.`, {
        cure: `Run this as root, then ${again} again:\n  ${how}`,
      });
    }
    say(`system    missing, but not needed everywhere: ${wanted.join(', ')}; as root: ${how}`);
    return;
  }
  await step('system', `installing ${missing.join(' ')}`, async () => {
    try {
      await aptInstall(prefix, missing);
    } catch (error) {
      if (needed.length > 0) throw error;
      say(`system    could not install ${wanted.join(', ')}; going on without`);
    }
  });
}

/** @param {string[]} packages */
function commandFor(packages) {
  const command = `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  return which('sudo') === null ? command : `sudo sh -c '${command}'`;
}

/** What installs all for the system's libtorch, as a person types it. */
export const packagesCommand = () => {
  const { needed, wanted } = missingPackages(findLibtorch('system'));
  return commandFor([...needed, ...wanted]);
};

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
  const asRoot = (/** @type {string[]} */ ...command) => {
    const environment = ['DEBIAN_FRONTEND=noninteractive', 'NEEDRESTART_SUSPEND=1'];
    const [first = 'env', ...rest] = [...prefix, 'env', ...environment, ...command];
    return run(first, rest);
  };
  // Another apt may be at work, as on a machine that has just started.
  const apt = ['apt-get', '-o', 'DPkg::Lock::Timeout=300', '-qq'];
  const update = await asRoot(...apt, 'update');
  // Finishes what an interrupted installation left; else apt refuses to work.
  await asRoot('dpkg', '--configure', '-a');
  const install = await asRoot(...apt, 'install', '-y', '--no-install-recommends', ...packages);
  if (install.code !== 0) {
    throw new Failure('apt-get could not install them.', {
      output: update.code === 0 ? install.output : `${update.output}\n${install.output}`,
      cure: 'If there is no such package here, unpack libtorch from pytorch.org or install torch with pip, set LIBTORCH to its folder, and try again.',
    });
  }
}
