import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkImports, circlesOf, faultsOf, importsOf, withoutComments } from './imports.mjs';

const src = 'packages/tandem/src';
const torch = 'packages/torch/src';

/** @type {[name: string, path: string, text: string][]} */
const allowed = [
  ['a file of its own room', `${src}/losses/infoNce.ts`, "import { normalize } from './normalize.js';"],
  ['what lies upstream', `${src}/methods/clbo.ts`, "import { infoNce } from '../losses/infoNce.js';"],
  ['the contract', `${src}/train/train.ts`, "import type { Method } from '../methods/method.js';"],
  ['every method in the registry', `${src}/methods/index.ts`, "export { clbo } from './clbo.js';"],
  ['errors anywhere', `${src}/losses/infoNce.ts`, "import { UsageError } from '../errors.js';"],
  ['files in a worldly room', `${src}/images/folder.ts`, "import { readFile } from 'node:fs/promises';"],
  ['the core in a module', `${torch}/nn/linear.ts`, "import { Tensor } from '../tensor.js';"],
  ['the benchmarks what is not promised', 'bench/main.ts', "import { didYouMean } from 'tandem-vision/internal';"],
  ['an example in a comment', `${src}/losses/infoNce.ts`, "/**\n * import { clbo } from '../methods/clbo.js';\n */"],
];

/** @type {[name: string, path: string, text: string, line: number][]} */
const forbidden = [
  ['a loss that sees a network', `${src}/losses/a.ts`, "import { resnet } from '../networks/resnet.js';", 1],
  [
    'a network that sees a method',
    `${src}/networks/a.ts`,
    "\n\nimport type { Method } from '../methods/method.js';",
    3,
  ],
  ['a method that sees another', `${src}/methods/moby.ts`, "import { byol } from './byol.js';", 1],
  ['a method that touches files', `${src}/methods/moby.ts`, "import { readFileSync } from 'node:fs';", 1],
  ['a method that prints', `${src}/methods/moby.ts`, 'const a = 1;\nconsole.log(a);', 2],
  ['training that knows a method', `${src}/train/train.ts`, "import { clbo } from '../methods/clbo.js';", 1],
  [
    'evaluation that takes a method',
    `${src}/evaluate/knn.ts`,
    "import type { Method } from '../methods/method.js';",
    1,
  ],
  ['images with tensors', `${src}/images/folder.ts`, "import { tensor } from 'tandem-torch';", 1],
  ['an import of the command line', `${src}/index.ts`, "export * from './cli/main.js';", 1],
  ['an example of what is not public', 'examples/a.ts', "import { didYouMean } from 'tandem-vision/internal';", 1],
  ['a room that builds on what is public', `${src}/train/loop.ts`, "import { UserError } from '../index.js';", 1],
  ['a dynamic import', `${src}/train/train.ts`, "const cli = await import('../cli/main.js');", 1],
  ['an import for its effect', `${src}/train/train.ts`, "import '../cli/main.js';", 1],
  ['an import over several lines', `${src}/losses/a.ts`, "import {\n  a,\n  b,\n} from '../train/plan.js';", 4],
  ['the core that sees a module', `${torch}/tensor.ts`, "import { Module } from './nn/module.js';", 1],
  ['the core that loads what it likes', `${torch}/tensor.ts`, "import { createRequire } from 'node:module';", 1],
  ['the engine that sees the toolkit', `${torch}/tensor.ts`, "import { fail } from '../../tandem/src/errors.js';", 1],
  ["the engine's inside", `${src}/losses/a.ts`, "import { call } from '../../../torch/src/call.js';", 1],
  ['a room that is in no table', `${src}/misc/a.ts`, '', 1],
];

for (const [name, path, text] of allowed) {
  test(`allows ${name}`, () => assert.deepEqual(faultsOf(path, text), []));
}

for (const [name, path, text, line] of forbidden) {
  test(`forbids ${name}`, () => {
    const faults = faultsOf(path, text);
    assert.equal(faults.length, 1);
    assert.ok(faults[0].startsWith(`${path}:${line} `), faults[0]);
  });
}

test('finds every form of import', () => {
  const code = "import a from 'a';\nexport * from \"b\";\nimport 'c';\nawait import('d');\nimport type { E } from 'e';";
  assert.deepEqual(
    importsOf(code).map(({ target }) => target),
    ['a', 'b', 'c', 'd', 'e'],
  );
});

test('keeps strings that look like comments, and line numbers', () => {
  assert.equal(withoutComments("a('http://x'); // b\n/* c\n */ d"), "a('http://x');     \n    \n    d");
});

test('finds files that import one another, and each circle once', () => {
  const circles = circlesOf(
    new Map([
      ['a/one.ts', "import type { Two } from './two.js';"],
      ['a/two.ts', "import { three } from '../b/three.js';"],
      ['b/three.ts', "import { one } from '../a/one.js';\nimport { four } from './four.js';"],
      ['b/four.ts', "import { zod } from 'zod';"],
      ['b/five.ts', "// import { six } from './six.js';"],
      ['b/six.ts', "import { five } from './five.js';"],
    ]),
  );
  assert.deepEqual(circles, ['a/one.ts, a/two.ts, b/three.ts import one another in a circle']);
});

test('the sources keep the rules', () => assert.deepEqual(checkImports(), []));
