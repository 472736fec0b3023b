import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { io, manualSeed, noGrad, scope } from 'tandem-torch';
import { buildEncoder } from '../../src/networks/index.js';
import { readEvaluations } from '../../src/runs/index.js';
import { loadEncoder, saveEncoder } from '../../src/weights/index.js';
import { metricsOf, pictures, start, tandem, temporary, tiny } from './running.js';

const root = temporary({ after });
const images = join(root, 'pictures');
const run = join(root, 'run');
const encoder = join(run, 'encoder', 'encoder.safetensors');
const studentFile = join(run, 'encoder', 'student.safetensors');

before(async () => {
  await pictures(images, 30);
});

test('a run and its encoder files are measured alike, as JSON and in words', async (t) => {
  assert.equal((await tandem(t, 'pretrain', images, ...tiny, '--batch', '20', '--epochs', '1', '--out', run)).code, 0);
  const { knnStudent, knnTeacher } = metricsOf(run)[0] ?? {};
  const common = { protocol: 'k-NN', settings: { k: 1, bank: 54, queries: 6 } };
  const teacher = { file: encoder, kept: true, ...common, result: { accuracy: knnTeacher, majority: 0.5 } };
  const student = { file: studentFile, kept: false, ...common, result: { accuracy: knnStudent, majority: 0.5 } };
  for (const [which, ...results] of [
    [run, { encoder: 'teacher', ...teacher }, { encoder: 'student', ...student }],
    [encoder, { encoder: 'encoder', ...teacher }],
  ] as const) {
    const { code, stdout, stderr } = await tandem(t, 'knn', which, images, '--json');
    assert.equal(code, 0, stderr);
    const head = {
      command: 'knn',
      encoder,
      images,
      ...common,
      accuracy: knnTeacher,
      result: { accuracy: knnTeacher, majority: 0.5 },
    };
    assert.deepEqual(JSON.parse(stdout), { ...head, results });
    // Of its own images a run told when it began.
    assert.equal(/every tenth image of each class/.test(stderr), which !== run);
  }
  const percent = (share: unknown) => `${(Number(share) * 100).toFixed(2)} %`;
  const { stdout } = await tandem(t, 'knn', run, images);
  const [title, sizes, , ...rows] = stdout.trimEnd().split('\n');
  assert.equal(title, 'k-NN: 6 queries, reference set of 54');
  assert.match(sizes ?? '', /^2 classes \(\w+ 27, \w+ 27\); always naming the same one is right for 50.00 % at most$/);
  assert.deepEqual(
    rows.map((row) => row.replace(/ +/g, ' ')),
    [`teacher (kept) ${percent(knnTeacher)}`, `student ${percent(knnStudent)}`],
  );
});

test('one of the two, by name', async (t) => {
  const { stdout } = await tandem(t, 'knn', run, images, '--encoder', 'student', '--json');
  assert.equal(JSON.parse(stdout).encoder, studentFile);
  assert.equal(JSON.parse(stdout).results.length, 1);
  const file = await tandem(t, 'knn', encoder, images, '--encoder', 'student');
  assert.deepEqual([file.code, file.stdout], [2, '']);
  assert.match(file.stderr, /--encoder student needs a run folder; .* is a file/);
  const wrong = await tandem(t, 'knn', run, images, '--encoder', 'techer');
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /Did you mean 'teacher'\?/);
});

test('--of, the old name of --encoder, is accepted alone and stays out of the help', async (t) => {
  const [old, now] = await Promise.all(
    ['--of', '--encoder'].map((flag) => start(['knn', run, images, flag, 'student', '--json']).ended),
  );
  assert.deepEqual([old?.code, old?.stdout], [0, now?.stdout]);
  const both = await tandem(t, 'knn', run, images, '--of', 'student', '--encoder', 'teacher');
  assert.deepEqual([both.code, both.stdout], [2, '']);
  assert.match(both.stderr, /^tandem: option '--of <which>' cannot be used with option '--encoder <which>'\n$/);
  const wrong = await tandem(t, 'knn', run, images, '--of', 'techer');
  assert.match(
    wrong.stderr,
    /--of must be kept, student, teacher, average, both, got techer\. Did you mean 'teacher'\?/,
  );
  const { stdout } = await start(['knn', '--help']).ended;
  assert.match(stdout, /--encoder <which>/);
  assert.doesNotMatch(stdout, /--of/);
});

