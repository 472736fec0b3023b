// Runs the compiled tests: `npm test`, or `npm test -- operators knn` for the files whose path
// holds one of the words. Arguments that start with -- go to Node's test runner, as in
// `npm test -- --test-name-pattern=conv2d`.

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { root, run } from './run.mjs';

const words = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const options = process.argv.slice(2).filter((argument) => argument.startsWith('--'));

const files = [...compiledTests(), ...filesIn('scripts', '.test.mjs')].filter(
  (file) => words.length === 0 || words.some((word) => file.includes(word)),
);

if (files.length === 0) {
  console.error(words.length > 0 ? `No test file's path holds ${words.join(' or ')}.` : 'There are no tests.');
  process.exitCode = 1;
} else {
  // Most of a test's time is one core's: starting libtorch, compiled for many cores, for small
  // tensors.
  const concurrency = Number(process.env.TANDEM_TEST_CONCURRENCY ?? Math.min(availableParallelism(), 4));
  const threads = String(Math.max(1, Math.floor(availableParallelism() / concurrency)));
  const { code } = await run(
    process.execPath,
    ['--enable-source-maps', '--test', ...runnerLimits(concurrency), ...reporters(), ...options, ...files],
    { env: { TANDEM_THREADS: process.env.TANDEM_THREADS ?? threads }, show: true },
  );
  process.exitCode = code;
}

/** The tests in dist folders. One whose source is gone is removed: it would go on passing. */
function compiledTests() {
  const packages = [...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`), 'bench'];
  return packages.flatMap((folder) =>
    filesIn(`${folder}/dist`, '.test.js').filter((file) => {
      const stem = file.slice(0, -'.js'.length);
      if (existsSync(join(root, `${stem.replace(`${folder}/dist/`, `${folder}/`)}.ts`))) return true;
      for (const suffix of ['.js', '.js.map', '.d.ts']) rmSync(join(root, stem + suffix), { force: true });
      return false;
    }),
  );
}

/** @param {string} folder @param {string} suffix @returns {string[]} paths from the root */
function filesIn(folder, suffix) {
  if (!existsSync(join(root, folder))) return [];
  const names = /** @type {string[]} */ (readdirSync(join(root, folder), { recursive: true }));
  return names
    .filter((name) => name.endsWith(suffix))
    .map((name) => `${folder}/${name}`)
    .sort();
}

/**
 * Node 20.11 brought these options. A test that hangs ends after ten minutes.
 * @param {number} concurrency
 */
function runnerLimits(concurrency) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const isKnown = major > 20 || (major === 20 && minor >= 11);
  return isKnown ? [`--test-concurrency=${concurrency}`, '--test-timeout=600000'] : [];
}

function reporters() {
  const toStdout = (/** @type {string} */ name) => [`--test-reporter=${name}`, '--test-reporter-destination=stdout'];
  return [...toStdout('spec'), ...(process.env.CI ? toStdout('./scripts/closing.mjs') : [])];
}
