// What each room may import, and that no files import each other in a circle. Images flow one way:
// images -> views -> networks -> losses -> step -> teachers -> methods -> train -> evaluate ->
// export -> pretrain -> report -> study -> cli. Beneath them stand `files` (whole writes, locks,
// JSON) and `runs` (what a run folder tells). `node scripts/imports.mjs` checks it.

import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import { isMain, root } from './run.mjs';

const torch = 'packages/torch/src';
const setup = 'packages/torch/setup';
const tandem = 'packages/tandem/src';
const engine = 'tandem-torch';

/**
 * A room is a folder with all below it, or one file; of several that fit, the first is meant. It
 * may import itself, the files and folders in `may`, and the packages in `packages`; Node's own
 * modules and the console only if it is `worldly`. `alone`: its files do not see each other.
 * @typedef {{ room: string, may?: string[], packages?: string[], worldly?: boolean, alone?:
 * boolean, why?: string }} Room
 */

/** The engine's files that stand directly in src; all of its rooms build on them. */
const core = `${torch}/*`;

/** Free for every room of the toolkit. */
const errors = `${tandem}/errors.ts`;
export const common = [errors, `${tandem}/text.ts`, `${tandem}/random.ts`, `${tandem}/defined.ts`];

/** @param {string[]} names */
const images = (...names) => names.map((name) => `${tandem}/images/${name}`);

/** Reading and writing files so that they stay whole. */
const files = [`${tandem}/files`];

/** Small functions of numbers and tensors, for rooms that know tensors. */
const math = `${tandem}/math.ts`;

/** @param {string[]} names */
const rooms = (...names) => names.map((name) => `${tandem}/${name}`);

/** What puts all together may use all of these. */
const toolkit = rooms(
  'math.ts',
  'version.ts',
  'invocation.ts',
  'device.ts',
  'images',
  'views',
  'networks',
  'losses',
  'step',
  'teachers',
  'methods',
  'weights',
  'runs',
  'train',
  'evaluate',
  'load',
  'export',
);

