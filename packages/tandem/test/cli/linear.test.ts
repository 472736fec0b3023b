import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { readEvaluations } from '../../src/runs/index.js';
import { pictures, tandem, temporary, tiny } from './running.js';

const root = temporary({ after });
const images = join(root, 'pictures');
const run = join(root, 'run');

before(async () => {
  await pictures(images, 40);
});

const quick = ['--epochs', '30', '--batch', '16'];

test('on views: protocol, settings and result', async (t) => {
  assert.equal((await tandem(t, 'pretrain', images, ...tiny, '--batch', '20', '--epochs', '1', '--out', run)).code, 0);
  const { code, stdout, stderr } = await tandem(t, 'linear', run, images, ...quick, '--json');
  assert.equal(code, 0, stderr);
  const { protocol, settings, accuracy, result, results } = JSON.parse(stdout);
  assert.equal(protocol, 'linear (views)');
  assert.deepEqual(
    [settings.epochs, settings.batch, settings.rates, settings.bank, settings.queries],
    [30, 16, [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30], 72, 8],
  );
  assert.equal(accuracy, result.accuracy);
  assert.ok(accuracy >= 0.75, `two plain colours should be told apart: ${accuracy}`);
  assert.ok(settings.rates.includes(result.lr));
  assert.deepEqual(Object.keys(result.perClass), ['blue', 'red']);
  assert.deepEqual(
    result.confusion.flat().reduce((a: number, b: number) => a + b),
    8,
  );
  assert.equal(results.length, 1);
  const kept = readEvaluations(run).at(-1);
  assert.deepEqual([kept?.command, kept?.encoder, kept?.result.accuracy], ['linear', 'teacher', accuracy]);
});

test('on features, of both encoders, in words', async (t) => {
  const { code, stdout } = await tandem(
    t,
    'linear',
    run,
    images,
    '--protocol',
    'features',
    '--epochs',
    '20',
    '--encoder',
    'both',
  );
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^2 classes \(blue 36, red 36\).*\nlinear \(features\), teacher: top 1 \d+\.\d\d % of 8 queries\n {2}mean of classes .*, macro F1 .*, calibration error .*\n {2}blue .*%.*\n {2}red .*\nlinear \(features\), student: /,
  );
});

test('one training image of each class: views cannot hold one out, features need not', async (t) => {
  const two = await pictures(join(root, 'two'), 2);
  const { code, stdout, stderr } = await tandem(t, 'linear', run, two);
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, /^tandem: linear: no class has more than one training image, .* or --protocol features$/m);
  const fast = await tandem(t, 'linear', run, two, '--protocol', 'features', '--epochs', '2', '--json');
  assert.equal(fast.code, 0, fast.stderr);
});

for (const [what, argv, message] of [
  ['a rate of 0', ['--lr', '0.1,0'], /--lr must be a number above 0, got 0/],
  ['three rates on features', ['--protocol', 'features', '--lr', '1,2,3'], /--lr must be the first and the last rate/],
  [
    'an unknown protocol',
    ['--protocol', 'view'],
    /--protocol must be views, features, got view\. Did you mean 'views'\?/,
  ],
  [
    'rates beyond float32',
    ['--protocol', 'features', '--lr', '3e38,3e38', '--epochs', '2'],
    /a number became too large for float32; give smaller rates/,
  ],
  ['no epochs', ['--epochs', '0'], /--epochs must be a whole number of at least 1, got 0/],
  ['a crop of more than all', ['--crop-min', '2'], /crop\.scale must be a range within \(0, 1\]/],
] as const) {
  test(`wrong: ${what}`, async (t) => {
    const { code, stdout, stderr } = await tandem(t, 'linear', run, images, ...argv);
    assert.deepEqual([code === 0, stdout], [false, '']);
    assert.match(stderr, message);
    assert.match(stderr.trimEnd().split('\n').at(-1) ?? '', /^tandem: /);
  });
}
