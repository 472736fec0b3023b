// Compiles the addon, packages/torch/native/*.cc, with the libtorch that was found. Each object is
// kept under a hash of all that went into it, so only what changed is compiled again.
// `node scripts/compile.mjs` does this step alone.
//
// Nearly all the time goes into torch's headers: 67 s for ten files one by one, 15 s for all in
// one. So there are two objects of half the files each, whatever the machine, lest a clash of names
// shows on some machines only.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findLibtorch } from './libtorch.mjs';
import { Failure, isMain, root, run, runMain, step, tail, which } from './run.mjs';

const sources = join(root, 'packages/torch/native');
const nodeHeaders = join(root, 'node_modules/node-api-headers/include');

const isMac = process.platform === 'darwin';

const halves = 2;

/** The C++ compiler as a command and its first arguments, or null. */
export function findCompiler() {
  const given = process.env.CXX?.trim().split(/\s+/);
  if (given?.[0]) {
    if (which(given[0]) === null)
      throw new Failure(`CXX=${process.env.CXX} is not there.`, { cure: 'Correct or unset CXX.' });
    return given;
  }
  const names = isMac ? ['c++'] : ['g++', 'c++', 'clang++'];
  const found = names.find((name) => which(name) !== null);
  return found === undefined ? null : [found];
}

/**
 * A way to build the addon: the folder where it goes, and flags after the usual ones.
 * @typedef {{ build: string, flags: string[] }} Variant
 */

/** @type {Variant} */
const usual = { build: join(root, 'packages/torch/build'), flags: [] };

/** The files of a build. @param {string} build */
const filesOf = (build) => ({
  objects: join(build, 'objects'),
  addon: join(build, 'tandem_torch.node'),
  engine: join(build, 'engine.json'),
});

/** Compiles and links what changed; says nothing when nothing did. @param {Variant} [variant] */
export async function compile(variant = usual) {
  const libtorch = findLibtorch();
  const compiler = findCompiler();
  if (libtorch === null || compiler === null) {
    throw new Failure(`No ${libtorch === null ? 'libtorch' : 'C++ compiler'} was found.`, {
      cure: 'Run `npm run setup`.',
    });
  }
  const plan = await makePlan(libtorch, compiler, variant);
  const { objects, addon } = filesOf(variant.build);
  if (existsSync(addon) && builtKey(plan) === plan.key) return;

  const missing = plan.units.filter((unit) => !existsSync(unit.object));
  await step('engine', `compiling for libtorch ${libtorch.version} (${libtorch.root})`, async () => {
    mkdirSync(objects, { recursive: true });
    const results = await Promise.allSettled(missing.map((unit) => compileUnit(plan, unit)));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    await link(plan);
    removeOthers(plan);
  });
}

/**
 * @typedef {{ text: string, object: string }} Unit
 * @typedef {{ build: string, libtorch: import('./libtorch.mjs').Libtorch, compiler: string[],
 * version: string, flags: string[], linkFlags: string[], units: Unit[], key: string }} Plan
 */

/**
 * @param {import('./libtorch.mjs').Libtorch} libtorch
 * @param {string[]} compiler
 * @param {Variant} variant
 * @returns {Promise<Plan>}
 */
async function makePlan(libtorch, compiler, variant) {
  const { build } = variant;
  const files = readdirSync(sources).sort();
  const headers = files.filter((name) => name.endsWith('.h')).map((name) => readFileSync(join(sources, name)));
  const version = await compilerVersion(compiler);
  const flags = [...compileFlags(libtorch), ...flagsForThreads(version), ...hardeningFlags(version), ...variant.flags];
  const linkFlags = [...flagsToLink(libtorch), ...variant.flags];
  const shared = hash([JSON.stringify(libtorch), stampOf(libtorch), version, ...compiler, ...flags, ...headers]);
  const units = Array.from({ length: halves }, (_, half) => {
    const members = files.filter((name) => name.endsWith('.cc')).filter((_, index) => index % halves === half);
    const contents = members.map((name) => readFileSync(join(sources, name)));
    const text = members.map((name) => `#include "${join(sources, name)}"\n`).join('');
    return { text, object: join(filesOf(build).objects, `half${half + 1}.${hash([shared, text, ...contents])}.o`) };
  });
  const key = hash([...units.map((unit) => unit.object.slice(build.length)), ...linkFlags]);
  return { build, libtorch, compiler, version, flags, linkFlags, units, key };
}

