import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { allocatedBytes, rand, scope } from 'tandem-torch';
import type { Views } from '../../../src/methods/index.js';
import { buildEncoder } from '../../../src/networks/index.js';
import { type Estimate, estimateRun, resolveConfig } from '../../../src/pretrain/index.js';
import { smallView } from '../../../src/views/index.js';
import { pictures, tandem, temporary } from '../../cli/running.js';
import { stepContext } from '../../methods/stepping.js';
import { assertClose } from '../../support.js';

const root = temporary({ after });
const images = join(root, 'pictures');
const heads = { projHidden: 16, projDim: 8 };

before(async () => {
  await pictures(images, 40);
});

const settings = { images, batch: 64, epochs: 3, width: 8, stem: 'small', device: 'cpu', precision: 'float32' };

test('parameters, steps and operations of CLBO add up', async () => {
  const found = await estimateRun(resolveConfig({ ...settings, backbone: 'resnet8', projHidden: 16, projDim: 8 }));
  const encoder =
    8 * 27 +
    2 * 8 +
    2 * (8 * 8 * 9 + 16) +
    8 * 16 * 9 +
    16 * 16 * 9 +
    8 * 16 +
    96 +
    16 * 32 * 9 +
    32 * 32 * 9 +
    16 * 32 +
    192;
  const head = 32 * 16 + 32 + 16 * 8 + 8;
  assert.deepEqual([found.student.encoderParameters, found.student.parameters], [encoder, encoder + head]);
  assert.deepEqual(found.teacher, found.student);
  const { sizes, ...asked } = found.knn ?? {};
  assert.deepEqual(
    sizes?.map(([name]) => name),
    ['blue', 'red'],
  );
  assert.deepEqual(asked, { reference: 72, queries: 8, majority: 0.5 });
  // two passes of one batch an epoch
  assert.deepEqual([found.images.count, found.stepsPerEpoch, found.steps], [80, 2, 6]);
  const perImage = found.student.perImage.macs + 32 * 16 + 16 * 8;
  // Two views through the student, forward and backward, and through the teacher, forward.
  assert.deepEqual(found.perStep, { macs: 64 * 2 * (3 + 1) * perImage, binaryMacs: 0 });
  assert.equal(found.config.width, 8);
});

test('binary operations are counted apart, and a method without a teacher has none of it', async () => {
  const found = await estimateRun(
    resolveConfig({
      ...settings,
      method: 'simclr',
      backbone: 'react-resnet8',
      ...heads,
    }),
  );
  const { perImage } = found.student;
  assert.ok(perImage.binaryMacs > perImage.macs);
  assert.equal(found.teacher, undefined);
  assert.equal(found.perStep.binaryMacs, 64 * 2 * 3 * perImage.binaryMacs);
});

test('the memory of a whole batch is estimated from its parts', async () => {
  const config = resolveConfig({
    ...settings,
    method: 'moby',
    backbone: 'resnet10',
    optimizer: 'adamw',
    ...heads,
    predHidden: 16,
    bank: 64,
  });
  const { memory, student, teacher, measuredAt } = (await estimateRun(config)) as Required<Estimate>;
  assert.deepEqual(measuredAt, [8, 16]);
  const view = smallView({ size: 32 });
  const architecture = { backbone: 'resnet10', width: 8, stem: 'small', channels: 3 } as const;
  const memoryFormat = 'channelsLast';
  const method = config.method.build((form) => buildEncoder(architecture, form).to({ memoryFormat }), [view, view]);
  const run = () =>
    scope(() => {
      const before = allocatedBytes() as number;
      const views = [0, 1].map(() => rand([64, 3, 32, 32]).to({ memoryFormat })) as readonly unknown[] as Views;
      method.loss(views, stepContext());
      return (allocatedBytes() as number) - before;
    });
  // Of nine passes, since V8's compiler allocates on its own threads.
  const middle = Array.from({ length: 9 }, run).sort((a, b) => a - b)[4] as number;
  assertClose(memory.activations, middle, { rtol: 0.1 });
  assert.equal(memory.gradients, 4 * student.parameters);
  // two queues and their pointer
  assert.equal(memory.state, 2 * memory.gradients + 4 * (2 * 64 * 8) + 8);
  const buffers = memory.networks - 4 * (student.parameters + teacher.parameters);
  assert.ok(buffers > 0 && buffers < 0.1 * memory.networks);
  assert.equal(memory.total, memory.networks + memory.gradients + memory.state + memory.activations);
});

test('batch norm in parts, and batches too small to be parted', async () => {
  const moco = { ...settings, method: 'moco', backbone: 'resnet8', ...heads, bank: 64 };
  assert.deepEqual((await estimateRun(resolveConfig({ ...moco, bnSplits: 16 }))).measuredAt, [32, 64]);
  assert.deepEqual((await estimateRun(resolveConfig({ ...moco, batch: 8, bnSplits: 4 }))).measuredAt, [8]);
});

test('tandem pretrain --dry-run shows it, in words and as JSON, and writes nothing', async (t) => {
  const out = join(temporary(t), 'run');
  const words = [
    'pretrain',
    images,
    'backbone=vit-micro',
    'depth=2',
    'width=32',
    '--batch',
    '16',
    'projDim=8',
    '--dry-run',
    '--out',
    out,
  ];
  const told = await tandem(t, ...words);
  assert.equal(told.code, 0, told.stderr);
  for (const line of [
    /^settings: images=.* /,
    /patch=4/,
    /^student +[\d,]+ parameters, [\d,]+ in the encoder$/m,
    /^a step +[\d.]+ \w multiply-adds$/m,
    /FLOP as `tandem doctor` counts/,
    /^time +a step .*, an epoch .*, all 200 epochs\s/m,
    /^memory +about /m,
    /^k-NN +8 queries, reference set 72; 2 classes \(blue 36, red 36\)/m,
    /^steps +2,000: 200 epochs of 10$/m,
  ])
    assert.match(told.stdout, line);
  const json = await tandem(t, ...words, '--json');
  const found = JSON.parse(json.stdout) as Estimate;
  assert.deepEqual(Object.keys(found), [
    'config',
    'images',
    'knn',
    'stepsPerEpoch',
    'steps',
    'student',
    'teacher',
    'others',
    'perStep',
    'memory',
    'measuredAt',
    'time',
  ]);
  assert.equal(
    found.student.encoderParameters,
    64 * 32 + 32 + 32 + 2 * (4 * 32 + 12 * 32 * 32 + 9 * 32) + 2 * 32 + 49 * 32,
  );
  assert.ok(!existsSync(out));

  mkdirSync(out);
  writeFileSync(join(out, 'mine'), '');
  const taken = await tandem(t, ...words);
  assert.deepEqual([taken.code, taken.stdout], [1, '']);
  assert.deepEqual(readdirSync(out), ['mine']);
  const wrong = await tandem(t, 'pretrain', images, 'backbone=vit-micro', 'stem=small', '--dry-run');
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /stem is no setting of backbone vit-micro but of resnet8/);
});
