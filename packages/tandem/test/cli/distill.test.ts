import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { io } from 'tandem-torch';
import { openImages } from '../../src/images/index.js';
import { networksOf } from '../../src/methods/index.js';
import { buildEncoder, Head } from '../../src/networks/index.js';
import { assemble, resolveConfig } from '../../src/pretrain/index.js';
import { smallView } from '../../src/views/index.js';
import { loadEncoder, saveEncoder, saveHead } from '../../src/weights/index.js';
import { whatCameOut } from '../faults/runs.js';
import { elements } from '../support.js';
import { metricsOf, pictures, start, tandem, temporary } from './running.js';

const root = temporary({ after });
const images = join(root, 'pictures');
const tiny = ['width=8', 'stem=strided', 'size=16', '--batch', '20', '--epochs', '2'];
const teacher = join(root, 'teacher');
const distill = (...more: string[]) => ['distill', images, '--student', 'react-resnet8', ...tiny, ...more];

before(async () => {
  await pictures(images, 20);
});

test('a teacher is pretrained; a binary student learns from it, and all that works on runs works on its run', async (t) => {
  const made = ['--method', 'simclr', 'backbone=resnet8', 'projHidden=16', 'projDim=12', '--out', teacher];
  assert.equal((await tandem(t, 'pretrain', images, ...tiny, ...made)).code, 0);
  const run = join(root, 'student');
  const { code, stderr } = await tandem(t, ...distill('--method', 's2bnn', '--teacher', teacher, '--out', run));
  assert.equal(code, 0, stderr);
  const config = JSON.parse(readFileSync(join(run, 'config.json'), 'utf8'));
  const { method, views, optimizer, lr, decay, weightDecay, tandem: machine } = config;
  assert.deepEqual([method, views, optimizer, lr, decay, weightDecay], ['s2bnn', 'lite', 'adam', 1e-3, 'linear', 0]);
  assert.match(machine.teacher.sha256, /^[0-9a-f]{64}$/);
  for (const of of [teacher, run]) {
    const file = join(of, 'encoder', 'encoder.safetensors');
    const found = Object.keys(io.loadSafetensors(file).tensors).sort();
    const { architecture } = loadEncoder(file).card;
    assert.deepEqual(found, Object.keys(buildEncoder(architecture).stateDict()).sort(), '40: the encoder alone');
  }
  assert.equal(machine.views.length, 1);
  const { divergence, teacherEntropy, loss } = metricsOf(run).at(-1) as Record<string, number>;
  assert.ok(Math.abs((divergence as number) + (teacherEntropy as number) - (loss as number)) < 1e-5);
  assert.ok((divergence as number) >= 0 && (teacherEntropy as number) <= Math.log(12) + 1e-6);
  for (const line of [
    ['knn', run, images],
    ['linear', run, images, '--protocol', 'features'],
    ['compare', run, teacher],
    ['report', run],
    ['pretrain', images, ...tiny, '--method', 'seed', `teacher=${run}`, 'bank=20', '--dry-run'],
  ]) {
    const outcome = await tandem(t, ...line);
    assert.equal(outcome.code, 0, `${line[0]}: ${outcome.stderr}`);
  }
});

for (const [name, method] of Object.entries({
  seed: ['seed', 'bank=40'],
  's2bnn both': ['s2bnn', 'strategy=both', 'bank=40', 'bnSplits=2'],
})) {
  test(`${name}: interrupted and resumed it is the whole run, bit for bit; with another teacher it is refused`, async () => {
    const [own, ...settings] = method as [string, ...string[]];
    const line = distill('--method', own, ...settings, '--seed', '3', '--epochs', '12', 'knnEvery=0');
    // In processes of their own, which have one thread each; the teacher by a relative path.
    const whole = join(root, `${own} whole`);
    assert.equal((await start([...line, '--teacher', 'teacher', '--out', whole], root).ended).code, 0);
    const run = join(root, `${own} part`);
    const begun = start([...line, '--teacher', 'teacher', '--out', run], root);
    await begun.says('epoch 2/12');
    begun.process.kill('SIGINT');
    const { code, stderr } = await begun.ended;
    assert.equal(code, 130, stderr);
    const elsewhere = join(root, own);
    mkdirSync(elsewhere);
    const resumed = () => start(['resume', run], elsewhere).ended;

    const aside = join(root, 'aside');
    renameSync(teacher, aside);
    const gone = await resumed();
    assert.equal(gone.code, 1);
    assert.match(gone.stderr, /tandem: teacher: there is no such run folder or encoder file\n$/);
    cpSync(aside, teacher, { recursive: true });
    const file = join(teacher, 'encoder', 'head.safetensors');
    const { tensors, metadata } = io.loadSafetensors(file);
    delete metadata.sha256; // these weights are meant
    Object.values(tensors)[0]?.mul_(2);
    io.saveSafetensors(file, tensors, metadata);
    const changed = await resumed();
    assert.equal(changed.code, 1);
    assert.match(
      changed.stderr,
      /part was begun with another teacher than the one that is now in .*teacher: put the former/,
    );
    rmSync(teacher, { recursive: true });
    renameSync(aside, teacher);
    const on = await resumed();
    assert.equal(on.code, 0, on.stderr);
    assert.deepEqual(whatCameOut(run), whatCameOut(whole));
  });
}