/** @type {Room[]} */
export const house = [
  { room: `${torch}/index.ts`, may: [torch], why: 'it is what the engine shows' },
  { room: `${torch}/nn`, may: [core], why: 'modules are made of operators' },
  { room: `${torch}/optim`, may: [core], why: 'optimizers are made of operators' },
  { room: `${torch}/data`, may: [core], why: 'batches are made of tensors' },
  { room: `${torch}/io`, may: [core], worldly: true, why: 'files of tensors' },
  { room: `${torch}/dist`, may: [core], worldly: true, why: 'processes find each other over the network' },
  {
    room: `${torch}/binding.ts`,
    may: [core, `${torch}/blas.ts`, `${setup}/places.mjs`],
    worldly: true,
    why: 'it alone loads the addon',
  },
  {
    room: `${torch}/jpeg.ts`,
    may: [`${setup}/places.mjs`],
    worldly: true,
    why: 'it loads an addon of its own, and no libtorch',
  },
  { room: `${torch}/blas.ts`, worldly: true, why: 'it asks the processor what it can do' },
  {
    room: `${setup}/places.mjs`,
    worldly: true,
    why: 'where the addon lies is said in one place',
  },
  { room: setup, packages: ['yauzl'], worldly: true, why: 'set-up runs before anything is built' },
  { room: core, why: 'the engine knows no module, optimizer or file, and nothing of the toolkit' },
  { room: 'packages/torch/codegen', may: [core], worldly: true },

  { room: `${tandem}/errors.ts`, packages: ['fastest-levenshtein'], why: 'what users are told, in one line' },
  { room: `${tandem}/text.ts`, why: 'how names stand in each kind of output' },
  { room: `${tandem}/random.ts`, why: 'draws are functions of seed and position' },
  { room: `${tandem}/defined.ts`, why: 'it is a line of code' },
  { room: `${tandem}/collect-garbage.ts`, worldly: true, why: 'it asks V8' },
  { room: math, packages: [engine], why: 'small functions that many rooms want' },
  { room: `${tandem}/version.ts`, worldly: true, why: 'it reads package.json' },
  { room: `${tandem}/invocation.ts`, worldly: true, why: 'it asks how the command was called' },
  {
    room: `${tandem}/device.ts`,
    may: common,
    packages: [engine],
    worldly: true,
    why: 'it asks the engine what is there',
  },

  {
    room: `${tandem}/files`,
    may: common,
    packages: ['jsonc-parser'],
    worldly: true,
    why: 'files know nothing of what is in them',
  },

  { room: `${tandem}/images/options.ts`, may: common, why: 'it says what users may ask for' },
  { room: `${tandem}/images/concurrency.ts`, why: 'it knows only that work is done' },
  {
    room: `${tandem}/images/file-state.ts`,
    may: images('concurrency.ts', 'sources/listing.ts'),
    worldly: true,
    why: 'it knows files by their paths alone',
  },
  { room: `${tandem}/images/set`, may: common, worldly: true, why: 'a set of images knows no file format' },
  {
    room: `${tandem}/images/sources`,
    may: [
      errors,
      ...images('options.ts', 'set/image-set.ts', 'set/split-names.ts', 'cache/cache-home.ts'),
      ...rooms('files/make-folder.ts', 'files/regular.ts', 'files/system-error.ts', 'files/with-lock.ts'),
    ],
    packages: [
      'tar-stream',
      'yauzl',
      'brace-expansion',
      'tinyglobby',
      'picomatch',
      'aws4fetch',
      'papaparse',
      'hyparquet',
      'hyparquet/src/column.js',
      'hyparquet/src/convert.js',
      'hyparquet/src/schema.js',
      'hyparquet-compressors',
      'apache-arrow',
    ],
    worldly: true,
    why: 'a source gives bytes and does not decode them',
  },
  {
    room: `${tandem}/images/decode`,
    may: [
      errors,
      ...images('options.ts', 'concurrency.ts', 'set'),
      ...images('sources/source.ts', 'sources/formats.ts', 'sources/crc32.ts', 'sources/zip-entry.ts'),
    ],
    packages: ['sharp', 'tandem-torch/jpeg', 'fzstd', 'geotiff', 'yauzl'],
    worldly: true,
    why: 'decoding does not know where images are kept',
  },
  {
    room: `${tandem}/images/cache`,
    may: [
      errors,
      ...rooms('files/make-folder.ts', 'files/with-lock.ts', 'files/regular.ts', 'files/sync.ts'),
      ...images('file-state.ts', 'set', 'sources/listing.ts'),
    ],
    worldly: true,
    why: 'the cache keeps what others decode',
  },
  {
    room: `${tandem}/images/collection`,
    may: [errors, ...images('options.ts', 'set', 'sources', 'decode', 'cache/cached.ts')],
    packages: ['picomatch'],
    worldly: true,
    why: 'the cache has one door, cached.ts, and a data set is a collection at a known place',
  },
  {
    room: `${tandem}/images/streamed`,
    may: [
      ...common,
      ...images('options.ts', 'concurrency.ts', 'file-state.ts', 'set', 'sources', 'decode', 'collection'),
      ...rooms('files/json.ts', 'files/make-folder.ts'),
    ],
    worldly: true,
    why: 'a stream is made of sources and decodes what comes; it knows no cache of pixels',
  },
  {
    room: `${tandem}/images/datasets`,
    may: [
      errors,
      ...images('options.ts', 'set', 'sources', 'decode/side.ts', 'collection'),
      ...images('cache/cached.ts', 'cache/cache-home.ts'),
      ...rooms('files/make-folder.ts', 'files/with-lock.ts', 'files/sync.ts'),
    ],
    worldly: true,
    why: 'a data set is told apart from others here and nowhere else',
  },
  {
    room: `${tandem}/images/check`,
    may: [...common, ...rooms('images', 'files/make-folder.ts', 'files/write-whole.ts')],
    worldly: true,
    why: 'it looks at what others open and decode, and writes lists of it',
  },
  {
    room: `${tandem}/images`,
    may: common,
    worldly: true,
    why: 'images are host bytes, no tensors',
  },
  {
    room: `${tandem}/views`,
    may: [...common, ...rooms('images')],
    packages: [engine, 'zod'],
    why: 'views are made of bytes; they know no network',
  },
  { room: `${tandem}/networks`, may: common, packages: [engine], why: 'a network never knows what trains it' },
  { room: `${tandem}/losses`, may: [...common, math], packages: [engine], why: 'a loss sees tensors only' },
  { room: `${tandem}/step`, may: common, packages: [engine], why: 'a step knows no network' },
  {
    room: `${tandem}/teachers`,
    may: [...common, ...rooms('networks', 'step')],
    packages: [engine],
    why: 'a teacher follows networks and knows no loss',
  },
  {
    room: `${tandem}/methods/index.ts`,
    may: [...common, ...rooms('views', 'networks', 'methods')],
    packages: [engine, 'zod'],
    why: 'it is the registry',
  },
  {
    room: `${tandem}/methods/own.ts`,
    may: [...common, ...rooms('networks', 'losses', 'step', 'methods/definition.ts', 'methods/method.ts')],
    packages: [engine],
    why: 'it watches over methods that are defined elsewhere',
  },
  {
    room: `${tandem}/methods`,
    may: [
      ...common,
      math,
      ...rooms('views', 'networks', 'losses', 'step', 'teachers', 'methods/method.ts'),
      ...rooms('methods/options', 'methods/parts'),
    ],
    packages: [engine, 'zod'],
    alone: true,
    why: 'a method never touches files, the console or another method',
  },
  {
    room: `${tandem}/weights`,
    may: [...common, ...rooms('files/system-error.ts', 'views', 'networks')],
    packages: [engine, 'zod'],
    worldly: true,
    why: 'a file of weights holds networks, and not what trained them',
  },
  {
    room: `${tandem}/runs`,
    may: [...common, ...files, ...rooms('invocation.ts', 'images', 'weights')],
    packages: ['zod'],
    worldly: true,
    why: 'it reads the files of a run and does not know how they came about',
  },
  {
    room: `${tandem}/train/distributed`,
    may: [
      ...common,
      ...rooms('images', 'losses', 'step', 'methods/method.ts', 'networks/drop-path.ts', 'train/distributed'),
    ],
    packages: [engine],
    why: 'several processes share a batch, and methods do not notice',
  },
  {
    room: `${tandem}/train/accumulation.ts`,
    may: [...common, ...rooms('images', 'methods/method.ts', 'networks/drop-path.ts', 'train/distributed/shares.ts')],
    packages: [engine],
    why: 'images go through networks in parts, and methods do not notice',
  },
  {
    room: `${tandem}/train`,
    may: [
      ...common,
      ...rooms('files/make-folder.ts', 'files/put-aside.ts', 'images', 'views', 'losses', 'step', 'methods/method.ts'),
    ],
    packages: [engine],
    worldly: true,
    why: 'training knows the contract, no method',
  },
  {
    room: `${tandem}/evaluate`,
    may: [...common, math, ...files, ...rooms('device.ts', 'images', 'views', 'networks', 'weights', 'runs')],
    packages: [engine, 'hyparquet-writer', 'umap-js', 'yazl'],
    worldly: true,
    why: 'it takes an encoder, never a method',
  },
  {
    room: `${tandem}/load`,
    may: [...common, ...rooms('device.ts', 'images', 'views', 'networks', 'weights', 'runs', 'evaluate')],
    packages: [engine],
    worldly: true,
    why: 'it gives vectors, whatever made the encoder',
  },
  {
    room: `${tandem}/export`,
    may: [
      ...common,
      math,
      ...files,
      ...rooms('version.ts', 'device.ts', 'images', 'views', 'networks', 'weights', 'runs', 'evaluate'),
    ],
    packages: [engine, 'zod', '@bufbuild/protobuf', '@bufbuild/protobuf/codegenv2'],
    worldly: true,
    why: 'what is exported is an encoder, never a method',
  },
  {
    room: `${tandem}/pretrain`,
    may: [...common, ...files, `${tandem}/collect-garbage.ts`, ...toolkit],
    packages: [engine, 'zod', '@bufbuild/protobuf/wire'],
    worldly: true,
    why: 'nothing imports the command line',
  },
  { room: `${tandem}/report/browser`, packages: ['chart.js'], why: "it runs in the report's page" },
  {
    room: `${tandem}/report`,
    may: [...common, ...files, ...toolkit, ...rooms('pretrain')],
    packages: [engine, 'zod', 'chart.js'],
    worldly: true,
    why: 'it reads run folders; nothing imports the command line',
  },
  {
    room: `${tandem}/gallery`,
    may: [
      ...common,
      math,
      ...files,
      ...rooms('device.ts', 'images', 'runs', 'evaluate', 'load'),
      ...rooms('report/html.ts', 'report/html-page.ts', 'report/assets.ts'),
    ],
    packages: [engine, 'usearch', 'pg'],
    worldly: true,
    why: 'it finds vectors, whatever made them',
  },
  { room: `${tandem}/web/browser`, packages: ['chart.js'], why: 'it runs in pages that a server shows' },
  {
    room: `${tandem}/web`,
    may: [...common, ...rooms('report/html.ts', 'report/html-page.ts', 'report/assets.ts')],
    packages: ['hono', 'hono/cors', 'hono/utils/http-status', '@hono/node-server'],
    worldly: true,
    why: 'it knows how to answer, and not what',
  },
  {
    room: `${tandem}/serve`,
    may: [...common, ...rooms('version.ts', 'evaluate', 'load', 'gallery', 'web', 'report/html.ts')],
    packages: ['hono', 'hono/body-limit', 'hono/route', 'zod'],
    worldly: true,
    why: 'it answers what models and galleries know',
  },
  {
    room: `${tandem}/ui`,
    may: [
      ...common,
      ...files,
      ...rooms('runs', 'web'),
      ...rooms('report/html.ts', 'report/assets.ts', 'report/warnings.ts', 'report/epochs/in-thread.ts'),
    ],
    packages: ['hono', 'hono/streaming', 'zod'],
    worldly: true,
    why: 'it reads the files of runs, and knows nothing of training',
  },
  {
    room: `${tandem}/curate`,
    may: [
      ...common,
      math,
      ...files,
      ...rooms('device.ts', 'images', 'runs', 'evaluate', 'gallery/tiles.ts'),
      ...rooms('report/html.ts', 'report/html-page.ts', 'report/assets.ts'),
    ],
    packages: [engine],
    worldly: true,
    why: 'it looks through pictures by their vectors, whatever made them',
  },
  {
    room: `${tandem}/study`,
    may: [...common, ...files, ...toolkit, ...rooms('pretrain', 'report')],
    packages: [engine, 'zod', 'vega', 'vega-lite'],
    worldly: true,
    why: 'it runs what the rooms below do, and reads what came of it',
  },
  {
    room: `${tandem}/cli`,
    may: [tandem],
    packages: [engine, `${engine}/setup`, 'commander'],
    worldly: true,
    why: 'it may use everything; the work belongs to the rooms below',
  },
  {
    room: `${tandem}/index.ts`,
    packages: ['zod'],
    may: [...common, ...toolkit, ...rooms('pretrain', 'report', 'gallery', 'curate', 'serve', 'ui', 'study')],
    why: 'it names what is public; nothing imports the command line',
  },
  {
    room: `${tandem}/internal.ts`,
    may: [...common, ...toolkit, ...rooms('pretrain', 'report', 'gallery', 'study')],
    why: 'it is for the benchmarks and packages of this project; no room builds on it',
  },
  {
    room: 'bench',
    may: ['bench'],
    packages: [engine, 'tandem-vision', 'tandem-vision/internal', 'sharp'],
    worldly: true,
  },
  {
    room: 'examples',
    may: ['examples'],
    packages: [engine, 'tandem-vision', 'onnxruntime-web/wasm'],
    worldly: true,
    why: 'an example shows what is public',
  },
];

