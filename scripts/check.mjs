// `npm run check`: types, lint and format, width of comments, import rules, generated files and
// pages, the pages themselves, the packages as npm would publish them, tests. --no-tests leaves out
// the last.

import { join } from 'node:path';
import { root, run, secondsSince } from './run.mjs';

const node = process.execPath;
const bin = (/** @type {string} */ path) => join(root, 'node_modules', path);

/** @type {[name: string, script: string, args: string[]][]} */
const checks = [
  ['types', bin('typescript/bin/tsc'), ['-b']],
  ['style', bin('@biomejs/biome/bin/biome'), ['check', '.']],
  ['comments', 'scripts/comments.mjs', []],
  ['imports', 'scripts/imports.mjs', []],
  ['generated', 'packages/torch/dist/codegen/main.js', ['--check']],
  ['reference', 'scripts/docs/reference.mjs', ['--check']],
  ['pages', 'scripts/docs/pages.mjs', []],
  ['packages', 'scripts/pack.mjs', []],
];

let isGood = true;

for (const [name, script, args] of checks) {
  const started = performance.now();
  const { code, output } = await run(node, [script, ...args]);
  console.log(`${name.padEnd(10)}${code === 0 ? 'good' : 'FAILED'}, ${secondsSince(started)}`);
  if (code !== 0) console.log(output.trimEnd().replace(/^/gm, '  '));
  isGood &&= code === 0;
}

if (!process.argv.includes('--no-tests')) {
  const { code } = await run(node, ['scripts/test.mjs'], { show: true });
  isGood &&= code === 0;
}

process.exitCode = isGood ? 0 : 1;
