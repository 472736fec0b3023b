// The packages as people get them: packed, installed into empty projects outside of the checkout
// by npm and by pnpm, set up, type-checked, and used: an own method with an own step of views on
// own images, from code and by the command line, a run that is killed and resumed, export, vectors.
// Nothing of the checkout is on the path, and nothing is written into node_modules. Where npm's
// registry is out of reach it says that it is skipped.
//
// `npm run test:packages -- yarn node22 node24` tries other ways to install instead.

import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { pack } from './pack.mjs';
import { Failure, onExit, root, run, runMain, step } from './run.mjs';

const home = mkdtempSync(join(tmpdir(), 'tandem packages '));
onExit(() => rmSync(home, { recursive: true, force: true }));

/** The environment of someone who has no checkout: own caches, and nothing of ours on the path. */
const environment = {
  PATH: (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.startsWith(root))
    .join(delimiter),
  HOME: home,
  XDG_CACHE_HOME: join(home, 'cache'),
  npm_config_cache: process.env.npm_config_cache ?? join(process.env.HOME ?? home, '.npm'),
  TANDEM_ADDON: '',
  NODE_PATH: '',
};

/** Names of what npm sets for its scripts: this one may have been started by it. */
for (const name of Object.keys(process.env)) {
  if (/^(npm_(?!config_)|INIT_CWD)/.test(name)) delete process.env[name];
}

/** No line of a command's output that says the registry cannot be reached. */
const unreachable = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|network/;

/**
 * Runs a command in a project; it must succeed.
 * @param {string} cwd @param {string} command @param {...string} args
 */
async function must(cwd, command, ...args) {
  const { code, output } = await run(command, args, { cwd, env: environment });
  if (code !== 0) {
    throw new Failure(`In a project of its own, '${[basename(command), ...args].join(' ')}' ended with ${code}.`, {
      output,
    });
  }
  return output;
}

/**
 * A way to install: `add` installs the packed files and TypeScript with the Node that is first on
 * the path, `node` is the major version of another one.
 * @typedef {{ add: (project: string, files: string[]) => Promise<string>, node?: number }} Way
 */

/** @type {Way['add']} */
const byNpm = (project, files) => must(project, 'npm', 'install', '--no-audit', '--no-fund', ...files, ...tools());

/**
 * The toolkit asks for the engine by its version, which no registry has.
 * @param {string[]} files
 */
const engineOf = (files) => `file:${files.find((file) => file.includes('torch'))}`;

/** @type {Record<string, Way>} */
const ways = {
  npm: { add: byNpm },
  pnpm: {
    add(project, files) {
      writeFileSync(join(project, 'pnpm-workspace.yaml'), `overrides:\n  tandem-torch: '${engineOf(files)}'\n`);
      return must(project, 'npm', 'exec', '--yes', '--package=pnpm@10', '--', 'pnpm', 'add', ...files, ...tools());
    },
  },
  yarn: {
    add(project, files) {
      writeFileSync(join(project, '.yarnrc.yml'), 'nodeLinker: node-modules\nenableTelemetry: false\n');
      const about = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
      const resolutions = { 'tandem-torch': engineOf(files) };
      writeFileSync(join(project, 'package.json'), JSON.stringify({ ...about, resolutions }));
      const named = files.map((file) => `${file.includes('torch') ? 'tandem-torch' : 'tandem-vision'}@file:${file}`);
      const yarn = ['exec', '--yes', '--package=@yarnpkg/cli-dist@4', '--', 'yarn'];
      return must(project, 'npm', ...yarn, 'add', ...named, ...tools());
    },
  },
  node22: { add: byNpm, node: 22 },
  node24: { add: byNpm, node: 24 },
};

/** Those that every check tries. */
const usual = ['npm', 'pnpm'];

/** Puts another Node first on the path. @param {number} major */
async function useNode(major) {
  const place = join(home, `node ${major}`);
  mkdirSync(place);
  await must(place, 'npm', 'install', '--no-audit', '--no-fund', '--prefix', place, `node@${major}`);
  environment.PATH = [join(place, 'node_modules/node/bin'), environment.PATH].join(delimiter);
  const version = (await must(place, 'node', '--version')).trim();
  if (!version.startsWith(`v${major}.`)) throw new Failure(`Node ${major} was asked for; this is ${version}.`);
}

/** The versions of the checkout. */
function tools() {
  const { devDependencies } = createRequire(import.meta.url)('../package.json');
  return ['typescript', '@types/node'].map((name) => `${name}@${devDependencies[name]}`);
}

/** @param {string} project @param {number} count */
async function writePictures(project, count) {
  const { default: sharp } = await import('sharp');
  for (let i = 0; i < count; i++) {
    const kind = i % 2 === 0 ? 'dark' : 'bright';
    const noise = { type: /** @type {const} */ ('gaussian'), mean: i % 2 === 0 ? 60 : 190, sigma: 25 };
    const picture = sharp({ create: { width: 32, height: 32, channels: 3, background: 'black', noise } }).png();
    mkdirSync(join(project, 'pictures', kind), { recursive: true });
    await picture.toFile(join(project, 'pictures', kind, `${i}.png`));
  }
  mkdirSync(join(project, 'one'));
  await sharp(join(project, 'pictures/dark/0.png')).toFile(join(project, 'one/picture.png'));
}

