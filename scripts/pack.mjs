// Packs the packages as npm would publish them, and looks at what came out: the versions are in
// step, no test is among the files, and what `exports` and types say is true for those who install
// them. `node scripts/pack.mjs` checks; with a folder it also leaves the packed files there.

import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Failure, isMain, onExit, root, run, runMain } from './run.mjs';

/** In the order in which they depend on each other. */
const folders = ['packages/torch', 'packages/tandem'];

/** What every package brings, beside what it lists in `files`. */
const always = ['package.json', 'README.md', 'LICENSE'];

const bin = (/** @type {string} */ path) => join(root, 'node_modules', path);

/** What the toolkit ships from the root of the repository: the studies of `tandem reproduce`. */
const brought = { 'packages/tandem': 'experiments' };

/** @param {string} folder of a package, which has it while it is packed */
function bring(folder) {
  for (const [to, name] of Object.entries(brought).filter(([to]) => to === folder)) {
    const copy = join(root, to, name);
    onExit(() => rmSync(copy, { recursive: true, force: true }));
    cpSync(join(root, name), copy, { recursive: true });
  }
}

/**
 * Packs all packages into a folder.
 * @param {string} into
 * @returns {Promise<{ folder: string, file: string, names: string[] }[]>} the packed files, and the
 * names of what is in them
 */
export async function pack(into) {
  mkdirSync(into, { recursive: true });
  const packed = [];
  for (const folder of folders) {
    removeStale(folder);
    bring(folder);
    const args = ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', into];
    const { code, output } = await run('npm', args, { cwd: join(root, folder) });
    if (code !== 0) throw new Failure(`${folder} cannot be packed.`, { output });
    const [{ filename, files }] = JSON.parse(output);
    packed.push({ folder, file: join(into, filename), names: files.map((/** @type {any} */ file) => file.path) });
  }
  return packed;
}

/** @param {string} folder */
const manifestOf = (folder) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));

/** Every package has the same version, and asks for exactly that of the others. */
function versionFaults() {
  const manifests = folders.map(manifestOf);
  const [{ version }] = manifests;
  const names = new Set(manifests.map(({ name }) => name));
  return manifests.flatMap(({ name, version: own, dependencies = {} }) => [
    ...(own === version ? [] : [`${name} has version ${own}, the first package ${version}`]),
    ...Object.entries(dependencies)
      .filter(([other, wanted]) => names.has(other) && wanted !== version)
      .map(([other, wanted]) => `${name} asks for ${other} ${wanted}, which has ${version}`),
  ]);
}

/**
 * What is missing or too much in a packed file.
 * @param {string} folder
 * @param {string[]} names
 */
function contentFaults(folder, names) {
  const has = new Set(names);
  const tests = names.filter((name) => name.split('/').includes('test'));
  return [
    ...always.filter((name) => !has.has(name)).map((name) => `${folder} lacks ${name}`),
    ...tests.map((name) => `${folder} ships a test, ${name}`),
  ];
}

/** Compiled files whose source is gone would be shipped. @param {string} folder */
function removeStale(folder) {
  const compiled = /^(.*?)(?:\.d)?\.m?[jt]s(?:\.map)?$/;
  const names = /** @type {string[]} */ (readdirSync(join(root, folder, 'dist'), { recursive: true }));
  for (const name of names.filter((name) => compiled.test(name))) {
    const stem = join(root, folder, name.replace(compiled, '$1'));
    if (!['.ts', '.mjs'].some((end) => existsSync(stem + end))) rmSync(join(root, folder, 'dist', name));
  }
}

/** @param {string} file a packed one */
async function toolFaults(file) {
  const checks = [
    [bin('publint/src/cli.js'), file, '--strict'],
    // Node has ES modules alone here; `require` takes them from Node 22 on.
    [bin('@arethetypeswrong/cli/dist/index.js'), file, '--profile', 'esm-only', '--format', 'ascii', '--no-color'],
  ];
  const results = await Promise.all(checks.map((args) => run(process.execPath, args)));
  return results.filter(({ code }) => code !== 0).map(({ output }) => output.trimEnd());
}

if (isMain(import.meta.url)) {
  await runMain(async () => {
    const given = process.argv[2];
    const into = given === undefined ? mkdtempSync(join(tmpdir(), 'tandem-pack-')) : resolve(given);
    if (given === undefined) onExit(() => rmSync(into, { recursive: true, force: true }));
    const packed = await pack(into);
    const tools = await Promise.all(packed.map(({ file }) => toolFaults(file)));
    const contents = packed.flatMap(({ folder, names }) => contentFaults(folder, names));
    const faults = [...versionFaults(), ...contents, ...tools.flat()];
    if (faults.length > 0)
      throw new Failure('The packages are not fit to be published.', { output: faults.join('\n') });
    if (given !== undefined) console.log(packed.map(({ file }) => file).join('\n'));
  });
}
