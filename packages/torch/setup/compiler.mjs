// The C++ compiler, and what it is told for a libtorch.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { cacheHome, nodeApiLevel, sources } from './places.mjs';
import { Failure, run, which } from './run.mjs';

export const isMac = process.platform === 'darwin';

/**
 * @typedef {{ command: string, first: string[], version: string }} Compiler  a command, its first
 * arguments, and the first line that it says of itself
 */

/** The command and its first arguments, or null. @returns {[string, ...string[]] | null} */
export function compilerCommand() {
  const [given, ...first] = process.env.CXX?.trim().split(/\s+/) ?? [];
  if (given) {
    if (which(given) === null) {
      throw new Failure(`CXX=${process.env.CXX} is not there.`, { cure: 'Correct or unset CXX.' });
    }
    return [given, ...first];
  }
  const names = isMac ? ['c++'] : ['g++', 'c++', 'clang++'];
  const found = names.find((name) => which(name) !== null);
  return found === undefined ? null : [found];
}

/** @returns {Promise<Compiler | null>} null where there is none */
export async function findCompiler() {
  const found = compilerCommand();
  if (found === null) return null;
  const [command, ...first] = found;
  const { code, output } = await run(command, [...first, '--version']);
  if (code !== 0) throw new Failure(`${command} does not run.`, { output, cure: 'Repair it, or name another in CXX.' });
  return { command, first, version: output.split('\n')[0] ?? '' };
}

/** How a person gets one. */
export const compilerCure = isMac
  ? 'Install one: xcode-select --install'
  : 'Install one (as root, on Debian and Ubuntu: apt-get install g++), or name it in CXX.';

/**
 * What decides how the code is compiled.
 * @param {import('./libtorch.mjs').Libtorch} libtorch
 * @param {Compiler} compiler
 */
export function compileFlags(libtorch, { version }) {
  const [major = 0, minor = 0] = libtorch.version.split('.').map(Number);
  const isCxx20 = major > 2 || (major === 2 && minor >= 9);
  return [
    isCxx20 ? '-std=gnu++20' : '-std=gnu++17',
    '-O2',
    '-fPIC',
    '-fvisibility=hidden',
    '-Wall',
    // GCC 12 imagines overflows in torch's reference counts.
    '-Wno-stringop-overflow',
    `-DNAPI_VERSION=${nodeApiLevel}`,
    ...(hasCudaHeaders(libtorch) ? ['-DTANDEM_CUDA'] : []),
    ...(hasGlooHeaders(libtorch) ? ['-DTANDEM_DIST'] : []),
    ...(hasNccl(libtorch) ? ['-DTANDEM_NCCL'] : []),
    ...(isMac ? [] : [`-D_GLIBCXX_USE_CXX11_ABI=${libtorch.cxx11Abi ? 1 : 0}`]),
    ...flagsForThreads(version),
    ...hardeningFlags(version),
  ];
}

/**
 * Where headers are.
 * @param {import('./libtorch.mjs').Libtorch} libtorch
 */
export function headerFlags({ include }) {
  const nodeHeaders = dirname(createRequire(import.meta.url).resolve('node-api-headers'));
  return [
    `-I${join(nodeHeaders, 'include')}`,
    // The compiler searches /usr/include by itself; naming it breaks the order of the standard
    // headers.
    ...include.filter((folder) => folder !== '/usr/include').flatMap((folder) => ['-isystem', folder]),
    // Where Debian leaves a header out that others of libtorch include.
    ...['-idirafter', join(sources, 'stand-ins')],
  ];
}

/**
 * libtorch's `parallel_for` is a template that is serial without this. The link line leaves
 * OpenMP's library out, so that the threads are those of the one that libtorch brings; clang's
 * calls are another library's.
 * @param {string} version of the compiler
 */
function flagsForThreads(version) {
  return isMac || version.includes('clang') ? [] : ['-fopenmp'];
}

/**
 * A buffer that overflows ends the process where the compiler or the C library sees it. Debian and
 * Fedora build their own packages so. Level 3 also knows sizes that are computed.
 * @param {string} version of the compiler
 */
export function hardeningFlags(version) {
  if (isMac) return ['-fstack-protector-strong'];
  const major = Number(version.match(/(\d+)\.\d+\.\d+/)?.[1] ?? 0);
  const level = version.includes('clang') || major >= 12 ? 3 : 2;
  return ['-fstack-protector-strong', '-U_FORTIFY_SOURCE', `-D_FORTIFY_SOURCE=${level}`];
}

/**
 * Python's wheels bring only some of CUDA's headers.
 * @param {import('./libtorch.mjs').Libtorch} libtorch
 */
const hasCudaHeaders = ({ cuda, include }) =>
  cuda !== null &&
  ['cuda_runtime.h', 'crt/host_config.h'].every((name) => include.some((folder) => existsSync(join(folder, name))));

/**
 * Several processes talk to each other by c10d's Gloo, whose headers no libtorch brings: Debian's
 * libgloo-dev has them, and they suit PyTorch's wheels too.
 * @param {import('./libtorch.mjs').Libtorch} libtorch
 */
export const hasGlooHeaders = ({ include }) =>
  ['gloo/algorithm.h', 'torch/csrc/distributed/c10d/ProcessGroupGloo.hpp'].every((name) =>
    [...include, '/usr/include'].some((folder) => existsSync(join(folder, name))),
  );

/**
 * GPUs of several processes talk to each other by c10d's NCCL. Wheels bring its headers; the way
 * that it is called here is that of libtorch 2.15, and older ones do not get it.
 * @param {import('./libtorch.mjs').Libtorch} libtorch
 */
function hasNccl(libtorch) {
  const [major = 0, minor = 0] = libtorch.version.split('.').map(Number);
  const isNew = major > 2 || (major === 2 && minor >= 15);
  const hasHeader = libtorch.include.some((folder) => existsSync(join(folder, 'nccl.h')));
  return isNew && hasHeader && hasCudaHeaders(libtorch) && hasGlooHeaders(libtorch);
}

/** How a person gets them. */
export const glooCure = 'several need the headers of Gloo (on Debian and Ubuntu: apt-get install libgloo-dev)';

/**
 * What the linker is told.
 * @param {import('./libtorch.mjs').Libtorch} libtorch
 * @param {string} build  the addon's folder
 */
export function linkFlags({ lib, libraries }, build) {
  return [
    // Node itself holds Node-API's symbols.
    ...(isMac ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared']),
    // The older kind of run path also holds for the libraries that libtorch itself asks for, its
    // BLAS among them.
    ...(isMac ? [] : ['-Wl,--disable-new-dtags']),
    // Addresses of functions are settled when the addon is loaded, and read-only from then on.
    ...(isMac ? [] : ['-Wl,-z,relro,-z,now']),
    ...lib.flatMap((folder) => [`-L${folder}`, '-Xlinker', '-rpath', '-Xlinker', runPath(folder, build)]),
    // Nothing refers to the CUDA libraries by name; they register their kernels when they are
    // loaded.
    ...(isMac ? [] : ['-Wl,--no-as-needed']),
    ...libraries.map((name) => `-l${name}`),
  ];
}

/**
 * Where the addon looks for a library when it is loaded. A libtorch in the same cache is named from
 * the addon's own folder, so that the two can be moved together.
 * @param {string} folder
 * @param {string} build
 */
function runPath(folder, build) {
  const home = `${cacheHome()}/`;
  if (!folder.startsWith(home) || !build.startsWith(home)) return folder;
  return `${isMac ? '@loader_path' : '$ORIGIN'}/${relative(build, folder)}`;
}
