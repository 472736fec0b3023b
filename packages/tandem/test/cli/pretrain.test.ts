import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { gzipSync } from 'node:zlib';
import { io } from 'tandem-torch';
import { loadEncoder } from '../../src/weights/index.js';
import { whatCameOut } from '../faults/runs.js';
import { metricsOf, pictures, start, tandem, temporary, tiny, writeJson } from './running.js';

const root = temporary({ after });
const labelled = join(root, 'labelled');
const fast = [...tiny, '--batch', '16', '--epochs', '2'];

before(async () => {
  await pictures(labelled, 20);
});

test('a run: its folder, its metrics, its words, and again from its config.json bit for bit', async (t) => {
  const out = join(temporary(t), 'run');
  const { code, stdout, stderr } = await tandem(
    t,
    'pretrain',
    labelled,
    ...fast,
    '--seed',
    '5',
    '--out',
    out,
    '--json',
  );
  assert.equal(code, 0, stderr);

  const files = ['baselines.json', 'checkpoint', 'config.json', 'encoder', 'metrics.jsonl', 'report.html'];
  assert.deepEqual(readdirSync(out).sort(), files);
  const config = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
  assert.deepEqual(
    [config.images, config.method, config.lr, config.lookahead, config.width, config.stem, config.size, config.seed],
    [labelled, 'clbo', 0.06, 2, 4, 'strided', 32, 5],
  );
  assert.notEqual(config.device, 'auto');
  assert.notEqual(config.precision, 'auto');
  assert.deepEqual(Object.keys(config.tandem), [
    'version',
    'libtorch',
    'threads',
    'views',
    'folder',
    'changed',
    'images',
    'classes',
  ]);

  const metrics = metricsOf(out);
  assert.deepEqual(
    metrics.map(({ epoch, step, imagesSeen }) => [epoch, step, imagesSeen]),
    [
      [1, 4, 64],
      [2, 8, 128],
    ],
  );
  const fields = [
    'epoch',
    'step',
    'imagesSeen',
    'seconds',
    'loss',
    'lr',
    'lambda',
    'distance',
    'knnStudent',
    'knnTeacher',
  ];
  for (const line of metrics) {
    for (const field of [...fields, 'embeddingStd', 'effectiveRank', 'imagesPerSecond']) {
      assert.ok(Number.isFinite(line[field]), `${field} of epoch ${line.epoch}`);
    }
  }
  assert.deepEqual(JSON.parse(stdout), { run: out, interrupted: false, ...metrics[1] });

  for (const text of [
    '40 images of 3x32x32',
    'settings that are not the defaults:',
    'width=4',
    'epoch 1/2',
    'epoch 2/2',
    `done: ${out}`,
  ]) {
    assert.ok(stderr.includes(text), text);
  }
  assert.ok(!stderr.includes('lambda0='), 'a default is not told');
  assert.match(stderr, /every tenth image of each class \(4 of 40\) is held out/);

  const again = join(temporary(t), 'again');
  assert.equal((await tandem(t, 'pretrain', '--config', join(out, 'config.json'), '--out', again)).code, 0);
  assert.deepEqual(whatCameOut(again), whatCameOut(out));
  // What a whole config.json asks for by name counts as asked for.
  const { changed: _, ...tandemAgain } = JSON.parse(readFileSync(join(again, 'config.json'), 'utf8')).tandem;
  const { changed, ...tandemOnce } = config.tandem;
  assert.deepEqual(tandemAgain, tandemOnce);
  assert.ok(changed.includes('epochs') && !changed.includes('device'));

  const kept = readFileSync(join(out, 'config.json'), 'utf8');
  const refused = await tandem(t, 'pretrain', labelled, ...fast, '--out', out);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /exists already and is never overwritten/);
  assert.equal(readFileSync(join(out, 'config.json'), 'utf8'), kept);
  assert.equal(metricsOf(out).length, 2);
});

