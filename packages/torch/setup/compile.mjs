// Compiles the addon, native/*.cc, with a libtorch. Each object is kept under a hash of all that
// went into it, so only what changed is compiled again.
//
// Nearly all the time goes into torch's headers: 67 s for ten files one by one, 15 s for all in
// one. So there are two objects of half the files each, whatever the machine, lest a clash of names
// shows on some machines only.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileFlags, headerFlags, isMac, linkFlags } from './compiler.mjs';
import { addonName, sourceFiles, sources } from './places.mjs';
import { Failure, run, step, tail } from './run.mjs';

const halves = 2;

/**
 * @typedef {import('./libtorch.mjs').Libtorch} Libtorch
 * @typedef {import('./compiler.mjs').Compiler} Compiler
 * @typedef {{ build: string, flags?: string[] }} Variant  the folder of an addon, and flags after
 * the usual ones
 * @typedef {{ text: string, object: string }} Unit
 * @typedef {{ build: string, libtorch: Libtorch, compiler: Compiler, flags: string[],
 * headers: string[], linking: string[], units: Unit[], key: string }} Plan
 */

/**
 * What is written of an addon beside it.
 * @typedef {{ libtorch: string, root: string, source: Libtorch['source'], cuda: string | null,
 * cxx11Abi: boolean, compiler?: string, flags?: string[], builtAt?: string, key?: string }} About
 */

/** The files of a build. @param {string} build */
const filesOf = (build) => ({
  objects: join(build, 'objects'),
  addon: join(build, addonName),
  about: join(build, 'engine.json'),
});

/**
 * What is known of the addon in a folder.
 * @param {string} build
 * @returns {About | null} null where there is none, or one that was put there by hand
 */
export function readAbout(build) {
  const { about } = filesOf(build);
  return existsSync(about) ? JSON.parse(readFileSync(about, 'utf8')) : null;
}

/** @param {string} build @param {Libtorch} libtorch @param {Partial<About>} more */
export function writeAbout(build, { version, root, source, cuda, cxx11Abi }, more) {
  const { about } = filesOf(build);
  const all = { libtorch: version, root, source, cuda, cxx11Abi, ...more };
  writeFileSync(`${about}.${process.pid}`, `${JSON.stringify(all, null, 2)}\n`);
  renameSync(`${about}.${process.pid}`, about);
}

/**
 * Compiles and links what changed; says nothing when nothing did.
 * @param {Libtorch} libtorch
 * @param {Compiler} compiler
 * @param {Variant} variant
 * @returns {Promise<boolean>} whether there is a new addon
 */
export async function compile(libtorch, compiler, variant) {
  const plan = makePlan(libtorch, compiler, variant);
  const { objects, addon } = filesOf(variant.build);
  if (existsSync(addon) && readAbout(variant.build)?.key === plan.key) return false;

  const missing = plan.units.filter((unit) => !existsSync(unit.object));
  await step('engine', `compiling for libtorch ${libtorch.version} (${libtorch.root}), about a minute`, async () => {
    mkdirSync(objects, { recursive: true });
    const results = await Promise.allSettled(missing.map((unit) => compileUnit(plan, unit)));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    await link(plan);
    removeOthers(plan);
  });
  return true;
}

/**
 * @param {Libtorch} libtorch
 * @param {Compiler} compiler
 * @param {Variant} variant
 * @returns {Plan}
 */
function makePlan(libtorch, compiler, { build, flags: more = [] }) {
  const files = sourceFiles().filter((name) => !name.startsWith('jpeg'));
  const contents = (/** @type {string} */ name) => readFileSync(join(sources, name));
  const flags = [...compileFlags(libtorch, compiler), ...more];
  const linking = [...linkFlags(libtorch, build), ...more];
  // Where the sources lie is left out: it differs from project to project.
  const common = [JSON.stringify(libtorch), stampOf(libtorch), compiler.version, compiler.command, ...compiler.first];
  const headers = files.filter((name) => name.endsWith('.h')).map(contents);
  const shared = hash([...common, ...flags, ...headers]);
  const units = Array.from({ length: halves }, (_, half) => {
    const members = files.filter((name) => name.endsWith('.cc')).filter((_, index) => index % halves === half);
    const text = members.map((name) => `#include "${name}"\n`).join('');
    const object = `half${half + 1}.${hash([shared, text, ...members.map(contents)])}.o`;
    return { text, object: join(filesOf(build).objects, object) };
  });
  const key = hash([...units.map((unit) => unit.object.slice(build.length)), ...linking]);
  return { build, libtorch, compiler, flags, headers: headerFlags(libtorch), linking, units, key };
}

/**
 * Changes when the library's files do, even under one version.
 * @param {Libtorch} libtorch
 */
function stampOf(libtorch) {
  const { size, mtimeMs } = statSync(join(libtorch.lib.at(-1) ?? '', `libtorch_cpu.${isMac ? 'dylib' : 'so'}`));
  return `${size} ${mtimeMs}`;
}

/** @param {Plan} plan @param {Unit} unit */
async function compileUnit({ compiler: { command, first }, flags, headers, libtorch }, { text, object }) {
  const source = object.replace(/o$/, 'cc');
  writeFileSync(source, text);
  // A compilation that is interrupted must not leave half an object under its final name.
  const part = `${object}.${process.pid}`;
  const args = [...first, ...flags, '-iquote', sources, ...headers, '-c', source, '-o', part];
  const { code, output } = await run(command, args);
  if (code !== 0) {
    rmSync(part, { force: true });
    throw new Failure(`The addon does not compile with libtorch ${libtorch.version} from ${libtorch.root}.`, {
      output: firstErrors(output),
      cure: 'Set LIBTORCH to use another libtorch, CXX to use another compiler.',
    });
  }
  if (output.trim()) process.stderr.write(`\n${tail(output)}\n`);
  renameSync(part, object);
}

/** @param {Plan} plan */
async function link({ build, compiler: { command, first, version }, flags, linking, units, libtorch, key }) {
  const { addon } = filesOf(build);
  const part = `${addon}.${process.pid}`;
  const args = [...first, '-o', part, ...units.map((unit) => unit.object), ...linking];
  const { code, output } = await run(command, args);
  if (code !== 0) {
    rmSync(part, { force: true });
    throw new Failure('The addon does not link.', { output, cure: `Is the libtorch in ${libtorch.root} complete?` });
  }
  // A process that has the old addon loaded keeps it: only its name is taken over.
  renameSync(part, addon);
  writeAbout(build, libtorch, { compiler: version, flags, builtAt: new Date().toISOString(), key });
}

/** Objects of earlier builds, and parts of interrupted ones. @param {Plan} plan */
function removeOthers({ build, units }) {
  const { objects } = filesOf(build);
  const current = new Set(units.map((unit) => unit.object));
  for (const name of readdirSync(objects)) {
    if (!current.has(join(objects, name))) rmSync(join(objects, name));
  }
}

/** @param {string} output a compiler's errors: the first says most */
const firstErrors = (output) => output.split('\n').slice(0, 20).join('\n');

/** @param {(string | Buffer)[]} parts */
function hash(parts) {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(part).update('\0');
  return sum.digest('hex').slice(0, 16);
}
