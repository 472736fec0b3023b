import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { readEvaluations } from '../../src/runs/index.js';
import { loadHead } from '../../src/weights/index.js';
import { encoderFile, pictures, tandem, temporary, tiny } from './running.js';

const root = temporary({ after });
const images = join(root, 'pictures');
const run = join(root, 'run');

before(async (t) => {
  await pictures(images, 40, ['blue', 'red', 'green']);
  const trained = await tandem(t as never, 'pretrain', images, '--epochs', '1', '--batch', '20', '--out', run, ...tiny);
  assert.equal(trained.code, 0, trained.stderr);
});

test('fewshot: both classifiers by number of labels, in words, as JSON, and in the run', async (t) => {
  const argv = ['fewshot', run, images, '--ways', '3', '--episodes', '50'];
  const words = await tandem(t, ...argv);
  assert.equal(words.code, 0, words.stderr);
  assert.match(words.stdout, /^few shots: 3 classes an episode, 4 queries of each, .* of 50 episodes\n/);
  assert.match(words.stdout, /\nteacher +1 +[\d.]+ % \+- [\d.]+ +[\d.]+ % \+- [\d.]+\nteacher +5 /);
  const json = JSON.parse((await tandem(t, ...argv, '--json')).stdout);
  assert.deepEqual(
    json.results.map(({ settings: s }: { settings: { shots: number; asked: number } }) => [s.shots, s.asked]),
    [
      [1, 4],
      [5, 4],
    ],
  );
  const { accuracy, interval, nearest } = json.result;
  assert.ok(accuracy > 1 / 3 && interval > 0 && nearest.accuracy > 1 / 3, JSON.stringify(json.result));
  const [first, , again] = readEvaluations(run);
  assert.deepEqual([first?.command, first?.result], ['fewshot', again?.result], 'the same in each run');
});

for (const [what, argv, message] of [
  ['one way', ['--ways', '1'], /--ways must be a whole number of at least 2, got 1/],
  [
    'more classes than there are',
    ['--ways', '4'],
    /3 classes have 1 images to know and \d+ to ask about, 4 are needed/,
  ],
  ['a number twice', ['--shots', '1,1'], /--shots names a number twice: 1,1/],
  ['no shots', ['--shots', '0'], /--shots must be a whole number of at least 1, got 0/],
] as const) {
  test(`wrong: ${what}`, async (t) => {
    const { code, stdout, stderr } = await tandem(t, 'fewshot', run, images, ...argv);
    assert.deepEqual([code === 0, stdout], [false, '']);
    assert.match(stderr, message);
  });
}

test('calibrate: the temperature comes into the file of the classifier, and its answers stay', async (t) => {
  const linear = ['--protocol', 'features', '--epochs', '100'];
  assert.equal((await tandem(t, 'linear', run, images, ...linear)).code, 0);
  const file = join(run, 'encoder', 'teacher-linear.safetensors');
  const predicted = async () => {
    const { predictions, result } = JSON.parse((await tandem(t, 'predict', run, images, '--json')).stdout);
    const first = predictions.map((one: { predictions: { label: string }[] }) => one.predictions[0]?.label);
    return { first, temperature: result.temperature };
  };
  const before = await predicted();
  const made = await tandem(t, 'calibrate', run, images, '--json');
  assert.equal(made.code, 0, made.stderr);
  const { result } = JSON.parse(made.stdout);
  assert.equal(result.images, 12);
  const saved = loadHead(file);
  assert.equal(saved.temperature, result.temperature);
  saved.head.dispose();
  const after = await predicted();
  assert.deepEqual(after.first, before.first);
  assert.equal(after.temperature, result.temperature);
  const others = await pictures(join(root, 'others'), 20, ['blue', 'pink']);
  const wrong = await tandem(t, 'calibrate', run, others);
  assert.match(wrong.stderr, /class 'pink' is none of the classifier's: blue, green, red/);
  const alone = await tandem(t, 'calibrate', encoderFile(join(root, 'alone.safetensors')), images);
  assert.match(alone.stderr, /has no classifier; train one by/);
});