test('flags come over key=value, and both over the file', async (t) => {
  const folder = temporary(t);
  const config = writeJson(join(folder, 'c.json'), {
    images: labelled,
    backbone: 'resnet10',
    lr: 0.5,
    epochs: 9,
    batch: 16,
    width: 8,
  });
  const out = join(folder, 'run');
  const line = ['lr=.1', 'epochs=8', ...tiny, '--config', config, '--epochs', '1', '--out', out];
  assert.equal((await tandem(t, 'pretrain', ...line)).code, 0);
  const { lr, epochs, batch, width } = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
  assert.deepEqual([lr, epochs, batch, width], [0.1, 1, 16, 4]);
});

test('without --out runs/ is made where one stands', async (t) => {
  const cwd = temporary(t);
  const { code, stdout, stderr } = await start(
    ['pretrain', labelled, ...tiny, '--batch', '40', '--epochs', '1', '--json'],
    cwd,
  ).ended;
  assert.equal(code, 0, stderr);
  assert.equal(JSON.parse(stdout).run, join('runs', 'labelled-clbo-resnet10'));
  assert.ok(existsSync(join(cwd, 'runs', 'labelled-clbo-resnet10', 'encoder', 'encoder.safetensors')));
});

test('without labels k-NN is skipped with a warning, and training continues', async (t) => {
  const folder = temporary(t);
  const images = await pictures(join(folder, 'flat'), 20, ['red']);
  const out = join(folder, 'run');
  const { code, stderr } = await tandem(t, 'pretrain', images, ...fast, '--out', out);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /no class labels; put the images of each class/);
  assert.match(stderr, /k-NN is skipped/);
  for (const line of metricsOf(out))
    assert.ok(!Object.keys(line).some((key) => key.startsWith('knn')) && 'embeddingStd' in line);
});

test('knnEvery=2 asks at every second epoch and at the last', async (t) => {
  const out = join(temporary(t), 'run');
  await tandem(t, 'pretrain', labelled, ...tiny, '--batch', '40', '--epochs', '3', 'knnEvery=2', '--out', out);
  assert.deepEqual(
    metricsOf(out).map((line) => 'knnTeacher' in line),
    [false, true, true],
  );
});

test('an unreadable image among good ones is skipped, counted and named', async (t) => {
  const folder = temporary(t);
  const images = await pictures(join(folder, 'some'), 20);
  writeFileSync(join(images, 'red', 'broken.png'), 'no picture');
  const out = join(folder, 'run');
  const { code, stderr } = await tandem(t, 'pretrain', images, ...fast, '--out', out);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /1 image could not be read, skipped: red\/broken\.png \(.+\); see .+skipped\.jsonl/);
  const [entry, ...more] = readFileSync(join(out, 'skipped.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(entry.file, 'red/broken.png');
  assert.ok(entry.reason);
  assert.equal(more.length, 0);
});

test('numbers that grow beyond float32 stop the run, and the encoder of the epoch before is kept', async (t) => {
  const out = join(temporary(t), 'run');
  // Far too strong a pull: the student's way to its teacher grows at every step.
  const line = [...tiny, '--batch', '20', '--epochs', '40', 'epochMode=one-pass', 'lambda0=1000', '--out', out];
  const { code, stdout, stderr } = await tandem(t, 'pretrain', labelled, ...line);
  assert.deepEqual([code, stdout], [1, '']);
  const metrics = metricsOf(out);
  assert.ok(metrics.length > 0 && metrics.length < 40, `${metrics.length} epochs`);
  assert.match(stderr, /\ntandem: .* step \d+; step \d+ is saved in .*\. Lower lr, .*\n$/);
  assert.ok(stderr.includes(`; step ${metrics.at(-1)?.step} is saved in ${out}. `), stderr);
  const { encoder } = loadEncoder(join(out, 'encoder', 'encoder.safetensors'));
  for (const [name, x] of encoder.namedParameters()) assert.ok(x.isfinite().all().item(), name);
  encoder.dispose();
});

test('a loss that is no number stops the run and names the step', async (t) => {
  const out = join(temporary(t), 'run');
  const { code, stderr } = await tandem(t, 'pretrain', labelled, ...fast, 'temperature=1e-44', '--out', out);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /\ntandem: the loss became NaN at step 1; nothing was saved yet\. No step has changed the networks yet, so lr is not to blame: look for a setting of the loss .*\n$/,
  );
  assert.deepEqual(JSON.parse(readFileSync(join(out, 'stopped.json'), 'utf8')), {
    step: 0,
    saved: 0,
    reason: 'the loss became NaN at step 1',
  });
  assert.deepEqual(readdirSync(join(out, 'encoder')), []);
});

