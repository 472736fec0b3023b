// From nothing to an engine that loads: finds or gets a libtorch, compiles the addon for it or
// takes one that is there, and has it used from then on. What is there already is left alone, so
// that running it again takes a moment.

import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compile, readAbout, writeAbout } from './compile.mjs';
import { compilerCommand, compilerCure, findCompiler, glooCure, hasGlooHeaders } from './compiler.mjs';
import { hasApt, installPackages, missingPackages } from './debian.mjs';
import { provideJpeg } from './jpeg.mjs';
import { checkVersion, describe, findLibtorch } from './libtorch.mjs';
import { holdLock } from './lock.mjs';
import { addonFolder, addonHome, addonName, choiceFile, chosenFolder } from './places.mjs';
import { Failure, run, say } from './run.mjs';

const oldestNode = /** @type {const} */ ([20, 9]);

/**
 * @typedef {import('./libtorch.mjs').Libtorch} Libtorch
 * @typedef {{ libtorch: Libtorch, addon: string }} Engine
 */

/**
 * @param {{ from?: string | undefined, command?: string }} [options] `from`: where libtorch comes
 * from, as for `findLibtorch`; `wheel` fetches it, `system` installs it. `command`: what the user
 * typed, for messages.
 * @returns {Promise<Engine>}
 * @throws {Failure} naming what is missing and how to get it
 */
export async function setUp({ from, command = 'npx tandem setup' } = {}) {
  checkNode();
  await lockHome();
  const libtorch = await provideLibtorch(from, command);
  checkVersion(libtorch);
  const build = addonFolder(libtorch);
  await provideAddon(libtorch, build);
  await provideJpeg(await findCompiler());
  choose(build);
  return { libtorch, addon: join(build, addonName) };
}

/** @throws {Failure} for a Node that is too old */
export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1])) {
    throw new Failure(`Tandem needs Node ${oldestNode.join('.')} or newer; this is ${process.versions.node}.`);
  }
}

async function lockHome() {
  const home = addonHome();
  try {
    await holdLock(join(home, 'engine.lock'));
  } catch (error) {
    throw new Failure(`${home} cannot be written: ${/** @type {Error} */ (error).message}`, {
      cure: 'Set XDG_CACHE_HOME to a folder that can be.',
    });
  }
}

/** @param {string | undefined} from @param {string} command @returns {Promise<Libtorch>} */
async function provideLibtorch(from, command) {
  if (from === 'wheel') {
    requireCompiler();
    const { fetchWheel } = await import('./wheel/wheel.mjs');
    await fetchWheel(command);
  }
  if (from === 'system' && hasApt()) {
    await installPackages(missingPackages(findLibtorch('system')), `\`${command} --from system\``);
  }
  const found = from === undefined ? (chosenBefore() ?? findLibtorch()) : findLibtorch(from);
  if (found === null) throw new Failure(nothingFound(from), { cure: waysToLibtorch(command) });
  return found;
}

/** @param {string | undefined} from */
function nothingFound(from) {
  if (from === 'python3') return 'The python3 on PATH has no torch.';
  return from === 'system' ? 'The system has no libtorch.' : 'No libtorch was found.';
}

/** The libtorch of the engine in use: running set-up again does not change it. */
function chosenBefore() {
  const folder = choiceFile() === null || process.env.LIBTORCH ? null : chosenFolder();
  const about = folder === null ? null : readAbout(folder);
  const found = about === null ? null : describe(about.root, about.source);
  return found?.version === about?.libtorch ? found : null;
}

/** @param {string} command */
function waysToLibtorch(command) {
  const brew = process.platform === 'darwin' ? ['  brew install pytorch'] : [];
  return [
    'Get one in any of these ways, then try again:',
    `  ${command} --from wheel     fetches PyTorch's own, some 130 MB, into the user's cache`,
    ...(hasApt() ? [`  ${command} --from system    installs Debian's packages, as root`] : brew),
    '  python3 -m pip install torch',
    '  or unpack libtorch from pytorch.org anywhere, and set LIBTORCH to its folder',
  ].join('\n');
}

function requireCompiler() {
  if (compilerCommand() === null) throw new Failure('No C++ compiler was found.', { cure: compilerCure });
}

/**
 * An addon that was put into the folder by hand is taken as it is; one that was compiled here is
 * compiled again where anything changed that it depends on.
 * @param {Libtorch} libtorch @param {string} build
 */
async function provideAddon(libtorch, build) {
  const isThere = existsSync(join(build, addonName));
  const about = readAbout(build);
  if (isThere && about?.key === undefined) {
    await tryAddon(libtorch, build);
    writeAbout(build, libtorch, {});
    return;
  }
  const compiler = await findCompiler();
  if (compiler === null) {
    // Where there is no compiler any more, what it left still serves.
    if (isThere && about?.root === libtorch.root && about.libtorch === libtorch.version) return;
    throw new Failure('No C++ compiler was found.', {
      cure: `${compilerCure}\nOr put an addon that was compiled elsewhere for libtorch ${libtorch.version} into ${build}`,
    });
  }
  if (!(await compile(libtorch, compiler, { build }))) return;
  await tryAddon(libtorch, build);
  if (!hasGlooHeaders(libtorch)) say(`engine    runs in one process alone: ${glooCure}, then set up again`);
}

/** Loads it once in a process of its own. @param {Libtorch} libtorch @param {string} build */
async function tryAddon(libtorch, build) {
  const addon = join(build, addonName);
  const { code, output } = await run(process.execPath, ['-e', 'require(process.argv[1]).version()', addon]);
  if (code === 0) return;
  const why = output.split('\n').find((line) => /Error: /.test(line)) ?? `Node ends with code ${code}`;
  throw new Failure(`The addon ${addon} does not load: ${why.replace(/^.*?Error: /, '')}`, {
    cure: `Is the libtorch ${libtorch.version} in ${libtorch.root} complete? If so, remove that file and try again.`,
  });
}

/** @param {string} build  the folder of the addon to load from now on */
function choose(build) {
  const file = choiceFile();
  if (file === null) return;
  const name = build.slice(dirname(build).length + 1);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.${process.pid}`, `${name}\n`);
  renameSync(`${file}.${process.pid}`, file);
}