test('the results are kept in the run', async (t) => {
  const before = readEvaluations(run).length;
  await tandem(t, 'knn', run, images, '--k', '5');
  const [kept, other] = readEvaluations(run).slice(before);
  assert.deepEqual(kept?.settings, { k: 5, temperature: 0.1, bank: 54, queries: 6 });
  assert.deepEqual([kept?.command, kept?.encoder, other?.encoder], ['knn', 'teacher', 'student']);
});

test('baselines stand beside the encoder', async (t) => {
  const { code, stdout } = await tandem(t, 'knn', run, images, '--baselines', '--json');
  assert.equal(code, 0);
  const { accuracy, scores } = JSON.parse(stdout);
  const names = scores.map(({ features }: { features: string }) => features);
  assert.deepEqual(names, ['raw pixels', 'untrained encoder', 'pretrained encoder']);
  assert.equal(scores[2].accuracy, accuracy);
  // The pictures of a class have one colour, so pixels alone tell them apart, with few labels too.
  assert.ok(scores[0].accuracy > 0.9 && scores[0].tenLabelsAClass > 0.9, stdout);
});

test('twenty neighbours vote', async (t) => {
  const { code, stdout } = await tandem(t, 'knn', run, images, '--k', '20', '--temperature', '.2', '--json');
  assert.equal(code, 0);
  const { accuracy, settings } = JSON.parse(stdout);
  assert.deepEqual(settings, { k: 20, temperature: 0.2, bank: 54, queries: 6 });
  assert.ok(accuracy >= 0.5, `no better than chance: ${accuracy}`);
});

test('two hundred vote too where there are so many', async (t) => {
  const many = await pictures(join(temporary(t), 'many'), 120);
  const { stdout } = await tandem(t, 'knn', encoder, many, '--json');
  const settings = JSON.parse(stdout).results.map((one: { settings: object }) => one.settings);
  assert.deepEqual(settings, [
    { k: 1, bank: 216, queries: 24 },
    { k: 200, temperature: 0.1, bank: 216, queries: 24 },
    { k: 200, temperature: 0.07, bank: 216, queries: 24 },
  ]);
});

test('a limit takes some of the images', async (t) => {
  const { stdout } = await tandem(t, 'knn', run, images, '--limit', '20', '--json');
  const { bank, queries } = JSON.parse(stdout).settings;
  assert.deepEqual([bank, queries], [18, 2]);
});

test('more neighbours than images are wrong usage', async (t) => {
  const { code, stderr } = await tandem(t, 'knn', run, images, '--k', '55');
  assert.equal(code, 2);
  assert.match(stderr, /--k must be at most 54, the number of labelled images, got 55/);
});

test('images without labels cannot be asked', async (t) => {
  const flat = await pictures(join(temporary(t), 'flat'), 4, ['red']);
  const { code, stdout, stderr } = await tandem(t, 'knn', run, flat);
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, /flat: k-NN needs labels: no class labels; put .*into a folder of its own/);
});

test('one image of each class leaves none to ask about', async (t) => {
  const two = await pictures(join(temporary(t), 'two'), 1);
  for (const command of ['knn', 'linear']) {
    const { code, stderr } = await tandem(t, command, run, two);
    assert.equal(code, 1);
    assert.match(stderr, /two: .* needs images to ask about: no k-NN queries: no class has two images$/m);
  }
});