test('a learning rate so large that the first epoch ends in no numbers keeps nothing and says so', async (t) => {
  const out = join(temporary(t), 'run');
  const line = [...tiny, '--batch', '40', '--lr', '1e30', 'epochMode=one-pass', '--out', out];
  const { code, stderr } = await tandem(t, 'pretrain', labelled, ...line);
  assert.equal(code, 1);
  assert.match(stderr, /step 1; nothing was saved yet\. Lower lr/);
  assert.deepEqual(readdirSync(join(out, 'encoder')), []);
});

/** What cannot be learned from: a place, and what is said of it. */
const unusable: [what: string, make: (folder: string) => string[], message: RegExp][] = [
  ['a missing folder', (folder) => [join(folder, 'nowhere')], /no such folder or archive/],
  ['an unknown name', () => ['fashion-mnst'], /neither a data set .*Did you mean 'fashion-mnist'\?/],
  ['an empty folder', (folder) => [folder], /no images: it is empty/],
  [
    'a folder of other files',
    (folder) => [withFile(folder, 'a.txt', 'text')],
    /no images: its 1 files are of other kinds/,
  ],
  ['a folder of damaged images', (folder) => [withFile(folder, 'a.png', 'text')], /1 of 1 images could not be decoded/],
  ['a tar that is cut short', (folder) => [cutTar(folder)], /cut short/],
  [
    'an idx file that is cut short',
    (folder) => ['mnist', '--data-root', cutIdx(folder)],
    /train-images-idx3-ubyte\.gz: cut short/,
  ],
  ['a batch larger than the data', () => [labelled, '--batch', '41'], /a batch of 41 is larger than the data/],
  [
    'a limit smaller than the batch',
    () => [labelled, '--limit', '8', '--batch', '16'],
    /a batch of 16 is larger than the data/,
  ],
  [
    'a configuration that is not there',
    (folder) => ['--config', join(folder, 'no.json')],
    /--config .*no\.json cannot be read: there is nothing of this name \(ENOENT\)/,
  ],
  [
    'a configuration that is no JSON',
    (folder) => ['--config', join(withFile(folder, 'c.json', '{lr: 1}'), 'c.json')],
    /is not JSON/,
  ],
  [
    'a configuration that is a list',
    (folder) => ['--config', join(withFile(folder, 'c.json', '[]'), 'c.json')],
    /must be a JSON object/,
  ],
];

for (const [what, make, message] of unusable) {
  test(`refused with one line and no run folder: ${what}`, async (t) => {
    const folder = temporary(t);
    const out = join(folder, 'runs', 'x');
    const { code, stdout, stderr } = await tandem(t, 'pretrain', ...make(join(folder)), ...tiny, '--out', out);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, message);
    assert.equal(stderr.split('\n').filter((line) => line && !line.startsWith('reading ')).length, 1, stderr);
    assert.equal(existsSync(out), false);
  });
}

test('where too many files are bad, all of them are listed beside the run folder that would have been', async (t) => {
  const folder = temporary(t);
  const out = join(folder, 'runs', 'x');
  const places = join(folder, 'images');
  await pictures(places, 30);
  const bad = Array.from({ length: 9 }, (_, i) => `blue/bad${i}.png`);
  for (const file of bad) writeFileSync(join(places, file), 'text');
  for (const list of ['x.skipped.jsonl', 'x.skipped-2.jsonl']) {
    const { code, stderr } = await tandem(t, 'pretrain', places, ...tiny, '--out', out);
    assert.equal(code, 1);
    assert.match(stderr, /9 of 69 images could not be decoded: .*, or allow more than maxSkipped=0\.05; all 9 are/);
    const file = join(folder, 'runs', list);
    assert.ok(stderr.endsWith(`listed in ${file}\n`), stderr);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    assert.deepEqual(lines.map((line) => JSON.parse(line).file).sort(), bad);
    assert.ok(lines.every((line) => JSON.parse(line).reason.length > 0));
  }
  assert.deepEqual(readdirSync(join(folder, 'runs')).length, 2);
});