/** @param {import('./libtorch.mjs').Libtorch} libtorch */
export function compileFlags(libtorch) {
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
    '-DNAPI_VERSION=8',
    ...(hasCudaHeaders(libtorch) ? ['-DTANDEM_CUDA'] : []),
    ...(isMac ? [] : [`-D_GLIBCXX_USE_CXX11_ABI=${libtorch.cxx11Abi ? 1 : 0}`]),
    `-I${nodeHeaders}`,
    // The compiler searches /usr/include by itself; naming it breaks the order of the standard
    // headers.
    ...libtorch.include.filter((folder) => folder !== '/usr/include').flatMap((folder) => ['-isystem', folder]),
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
function hardeningFlags(version) {
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

/** @param {import('./libtorch.mjs').Libtorch} libtorch */
export function flagsToLink(libtorch) {
  return [
    // Node itself holds Node-API's symbols.
    ...(isMac ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared']),
    // The older kind of run path also holds for the libraries that libtorch itself asks for, its
    // BLAS among them.
    ...(isMac ? [] : ['-Wl,--disable-new-dtags']),
    // Addresses of functions are settled when the addon is loaded, and read-only from then on.
    ...(isMac ? [] : ['-Wl,-z,relro,-z,now']),
    ...libtorch.lib.flatMap((folder) => [`-L${folder}`, `-Wl,-rpath,${folder}`]),
    // Nothing refers to the CUDA libraries by name; they register their kernels when they are
    // loaded.
    ...(isMac ? [] : ['-Wl,--no-as-needed']),
    ...libtorch.libraries.map((name) => `-l${name}`),
  ];
}

/** @param {string[]} compiler */
async function compilerVersion([command, ...first]) {
  const { code, output } = await run(command, [...first, '--version']);
  if (code !== 0) throw new Failure(`${command} does not run.`, { output, cure: 'Repair it, or name another in CXX.' });
  return output.split('\n')[0];
}

/**
 * Changes when the library's files do, even under one version.
 * @param {import('./libtorch.mjs').Libtorch} libtorch
 */
function stampOf(libtorch) {
  const { size, mtimeMs } = statSync(join(libtorch.lib.at(-1) ?? '', `libtorch_cpu.${isMac ? 'dylib' : 'so'}`));
  return `${size} ${mtimeMs}`;
}

/** @param {Plan} plan @param {Unit} unit */
async function compileUnit({ compiler: [command, ...first], flags, libtorch }, { text, object }) {
  const source = object.replace(/o$/, 'cc');
  writeFileSync(source, text);
  // A compilation that is interrupted must not leave half an object under its final name.
  const part = `${object}.${process.pid}`;
  const { code, output } = await run(command, [...first, ...flags, '-c', source, '-o', part]);
  if (code !== 0) {
    rmSync(part, { force: true });
    throw new Failure(`The addon does not compile with libtorch ${libtorch.version} from ${libtorch.root}.`, {
      output: firstErrors(output),
      cure: 'Set LIBTORCH to use another libtorch, CXX to use another compiler.',
    });
  }
  if (output.trim()) process.stdout.write(`\n${tail(output)}\n`);
  renameSync(part, object);
}

/** @param {Plan} plan */
async function link({ build, compiler: [command, ...first], version, flags, linkFlags, units, libtorch, key }) {
  const { addon, engine } = filesOf(build);
  const part = `${addon}.${process.pid}`;
  const { code, output } = await run(command, [
    ...first,
    '-o',
    part,
    ...units.map((unit) => unit.object),
    ...linkFlags,
  ]);
  if (code !== 0) {
    rmSync(part, { force: true });
    throw new Failure('The addon does not link.', { output, cure: `Is the libtorch in ${libtorch.root} complete?` });
  }
  // A process that has the old addon loaded keeps it: only its name is taken over.
  renameSync(part, addon);
  const { version: release, root, source, cuda, cxx11Abi } = libtorch;
  const about = {
    libtorch: release,
    root,
    source,
    cuda,
    cxx11Abi,
    compiler: version,
    flags,
    builtAt: new Date().toISOString(),
    key,
  };
  writeFileSync(`${engine}.${process.pid}`, `${JSON.stringify(about, null, 2)}\n`);
  renameSync(`${engine}.${process.pid}`, engine);
}

/** Objects of earlier builds, and parts of interrupted ones. @param {Plan} plan */
function removeOthers({ build, units }) {
  const { objects } = filesOf(build);
  const current = new Set(units.map((unit) => unit.object));
  for (const name of readdirSync(objects)) {
    if (!current.has(join(objects, name))) rmSync(join(objects, name));
  }
}

/** @param {Plan} plan */
function builtKey({ build }) {
  const { engine } = filesOf(build);
  return existsSync(engine) ? JSON.parse(readFileSync(engine, 'utf8')).key : null;
}

/** @param {string} output a compiler's errors: the first says most */
const firstErrors = (output) => output.split('\n').slice(0, 20).join('\n');

/** @param {(string | Buffer)[]} parts */
function hash(parts) {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(part).update('\0');
  return sum.digest('hex').slice(0, 16);
}

if (isMain(import.meta.url)) await runMain(compile);