test('class folders that differ between train and test', async (t) => {
  const split = join(temporary(t), 'split');
  await pictures(join(split, 'train'), 6);
  await pictures(join(split, 'test'), 3, ['blue', 'green']);
  for (const command of ['knn', 'linear', 'tsne']) {
    const { code, stdout, stderr } = await tandem(t, command, run, split);
    assert.deepEqual([code, stdout], [1, ''], command);
    assert.match(
      stderr,
      /split: 'test' is not sorted into the classes of 'train' \(it has 'green', which 'train' lacks\)/,
    );
  }
});

test('one class only', async (t) => {
  const split = join(temporary(t), 'split');
  for (const part of ['train', 'test']) await pictures(join(split, part), 4);
  const { code, stdout, stderr } = await tandem(t, 'knn', run, split, '--limit', '1');
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, /all 1 images are of one class, '(blue|red)'; k-NN needs two or more/);
});

test("weights under torchvision's names are measured, with a warning on what is taken for granted", async (t) => {
  const file = join(temporary(t), 'resnet.safetensors');
  manualSeed(0);
  io.saveSafetensors(file, buildEncoder({ backbone: 'resnet18', width: 4, stem: 'small', channels: 3 }).stateDict());
  const { code, stdout, stderr } = await tandem(t, 'knn', file, images, '--json');
  assert.equal(code, 0, stderr);
  assert.match(
    stderr,
    /resnet\.safetensors: it does not say how to feed it; taken for a resnet18 of torchvision's, 32 pixels/,
  );
  assert.ok(JSON.parse(stdout).accuracy >= 0);
});

test('features that are no numbers', async (t) => {
  const file = join(temporary(t), 'broken.safetensors');
  const { encoder: loaded, card } = loadEncoder(encoder);
  // Finite; their products are not.
  for (const x of loaded.parameters()) scope(() => noGrad(() => x.fill_(1e38)));
  saveEncoder(file, loaded, card);
  for (const command of ['knn', 'linear']) {
    const { code, stdout, stderr } = await tandem(
      t,
      command,
      file,
      images,
      ...(command === 'linear' ? ['--epochs', '1'] : []),
    );
    assert.deepEqual([code, stdout], [1, ''], command);
    assert.match(stderr, /tandem: .*(not numbers for \d+ of \d+ images|every learning rate diverged).*\n$/);
  }
});

test('skipped images are counted and named', async (t) => {
  const some = await pictures(join(temporary(t), 'some'), 20);
  writeFileSync(join(some, 'red', 'broken.png'), '');
  const { code, stderr } = await tandem(t, 'knn', run, some);
  assert.equal(code, 0);
  assert.match(stderr, /1 image could not be read, skipped: red\/broken\.png/);
});

const fashion = '/usr/share/datasets/fashion-mnist';

test('gray images are repeated for an encoder of colours, and it is said', {
  skip: !existsSync(fashion) && `${fashion} is not installed`,
}, async (t) => {
  const { code, stderr } = await tandem(t, 'knn', run, 'fashion-mnist', '--limit', '20');
  assert.equal(code, 0);
  assert.match(stderr, /the gray images are repeated as red, green and blue/);
});

const wrong: [what: string, make: (folder: string) => string, message: RegExp][] = [
  ['nothing', (folder) => join(folder, 'none'), /there is no such run folder or encoder file/],
  ['a folder that is no run', (folder) => folder, /no encoder\/encoder\.safetensors in it/],
  [
    'a file of another kind',
    (folder) => written(folder, 'a.png', 'no tensors at all'),
    /a\.png: not a safetensors file/,
  ],
  ['an empty file', (folder) => written(folder, 'e.safetensors', ''), /e\.safetensors: not a safetensors file/],
  [
    'a checkpoint',
    () => join(run, 'checkpoint', 'state.safetensors'),
    /a checkpoint of a run, not an encoder; give the run/,
  ],
];

for (const [what, make, message] of wrong) {
  test(`no encoder: ${what}`, async (t) => {
    const { code, stdout, stderr } = await tandem(t, 'knn', make(temporary(t)), images);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, message);
    assert.match(stderr, /^tandem: .*\n$/);
  });
}

function written(folder: string, name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}
