// Where set-up puts what it makes or fetches, and where the addon is loaded from.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Node-API's version: an addon of one level serves every Node that has it. */
export const nodeApiLevel = 8;

/** The addon's file in its folder. */
export const addonName = 'tandem_torch.node';

/** The file of the addon that decodes JPEGs, which is linked with no libtorch. */
export const jpegAddonName = 'tandem_jpeg.node';

/** This package's folder, whether this file is the source or the one that is shipped. */
export const packageRoot = folderWith('package.json', fileURLToPath(new URL('.', import.meta.url)));

/** The addon's C++. */
export const sources = join(packageRoot, 'native');

/** Its files, those in folders too, by their paths below it. */
export const sourceFiles = () =>
  readdirSync(sources, { recursive: true })
    .map(String)
    .filter((name) => /\.(cc|h)$/.test(name))
    .sort();

/** A checkout keeps its addon to itself; the package as it is shipped has no such file. */
const isCheckout = existsSync(join(packageRoot, 'tsconfig.json'));

/** @param {string} name @param {string} folder @returns {string} */
function folderWith(name, folder) {
  return existsSync(join(folder, name)) || dirname(folder) === folder ? folder : folderWith(name, dirname(folder));
}

/** `tandem` in XDG_CACHE_HOME, or in ~/.cache: all of it can be made or fetched again. */
export function cacheHome() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tandem');
}

/** Where fetched libtorches lie, one a folder. */
export const libtorchHome = () => join(cacheHome(), 'libtorch');

/**
 * The folder for addons. In a checkout it is the package's `build`; for all others one in the
 * user's cache, for this system and these very sources, so that it serves every project,
 * `node_modules` can be read-only, and several versions of this package do not meet.
 */
export function addonHome() {
  if (isCheckout) return join(packageRoot, 'build');
  return join(cacheHome(), 'engine', `${process.platform}-${process.arch}-napi${nodeApiLevel}-${sourcesHash()}`);
}

/**
 * The folder of the addon for a libtorch: below `addonHome()`, named after what an addon depends
 * on.
 * @param {{ version: string, cxx11Abi: boolean, cuda: string | null }} libtorch
 */
export function addonFolder({ version, cxx11Abi, cuda }) {
  if (isCheckout) return addonHome();
  const parts = [version, cxx11Abi ? 'cxx11' : 'oldabi', cuda === null ? 'cpu' : `cu${cuda}`];
  return join(addonHome(), `libtorch-${parts.join('-')}`);
}

/** The addon that decodes JPEGs: one for all libtorches. */
export const jpegAddon = () => join(addonHome(), jpegAddonName);

/** Holds the name of the folder in use, where there are several; null in a checkout. */
export const choiceFile = () => (isCheckout ? null : join(addonHome(), 'in-use'));

/**
 * The folder of the addon in use.
 * @returns {string | null} null where set-up has not run
 */
export function chosenFolder() {
  const file = choiceFile();
  if (file === null) return addonHome();
  return existsSync(file) ? join(addonHome(), readFileSync(file, 'utf8').trim()) : null;
}

/**
 * The addon to load: what TANDEM_ADDON names, or what set-up chose.
 * @returns {string | null} null where there is none yet
 */
export function findAddon() {
  if (process.env.TANDEM_ADDON) return process.env.TANDEM_ADDON;
  const folder = chosenFolder();
  const addon = folder === null ? null : join(folder, addonName);
  return addon !== null && existsSync(addon) ? addon : null;
}

/** Of names and contents, the same wherever the package is installed. */
function sourcesHash() {
  const sum = createHash('sha256');
  for (const name of sourceFiles()) {
    sum
      .update(`${name}\0`)
      .update(readFileSync(join(sources, name)))
      .update('\0');
  }
  return sum.digest('hex').slice(0, 12);
}
