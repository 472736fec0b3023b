// Finds libtorch: LIBTORCH if it is set, else the torch of python3, else the system's, else one
// that set-up has fetched.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { libtorchHome } from './places.mjs';
import { Failure } from './run.mjs';

/**
 * @typedef {object} Libtorch
 * @property {string} root
 * @property {'LIBTORCH' | 'python3' | 'system' | 'wheel'} source  where it was found; LIBTORCH for
 * a folder that the user named
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

/**
 * @param {string} [from] `python3`, `system`, `wheel` (fetched earlier), or a folder; by default
 * what LIBTORCH names, else the first of these that there is
 * @returns {Libtorch | null}
 */
export function findLibtorch(from) {
  switch (from) {
    case undefined:
      return fromEnvironment() ?? fromPython() ?? fromSystem() ?? fromWheel();
    case 'python3':
      return fromPython();
    case 'system':
      return fromSystem();
    case 'wheel':
      return fromWheel();
    default:
      return fromFolder(from, from);
  }
}

function fromEnvironment() {
  const given = process.env.LIBTORCH;
  return given ? fromFolder(given, `LIBTORCH=${given}`) : null;
}

/** @param {string} folder @param {string} shown */
function fromFolder(folder, shown) {
  const found = describe(resolve(folder), 'LIBTORCH');
  if (found !== null) return found;
  throw new Failure(`${shown} is no libtorch: it has no include/${header} or no lib/${library}.`, {
    cure: "Name an unpacked libtorch, or a Python's torch folder.",
  });
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

/** The newest of those that set-up has fetched. */
function fromWheel() {
  const home = libtorchHome();
  const all = existsSync(home) ? readdirSync(home) : [];
  const fetched = all.filter((name) => name.endsWith(`-${process.platform}-${process.arch}`)).sort(byVersion);
  const found = fetched.map((name) => describe(join(home, name), 'wheel'));
  return found.findLast((libtorch) => libtorch !== null) ?? null;
}

/** @param {string} a @param {string} b */
const byVersion = (a, b) => a.localeCompare(b, 'en', { numeric: true });

/**
 * The libtorch of a folder.
 * @param {string} root @param {Libtorch['source']} source @returns {Libtorch | null} null for any
 * other folder
 */
export function describe(root, source) {
  const include = join(root, 'include');
  const lib = libraryFolders(root).find((folder) => existsSync(join(folder, library)));
  if (lib === undefined || !existsSync(join(include, header))) return null;
  const hasCuda = existsSync(join(lib, `libtorch_cuda.${suffix}`));
  // A name for all of its libraries, left out where some of them are.
  const hasWhole = existsSync(join(lib, `libtorch.${suffix}`));
  return {
    root,
    source,
    version: versionOf(root),
    include: [include, join(include, 'torch/csrc/api/include'), ...(hasCuda ? cudaHeaders(root) : [])],
    // Found before the system's default BLAS, whatever that is.
    lib: source === 'system' ? [join(lib, openblasFolder), lib].filter(existsSync) : [lib],
    libraries: [...(hasWhole ? ['torch'] : []), 'torch_cpu', 'c10', ...(hasCuda ? ['torch_cuda', 'c10_cuda'] : [])],
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

/** The oldest that the addon is written for. */
const oldest = /** @type {const} */ ([1, 13]);

/** @param {Libtorch} libtorch @throws Failure for one that is too old */
export function checkVersion({ version, root }) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (version === 'unknown' || major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return;
  throw new Failure(`The libtorch ${version} in ${root} is too old; the engine needs ${oldest.join('.')} or newer.`, {
    cure: 'Update it, or name another.',
  });
}

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