test('an unknown key in a configuration is wrong usage', async (t) => {
  const file = writeJson(join(temporary(t), 'c.json'), { images: labelled, epoch: 3 });
  const { code, stderr } = await tandem(t, 'pretrain', '--config', file);
  assert.deepEqual([code, stderr], [2, "tandem: unknown setting 'epoch' for clbo. Did you mean 'epochs'?\n"]);
});

test('a run folder that cannot be is refused before the images are read', async (t) => {
  const file = join(temporary(t), 'file');
  writeFileSync(file, 'mine');
  const { code, stderr } = await tandem(t, 'pretrain', labelled, ...fast, '--out', join(file, 'run'));
  assert.equal(code, 1);
  assert.match(
    stderr,
    /cannot write the run folder .*: a file stands where a folder should be \(ENOTDIR\); give another --out/,
  );
  assert.equal(readFileSync(file, 'utf8'), 'mine');
});

const fashion = '/usr/share/datasets/fashion-mnist';

test('Fashion-MNIST', { skip: !existsSync(fashion) && `${fashion} is not installed` }, async (t) => {
  const out = join(temporary(t), 'run');
  const line = [...tiny, '--limit', '200', '--batch', '50', '--epochs', '1', '--out', out, '--json'];
  const { code, stdout, stderr } = await tandem(t, 'pretrain', 'fashion-mnist', ...line);
  assert.equal(code, 0, stderr);
  assert.ok(JSON.parse(stdout).knnTeacher > 0.15, 'no better than chance');
  const { tensors } = io.loadSafetensors(join(out, 'encoder', 'encoder.safetensors'));
  assert.deepEqual(tensors['conv1.weight']?.shape, [4, 1, 3, 3]);
  for (const x of Object.values(tensors)) x.dispose();
});

function withFile(folder: string, name: string, text: string): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), text);
  return folder;
}

/** Ends inside the only entry's contents. */
function cutTar(folder: string): string {
  const header = Buffer.alloc(512);
  const put = (at: number, text: string) => header.write(text, at, 'latin1');
  put(0, 'a.png');
  put(100, '0000644\0');
  put(124, '00000002000\0');
  put(136, '00000000000\0');
  put(148, '        ');
  put(156, '0');
  put(257, 'ustar\x0000');
  put(
    148,
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
  );
  const file = join(folder, 'images.tar');
  writeFileSync(file, Buffer.concat([header, Buffer.alloc(100)]));
  return file;
}

function cutIdx(folder: string): string {
  for (const part of ['train', 't10k']) {
    writeFileSync(
      join(folder, `${part}-images-idx3-ubyte.gz`),
      gzipSync(Buffer.from([0, 0, 8, 3, 0, 0, 0, 9, 0, 0, 0, 2, 0, 0, 0, 2, 7])),
    );
    writeFileSync(join(folder, `${part}-labels-idx1-ubyte.gz`), gzipSync(Buffer.from([0, 0, 8, 1, 0, 0, 0, 1, 7])));
  }
  return folder;
}

after(() => rmSync(root, { recursive: true, force: true }));

test('CLBO with a mean-square loss and no predictor collapses and says so; with InfoNCE neither', {
  skip: !existsSync(fashion) && `${fashion} is not installed`,
}, async (t) => {
  const run = async (loss: string) => {
    const out = join(temporary(t), loss);
    const settings = [`loss=${loss}`, 'lookahead=1', 'knnEvery=0', '--limit', '512', '--batch', '32', '--epochs', '10'];
    const { code, stderr } = await tandem(t, 'pretrain', 'fashion-mnist', ...tiny, ...settings, '--out', out);
    assert.equal(code, 0, stderr);
    return { stderr, last: metricsOf(out).at(-1) as unknown as { warning?: string; embeddingStd: number } };
  };
  const [collapsed, healthy] = [await run('mse'), await run('infonce')];
  assert.match(collapsed.last.warning as string, /^collapsed: all embeddings are nearly the same/);
  assert.ok(collapsed.stderr.includes(`warning: ${collapsed.last.warning}`));
  assert.ok(collapsed.last.embeddingStd < 0.1 / Math.sqrt(16));
  assert.equal(healthy.last.warning, undefined);
  assert.ok(!healthy.stderr.includes('warning'));
});