/**
 * Whether `path` is `place`, lies in it, or for `folder/*` lies directly in it.
 * @param {string} path
 * @param {string} place
 */
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
  const file = /** @type {string} */ (fileOf(path, target));
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

/**
 * Comments become blanks, so that examples in them do not count and lines keep their numbers.
 * @param {string} text
 */
export function withoutComments(text) {
  const stringOrComment = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  return text.replace(stringOrComment, (part) => (part.startsWith('/') ? part.replace(/[^\n]/g, ' ') : part));
}

/** @param {string} text @param {number} index */
const lineAt = (text, index) => text.slice(0, index).split('\n').length;

/**
 * The file that an import names, from the repository's root; undefined for packages.
 * @param {string} path
 * @param {string} target
 */
function fileOf(path, target) {
  if (!target.startsWith('.')) return undefined;
  return posix.join(posix.dirname(path), target).replace(/\.js$/, '.ts');
}

/**
 * Each set of files that import one another in a circle, types included, as one line.
 * @param {ReadonlyMap<string, string>} texts  by path from the repository's root
 */
export function circlesOf(texts) {
  const targets = new Map();
  for (const [path, text] of texts) {
    const files = importsOf(withoutComments(text)).map(({ target }) => fileOf(path, target));
    targets.set(path, new Set(files.filter((file) => file !== undefined && texts.has(file))));
  }
  // Tarjan's strongly connected components.
  const order = new Map();
  const lowest = new Map();
  const open = [];
  const circles = [];
  const visit = (/** @type {string} */ path) => {
    order.set(path, order.size);
    lowest.set(path, order.get(path));
    open.push(path);
    for (const target of targets.get(path)) {
      if (!order.has(target)) visit(target);
      if (open.includes(target)) lowest.set(path, Math.min(lowest.get(path), lowest.get(target)));
    }
    if (lowest.get(path) !== order.get(path)) return;
    const circle = open.splice(open.indexOf(path));
    if (circle.length > 1) circles.push(`${circle.sort().join(', ')} import one another in a circle`);
  };
  for (const path of texts.keys()) if (!order.has(path)) visit(path);
  return circles;
}

/** The faults of all sources. */
export function checkImports() {
  const folders = [torch, setup, 'packages/torch/codegen', tandem, 'bench', 'examples'];
  const texts = new Map(
    folders.flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && /\.m?ts$|\.mjs$/.test(entry.name) && !/\.d\.m?ts$/.test(entry.name))
        .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
        .sort()
        .map((file) => [relative(root, file).split('\\').join('/'), readFileSync(file, 'utf8')]),
    ),
  );
  return [...[...texts].flatMap(([path, text]) => faultsOf(path, text)), ...circlesOf(texts)];
}

if (isMain(import.meta.url)) {
  const faults = checkImports();
  for (const fault of faults) console.log(fault);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
