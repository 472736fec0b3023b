// Finds libtorch: LIBTORCH if it is set, else the torch of python3, else the system's.
// `node scripts/libtorch.mjs` prints the answer.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure, isMain, runMain } from './run.mjs';

/**
 * @typedef {object} Libtorch
 * @property {string} root
 * @property {'LIBTORCH' | 'python3' | 'system'} source
 * @property {string} version  such as 1.13.1 or 2.9.0
 * @property {string[]} include
 * @property {string[]} lib
 * @property {string[]} libraries  to link, without `lib` and suffix
 * @property {boolean} cxx11Abi  whether it was compiled with the std::string of GCC 5 and later
 * @property {string | null} cuda the CUDA version, 'unknown' where the files do not tell, null for
 * a build without CUDA
 */

const suffix = process.platform === 'darwin' ? 'dylib' : 'so';
const header = 'ATen/core/dispatch/Dispatcher.h';
const library = `libtorch_cpu.${suffix}`;

/** Debian's OpenBLAS that shares libtorch's threads, below the folder of the system's libraries. */
export const openblasFolder = 'openblas-openmp';

const systemRoots =
  process.platform === 'darwin'
    ? ['/opt/homebrew/opt/pytorch', '/usr/local/opt/pytorch', '/opt/local']
    : ['/usr', '/usr/local'];

/** @returns {Libtorch | null} */
export function findLibtorch() {
  return fromEnvironment() ?? fromPython() ?? fromSystem();
}

function fromEnvironment() {
  const given = process.env.LIBTORCH;
  if (!given) return null;
  const found = describe(given, 'LIBTORCH');
  if (found === null) {
    throw new Failure(`LIBTORCH=${given} is no libtorch: it has no include/${header} or no lib/${library}.`, {
      cure: "Set it to an unpacked libtorch or to a Python's torch folder, or unset it.",
    });
  }
  return found;
}

/** Asks where torch lies without importing it, which would take seconds. */
function fromPython() {
  const script = 'import importlib.util as u; s = u.find_spec("torch"); print(s.origin if s and s.origin else "")';
  // In a folder that holds one named `torch`, Python would take that for the package.
  const { stdout } = spawnSync('python3', ['-c', script], { cwd: '/', encoding: 'utf8' });
  const origin = stdout?.trim();
  if (!origin) return null;
  const found = describe(dirname(origin), 'python3');
  // A distribution's Python package links to the system's library.
  const isLinkToSystem =
    found !== null && !realpathSync(join(found.lib.at(-1) ?? '', library)).startsWith(realpathSync(found.root));
  return isLinkToSystem ? null : found;
}

function fromSystem() {
  for (const root of systemRoots) {
    const found = describe(root, 'system');
    if (found !== null) return found;
  }
  return null;
}

/** @param {string} root @param {Libtorch['source']} source @returns {Libtorch | null} */
function describe(root, source) {
  const include = join(root, 'include');
  const lib = libraryFolders(root).find((folder) => existsSync(join(folder, library)));
  if (lib === undefined || !existsSync(join(include, header))) return null;
  const hasCuda = existsSync(join(lib, `libtorch_cuda.${suffix}`));
  return {
    root,
    source,
    version: versionOf(root),
    include: [include, join(include, 'torch/csrc/api/include'), ...(hasCuda ? cudaHeaders(root) : [])],
    // Found before the system's default BLAS, whatever that is.
    lib: source === 'system' ? [join(lib, openblasFolder), lib].filter(existsSync) : [lib],
    libraries: ['torch', 'torch_cpu', 'c10', ...(hasCuda ? ['torch_cuda', 'c10_cuda'] : [])],
    cxx11Abi: hasCxx11Abi(lib),
    cuda: hasCuda ? cudaVersionOf(root) : null,
  };
}

/**
 * Debian keeps libraries in a folder named after the architecture, Fedora in lib64.
 * @param {string} root
 */
function libraryFolders(root) {
  const lib = join(root, 'lib');
  const multiarch = existsSync(lib) ? readdirSync(lib).filter((name) => name.includes('-linux-gnu')) : [];
  return [lib, ...multiarch.map((name) => join(lib, name)), join(root, 'lib64')];
}

/** @param {string} root */
function versionOf(root) {
  return (
    match(join(root, 'version.py'), /__version__\s*=\s*'(\d+\.\d+\.\d+)/) ??
    match(join(root, 'build-version'), /^(\d+\.\d+\.\d+)/) ??
    debianVersion(root) ??
    match(join(root, 'include/torch/headeronly/version.h'), versionMacro) ??
    match(join(root, 'include/torch/csrc/api/include/torch/version.h'), versionMacro) ??
    'unknown'
  );
}

const versionMacro = /define TORCH_VERSION\s+\\?\s*"(\d+\.\d+\.\d+)/;

/** Debian's header says 1.13.0 in 1.13.1. @param {string} root */
function debianVersion(root) {
  if (root !== '/usr') return null;
  const { stdout } = spawnSync('dpkg-query', ['-W', 'libtorch-dev'], { encoding: 'utf8' });
  return stdout?.match(/\t(\d+\.\d+\.\d+)/)?.[1] ?? null;
}

/** @param {string} root */
function cudaVersionOf(root) {
  return (
    match(join(root, 'version.py'), /^cuda.*=\s*'([\d.]+)'/m) ??
    match(join(root, 'build-version'), /\+cu(\d+)/)?.replace(/(\d)$/, '.$1') ??
    'unknown'
  );
}

/**
 * CUDA's own headers: those that came beside a Python wheel, else the toolkit's.
 * @param {string} root
 */
function cudaHeaders(root) {
  const wheels = join(dirname(root), 'nvidia');
  const parts = existsSync(wheels) ? readdirSync(wheels).map((name) => join(wheels, name, 'include')) : [];
  return [...parts, join(process.env.CUDA_HOME ?? '/usr/local/cuda', 'include')].filter(existsSync);
}

/**
 * Asks the library itself: old builds take std::string (`Ss`) in this constructor.
 * @param {string} lib
 */
function hasCxx11Abi(lib) {
  const name = join(lib, `libc10.${suffix}`);
  return process.platform !== 'linux' || !readFileSync(name).includes('_ZN3c105ErrorC2ENS_14SourceLocationESs');
}

/** @param {string} file @param {RegExp} pattern */
function match(file, pattern) {
  return existsSync(file) ? (readFileSync(file, 'utf8').match(pattern)?.[1] ?? null) : null;
}

if (isMain(import.meta.url)) await runMain(async () => console.log(JSON.stringify(findLibtorch(), null, 2)));