/** @param {string} project */
function writeProject(project) {
  mkdirSync(project, { recursive: true });
  writeFileSync(join(project, 'package.json'), '{ "name": "own-project", "private": true, "type": "module" }\n');
  for (const name of ['consumer.ts', 'mine.ts', 'vector.ts'])
    cpSync(join(root, 'scripts/packages', name), join(project, name));
  const compilerOptions = {
    ...{ strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, skipLibCheck: false },
    ...{ target: 'ES2022', lib: ['ES2023', 'ESNext.Disposable'], module: 'NodeNext', types: ['node'] },
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
}

/** @param {string} project @param {string} name */
const bin = (project, name) => join(project, 'node_modules/.bin', name);

/**
 * Before set-up the packages can be imported, and the first use says what to type.
 * @param {string} project
 */
async function importsWithoutEngine(project) {
  const script = `
    const { ones } = await import('tandem-torch');
    await import('tandem-vision');
    try { ones([1]); console.log('loaded'); } catch (error) { console.log(error.message); }`;
  const said = await must(project, 'node', '--input-type=module', '-e', script);
  if (!said.includes('not set up; run `npx tandem setup`'))
    throw new Failure('Nothing names set-up.', { output: said });
}

/**
 * A run of an own method and an own step of views, on own images, that is killed after its first
 * epoch, and resumed.
 * @param {string} project
 */
async function killAndResume(project) {
  const small = ['--backbone', 'resnet8', 'width=4', 'stem=strided', '--batch', '32', '--epochs', '4'];
  const own = ['--use', './mine.js', '--method', 'spread', 'apart=0.5', 'steps=dim:most=0.2@crop'];
  const started = run(bin(project, 'tandem'), ['pretrain', 'mine', ...own, ...small, '--out', 'runs/killed'], {
    cwd: project,
    env: environment,
  });
  const metrics = join(project, 'runs/killed/metrics.jsonl');
  const lines = () => (existsSync(metrics) ? readFileSync(metrics, 'utf8').split('\n').length - 1 : 0);
  const deadline = Date.now() + 60_000;
  while (lines() < 1) {
    if (Date.now() > deadline) throw new Failure('No epoch was finished in a minute.');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { pid } = JSON.parse(readFileSync(join(project, 'runs/killed/lock'), 'utf8'));
  process.kill(pid, 'SIGKILL');
  await started;
  if (lines() >= 4) throw new Failure('The run had ended before it was killed.');
  await must(project, bin(project, 'tandem'), 'resume', 'runs/killed');
  const epochs = readFileSync(metrics, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).epoch);
  if (epochs.join() !== '1,2,3,4') throw new Failure(`The resumed run has the epochs ${epochs}.`);
}

/** @param {string} project */
async function exportAndEmbed(project) {
  await must(project, bin(project, 'tandem'), 'export', 'runs/killed', '--out', 'exported');
  if (!existsSync(join(project, 'exported/onnx'))) {
    throw new Failure(`The exported folder holds only ${readdirSync(join(project, 'exported'))}.`);
  }
  await must(project, bin(project, 'tandem'), 'embed', 'runs/killed', './one', '--out', 'one.npy');
  await must(project, 'node', 'vector.js');
  const vectors = readFileSync(join(project, 'one.npy'));
  if (!/'shape': \(1, \d+\)/.test(vectors.toString('latin1', 0, 128))) throw new Failure('One picture gave no vector.');
}

/**
 * What lies in node_modules, to see that nothing is written there: it may be read-only.
 * @param {string} project
 */
function modulesOf(project) {
  const folder = join(project, 'node_modules');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return files.map((file) => {
    const about = statSync(join(folder, file), { throwIfNoEntry: false });
    return about?.isFile() ? `${file} ${about.size} ${about.mtimeMs}` : file;
  });
}

/**
 * @param {string} name
 * @param {Way} way
 * @param {string[]} files
 */
async function tryWay(name, { add, node }, files) {
  const project = join(home, `project of ${name}`);
  writeProject(project);
  if (node !== undefined) await step(name, `fetching Node ${node}`, () => useNode(node));
  await step(name, 'installing into an empty project', () => add(project, files));
  await step(name, 'pictures, and imports before set-up', async () => {
    await writePictures(project, 96);
    if (!existsSync(environment.XDG_CACHE_HOME)) await importsWithoutEngine(project);
  });
  const before = new Set(modulesOf(project));
  await step(name, 'tandem setup', () => must(project, bin(project, 'tandem'), 'setup'));
  await step(name, 'types of a strict project', () => must(project, bin(project, 'tsc')));
  await step(name, 'its code: own method, own step, own images, a vector', () => must(project, 'node', 'consumer.js'));
  await step(name, 'a run killed and resumed', () => killAndResume(project));
  await step(name, 'export and embed', () => exportAndEmbed(project));
  const written = modulesOf(project).filter((line) => !before.has(line));
  if (written.length > 0) throw new Failure('Use writes into node_modules.', { output: written.join('\n') });
}

const asked = process.argv.length > 2 ? process.argv.slice(2) : usual;
const path = environment.PATH;

await runMain(async () => {
  const unknown = asked.find((name) => !Object.hasOwn(ways, name));
  if (unknown !== undefined) throw new Failure(`Unknown: ${unknown}. There are ${Object.keys(ways).join(', ')}.`);
  const packed = await step('packages', 'packing', () => pack(join(home, 'packed')));
  const files = packed.map(({ file }) => file);
  for (const name of asked) {
    environment.PATH = path;
    try {
      await tryWay(name, /** @type {Way} */ (ways[name]), files);
    } catch (error) {
      if (!(error instanceof Failure) || !unreachable.test(error.output)) throw error;
      console.log(`packages  SKIPPED: npm's registry is out of reach, so nothing can be installed.`);
      return;
    }
  }
  console.log(`packages  installed with ${asked.join(' and ')}, and used: good`);
});
