// What each room may import. Images flow one way: images -> views -> networks -> losses -> teachers -> methods -> train ->
// evaluate and export -> pretrain -> report -> cli. `node scripts/imports.mjs` checks it.

import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import { isMain, root } from './run.mjs';

const torch = 'packages/torch/src';
const tandem = 'packages/tandem/src';
const engine = '@tandem/torch';

/**
 * A room is a folder with all below it, or one file; of several that fit, the first is meant. It may import itself, the files and
 * folders in `may`, and the packages in `packages`; Node's own modules and the console only if it is `worldly`. `alone`: its files
 * do not see each other.
 * @typedef {{ room: string, may?: string[], packages?: string[], worldly?: boolean, alone?: boolean, why?: string }} Room
 */

/** The engine's files that stand directly in src; all of its rooms build on them. */
const core = `${torch}/*`;

/** Free for every room of the toolkit. */
const common = [`${tandem}/errors.ts`, `${tandem}/random.ts`];

/** @param {string[]} names */
const rooms = (...names) => names.map((name) => `${tandem}/${name}`);

/** What puts all together may use all of these. */
const toolkit = rooms('images', 'views', 'networks', 'losses', 'teachers', 'methods', 'train', 'evaluate', 'export');

/** @type {Room[]} */
export const house = [
  { room: `${torch}/index.ts`, may: [torch], why: 'it is what the engine shows' },
  { room: `${torch}/nn`, may: [core] },
  { room: `${torch}/optim`, may: [core] },
  { room: `${torch}/io`, may: [core], worldly: true },
  { room: `${torch}/door.ts`, may: [core], worldly: true, why: 'it alone loads the addon' },
  { room: core, why: 'the engine knows no module, optimizer or file, and nothing of the toolkit' },
  { room: 'packages/torch/codegen', may: [core], worldly: true },

  { room: `${tandem}/errors.ts`, packages: ['fastest-levenshtein'] },
  { room: `${tandem}/random.ts` },
  {
    room: `${tandem}/images`,
    may: common,
    packages: ['sharp', 'tar-stream', 'yauzl'],
    worldly: true,
    why: 'images are host bytes, no tensors',
  },
  { room: `${tandem}/views`, may: [...common, ...rooms('images')], packages: [engine] },
  { room: `${tandem}/networks`, may: common, packages: [engine], why: 'a network never knows what trains it' },
  { room: `${tandem}/losses`, may: common, packages: [engine], why: 'a loss sees tensors only' },
  { room: `${tandem}/teachers`, may: [...common, ...rooms('networks')], packages: [engine] },
  {
    room: `${tandem}/methods/index.ts`,
    may: [...common, ...rooms('views', 'networks', 'methods')],
    packages: [engine, 'zod'],
    why: 'it is the registry',
  },
  {
    room: `${tandem}/methods`,
    may: [
      ...common,
      ...rooms('views', 'networks', 'losses', 'teachers', 'methods/method.ts', 'methods/options', 'methods/parts'),
    ],
    packages: [engine, 'zod'],
    alone: true,
    why: 'a method never touches files, the console or another method',
  },
  {
    room: `${tandem}/train`,
    may: [...common, ...rooms('images', 'views', 'networks', 'losses', 'teachers', 'methods/method.ts')],
    packages: [engine],
    worldly: true,
    why: 'training knows the contract, no method',
  },
  {
    room: `${tandem}/evaluate`,
    may: [...common, ...rooms('images', 'views', 'networks', 'losses')],
    packages: [engine, 'hyparquet-writer', 'yazl'],
    worldly: true,
    why: 'it takes an encoder, never a method',
  },
  {
    room: `${tandem}/export`,
    may: [...common, ...rooms('images', 'views', 'networks', 'train')],
    packages: [engine, 'zod', '@bufbuild/protobuf', '@bufbuild/protobuf/codegenv2'],
    worldly: true,
  },
  {
    room: `${tandem}/pretrain`,
    may: [...common, ...toolkit],
    packages: [engine, 'zod'],
    worldly: true,
    why: 'nothing imports the command line',
  },
  { room: `${tandem}/report/browser`, packages: ['chart.js'], why: "it runs in the report's page" },
  {
    room: `${tandem}/report`,
    may: [...common, ...toolkit, ...rooms('pretrain')],
    packages: [engine, 'zod', 'chart.js'],
    worldly: true,
    why: 'it reads run folders; nothing imports the command line',
  },
  {
    room: `${tandem}/cli`,
    may: [tandem],
    packages: [engine, 'commander', 'fastest-levenshtein', 'sharp', 'zod'],
    worldly: true,
  },
  {
    room: `${tandem}/index.ts`,
    may: [...common, ...toolkit, ...rooms('pretrain')],
    packages: [engine],
    why: 'nothing imports the command line',
  },
];

/** Whether `path` is `place`, lies in it, or for `folder/*` lies directly in it. @param {string} path @param {string} place */
function isIn(path, place) {
  if (place.endsWith('/*')) return posix.dirname(path) === place.slice(0, -2);
  return path === place || path.startsWith(`${place}/`);
}

/**
 * The faults of one file, each as `path:line message`.
 * @param {string} path  from the repository's root, with slashes
 * @param {string} text
 */
export function faultsOf(path, text) {
  const home = house.find(({ room }) => isIn(path, room));
  if (home === undefined) return [`${path}:1 stands in no room that scripts/imports.mjs knows`];
  const because = home.why === undefined ? '' : `: ${home.why}`;
  const code = withoutComments(text);
  const faults = [];
  for (const { line, target } of importsOf(code)) {
    if (!isAllowed(home, path, target)) faults.push(`${path}:${line} may not import ${target}${because}`);
  }
  for (const { line, word } of worldlyWordsOf(code)) {
    if (!home.worldly) faults.push(`${path}:${line} may not use ${word}${because}`);
  }
  return faults;
}

/** @param {Room} home @param {string} path @param {string} target */
function isAllowed(home, path, target) {
  const { room, may = [], packages = [], worldly = false, alone = false } = home;
  if (target.startsWith('node:')) return worldly;
  if (!target.startsWith('.')) return packages.includes(target);
  const file = posix.join(posix.dirname(path), target).replace(/\.js$/, '.ts');
  return (!alone && isIn(file, room)) || may.some((place) => isIn(file, place));
}

/** @param {string} code without comments */
export function importsOf(code) {
  const pattern = /^[ \t]*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]/gm;
  return [...code.matchAll(pattern)].map((found) => ({
    line: lineAt(code, found.index + found[0].length),
    target: found[1] ?? found[2],
  }));
}

/** @param {string} code without comments */
function worldlyWordsOf(code) {
  return [...code.matchAll(/(?<![.\w])(console|process)\./g)].map((found) => ({
    line: lineAt(code, found.index),
    word: found[1],
  }));
}

/** Comments become blanks, so that examples in them do not count and lines keep their numbers. @param {string} text */
export function withoutComments(text) {
  const stringOrComment = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  return text.replace(stringOrComment, (part) => (part.startsWith('/') ? part.replace(/[^\n]/g, ' ') : part));
}

/** @param {string} text @param {number} index */
const lineAt = (text, index) => text.slice(0, index).split('\n').length;

/** The faults of all sources. */
export function checkImports() {
  const folders = [torch, 'packages/torch/codegen', tandem];
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
      .sort()
      .flatMap((file) => faultsOf(relative(root, file).split('\\').join('/'), readFileSync(file, 'utf8'))),
  );
}

if (isMain(import.meta.url)) {
  const faults = checkImports();
  for (const fault of faults) console.log(fault);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
