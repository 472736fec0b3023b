import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { format } from 'node:util';
import { pictures, temporary, writeJson } from '../cli/running.js';

// The examples in docstrings, as they stand there: compiled with all strictness, and run in a
// folder with pictures, where `pretrain`'s comes first and leaves runs/mine. What stands behind a
// line that prints something is what it must print.

const repository = fileURLToPath(new URL('../../../../../', import.meta.url));
const root = temporary({ after });

interface Example {
  /** The file it stands in, from the repository. */
  readonly file: string;
  /** What it is of. */
  readonly of: string;
  readonly code: string;
}

/** Functions and classes that people begin with: each has an example. */
const main = [
  ...['pretrain', 'resume', 'load', 'resolveConfig', 'estimateRun', 'finetuneConfig'],
  ...['defineMethod', 'defineBackbone', 'defineView', 'defineImages', 'openImages', 'buildEncoder'],
  ...['knn', 'measureKnn', 'measureLinear', 'embedImages', 'exportEncoder', 'saveEncoder', 'infoNce', 'compareRuns'],
  ...['scope', 'tensor', 'Module', 'Optimizer', 'crossEntropy', 'DataLoader', 'saveSafetensors'],
];

function examplesIn(file: string): Example[] {
  const text = readFileSync(join(repository, file), 'utf8');
  const found = text.matchAll(
    / \* @example\n \* ```ts\n((?: \*.*\n)*?) \* ```\n \*\/\nexport (?:abstract |async )*(?:function\*?|class) (\w+)/g,
  );
  return [...found].map(([, lines = '', of = '']) => ({ file, of, code: lines.replace(/^ \* ?/gm, '') }));
}

const examples = ['packages/tandem/src', 'packages/torch/src']
  .flatMap((folder) =>
    readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  )
  .filter((file) => file.endsWith('.ts'))
  .flatMap(examplesIn)
  .sort((a, b) => Number(b.of === 'pretrain') - Number(a.of === 'pretrain'));

const mark = 'must print ';

/** The example with what it must print as a last argument. */
function checking(code: string): string {
  return code.replace(
    /^( *(?:(?:if|for) .*)?console\.log\(.*)\); \/\/ (.*)$/gm,
    (_, call: string, text: string) => `${call}, ${JSON.stringify(mark + text)});`,
  );
}

before(async () => {
  await pictures(join(root, 'pictures'), 20, ['cats', 'dogs']);
  for (const name of ['cat', 'dog']) copyFileSync(join(root, `pictures/${name}s/0000.png`), join(root, `${name}.png`));
  for (const name of ['tandem-vision', 'tandem-torch', '@types']) {
    mkdirSync(dirname(join(root, 'node_modules', name)), { recursive: true });
    symlinkSync(join(repository, 'node_modules', name), join(root, 'node_modules', name));
  }
  writeJson(join(root, 'package.json'), { type: 'module' });
  for (const { of, code } of examples) writeFileSync(join(root, `${of}.ts`), checking(code));
  const compilerOptions = {
    ...{ strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, noUnusedLocals: true },
    ...{
      target: 'ES2022',
      lib: ['ES2023', 'ESNext.Disposable'],
      module: 'NodeNext',
      types: ['node'],
      skipLibCheck: true,
    },
  };
  writeJson(join(root, 'tsconfig.json'), { compilerOptions, include: ['*.ts'] });
  const tsc = join(repository, 'node_modules/typescript/bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [tsc], { cwd: root, encoding: 'utf8' });
  assert.equal(status, 0, stdout);
});

describe('the examples of the reference', () => {
  test('there is one of each main function and class', () => {
    const there = examples.map(({ of }) => of);
    assert.deepEqual(
      main.filter((name) => !there.includes(name)),
      [],
    );
    assert.equal(new Set(there).size, there.length);
  });

  for (const { file, of } of examples) {
    test(`${of} (${relative('packages', file)})`, async (t) => {
      const folder = process.cwd();
      t.after(() => process.chdir(folder));
      process.chdir(root);
      t.mock.method(console, 'log', (...values: unknown[]) => {
        const last = values.at(-1);
        if (typeof last !== 'string' || !last.startsWith(mark)) return;
        assert.equal(format(...values.slice(0, -1)), last.slice(mark.length));
      });
      await import(pathToFileURL(join(root, `${of}.js`)).href);
    });
  }
});