test('two steps of binarisation: all that the first run learned is taken, and weights are binary then', async (t) => {
  const first = join(root, 'activations');
  const line = distill('--method', 's2bnn', '--teacher', teacher);
  assert.equal((await tandem(t, ...line, 'binary=activations', '--out', first)).code, 0);
  const second = await tandem(t, ...line, 'binary=both', '--init', first, '--out', join(root, 'both'));
  assert.equal(second.code, 0);
  assert.doesNotMatch(second.stderr, /begin fresh|begins fresh|not in this network/);
});

test('a run to start from gives its head too, where it is of the shape', async () => {
  const begin = async (...more: string[]) => {
    const words = Object.fromEntries([...more, 'size=16', 'batch=10'].map((word) => word.split('=')));
    const config = resolveConfig({
      images,
      method: 'simclr',
      backbone: 'resnet8',
      width: 8,
      stem: 'strided',
      ...words,
    });
    const { method, notes } = assemble(config, await openImages(images, { size: 16 }));
    const state = Object.entries(method.student.head.stateDict()).map(([name, x]) => [name, elements(x)]);
    for (const network of networksOf(method)) network.dispose();
    return { state: Object.fromEntries(state), notes };
  };
  const { tensors } = io.loadSafetensors(join(teacher, 'encoder', 'head.safetensors'));
  const saved = Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, elements(x)]));
  const alike = await begin('projHidden=16', 'projDim=12', `initFrom=${teacher}`);
  assert.deepEqual([alike.state, alike.notes], [saved, []]);
  const other = await begin('projHidden=16', 'projDim=8', `initFrom=${teacher}`);
  assert.match(other.notes.join(), /^the head of .*teacher is of another shape, so this one begins fresh$/);
  // Whatever the teacher, a seed gives the same student to begin with.
  const seed = ['method=seed', 'bank=20', 'projDim=12', 'projHidden=16'];
  const twin = join(root, 'larger teacher');
  mkdirSync(join(twin, 'encoder'), { recursive: true });
  const encoder = buildEncoder({ backbone: 'resnet10', width: 8, stem: 'strided', channels: 3 });
  const { mean, std } = smallView({ size: 16 });
  const card = {
    architecture: { backbone: 'resnet10', width: 8, stem: 'strided', channels: 3 },
    size: 16,
    mean,
    std,
  } as const;
  saveEncoder(join(twin, 'encoder', 'encoder.safetensors'), encoder, card);
  saveHead(join(twin, 'encoder', 'head.safetensors'), { head: new Head({ widths: [64, 12], norm: false }) });
  const [one, two] = [await begin(...seed, `teacher=${teacher}`), await begin(...seed, `teacher=${twin}`)];
  assert.deepEqual(one.state, two.state);
});

test('what is wrong is said in one line before anything is written', async (t) => {
  const says = async (code: number, message: RegExp, ...argv: string[]) => {
    const outcome = await tandem(t, 'distill', images, ...argv);
    assert.equal(outcome.code, code, outcome.stderr);
    assert.match(outcome.stderr, message);
  };
  await says(2, /^tandem: which teacher\? Give the run folder or file .* as --teacher\n$/, '--method', 'seed');
  await says(2, /^tandem: which method\? there is seed, feature-matching, s2bnn, simclr-v2/, '--teacher', teacher);
  await says(2, /'simclr' learns from no teacher; there is seed/, '--teacher', teacher, '--method', 'simclr');
  await says(2, /unknown option '--backbone'/, '--teacher', teacher, '--backbone', 'resnet8');
  const seed = ['--method', 'seed', 'bank=20', '--student', 'resnet8', ...tiny];
  await says(1, /nowhere: there is no such run folder or encoder file/, ...seed, '--teacher', join(root, 'nowhere'));
  await says(
    1,
    /the teacher gives 12 numbers for an image, the student would give 8/,
    ...seed,
    '--teacher',
    teacher,
    'projDim=8',
  );
  await says(
    1,
    /learned from images of 16 pixels, these have 32; give size=16/,
    ...seed,
    '--teacher',
    teacher,
    'size=32',
  );
  const { code, stderr } = await tandem(t, 'pretrain', images, '--method', 'simclr', '--teacher', teacher);
  assert.equal(code, 2);
  assert.match(stderr, /simclr has no use for a trained teacher; there is seed, feature-matching, s2bnn, simclr-v2/);
});
