import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { type PretrainEvent, pretrain, readConfigOf } from '../../src/pretrain/index.js';
import { loadHead } from '../../src/weights/index.js';
import { whatCameOut } from '../faults/runs.js';
import { metricsOf, pictures, start, tandem, temporary, tiny } from './running.js';

const root = temporary({ after });
const images = join(root, 'pictures');
const [first, tuned, twin, small] = ['first', 'tuned', 'twin', 'small'].map((name) => join(root, name)) as [
  string,
  string,
  string,
  string,
];

before(async () => {
  await pictures(images, 50);
});

/** The same run again, told to stop after a step. */
async function interrupted(run: string, step: number): Promise<string> {
  const controller = new AbortController();
  const out = `${run}-interrupted`;
  const events: AsyncIterable<PretrainEvent> = pretrain(readConfigOf(run), { out, signal: controller.signal });
  for await (const event of events) if (event.kind === 'step' && event.step === step) controller.abort();
  return out;
}

const headOf = (run: string) => {
  const { head, classes } = loadHead(join(run, 'encoder', 'head.safetensors'));
  const { widths } = head.shape;
  head.dispose();
  return { widths, classes };
};

const distilling = ['--epochs', '2', '--batch', '20', 'size=16', 'stem=strided', '--method', 'simclr-v2'];

test('the three stages of SimCLR v2, each going on bit for bit after an interruption', async (t) => {
  const done = async (...argv: string[]) => {
    const { code, stdout, stderr } = await tandem(t, ...argv);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const head = ['projLayers=3', 'projHidden=0', 'projDim=8', 'lastNorm=scale'];
  const simclr = ['--method', 'simclr', ...tiny.slice(0, 3), ...head, 'size=16', '--epochs', '1', '--batch', '20'];
  await done('pretrain', images, ...simclr, '--out', first);
  assert.deepEqual(headOf(first), { widths: [32, 32, 32, 8], classes: undefined });

  const tuning = ['--labels', '20%', '--from-head-layer', '1', '--epochs', '8', '--batch', '6', '--lr', '0.1'];
  const result = JSON.parse(await done('finetune', first, images, ...tuning, '--out', tuned, '--json'));
  assert.deepEqual([result.settings.fromHeadLayer, result.settings.labelled], [1, 18]);
  assert.ok(result.accuracy >= 0.8, `two plain colours: ${result.accuracy}`);
  assert.deepEqual(headOf(tuned), { widths: [32, 32, 2], classes: ['blue', 'red'] });
  const half = await interrupted(tuned, 5);
  const again = JSON.parse(await done('resume', half, '--json'));
  assert.deepEqual([again.result, again.settings], [result.result, result.settings]);
  assert.deepEqual(whatCameOut(half), whatCameOut(tuned));
  assert.deepEqual(JSON.parse(readFileSync(join(half, 'result.json'), 'utf8')), result.result);

  // From another folder than it was begun in, by a relative path of the network that it starts
  // from.
  const relative = start(['finetune', 'first', images, ...tuning, '--out', 'relative'], root);
  await relative.says('epoch 1/8');
  relative.process.kill('SIGINT');
  assert.equal((await relative.ended).code, 130);
  const elsewhere = temporary(t);
  const on = await start(['resume', join(root, 'relative')], elsewhere).ended;
  assert.equal(on.code, 0, on.stderr);

  await done('distill', images, ...distilling, '--student', 'resnet10', 'width=4', '--teacher', tuned, '--out', twin);
  const line = metricsOf(twin).at(-1) as Record<string, number>;
  assert.ok(Math.abs((line.divergence as number) + (line.teacherEntropy as number) - (line.loss as number)) < 1e-6);
  assert.ok((line.top1 as number) >= 0 && line.embeddingStd === undefined);
  const cut = await interrupted(twin, 3);
  await done('resume', cut);
  assert.deepEqual(whatCameOut(cut), whatCameOut(twin));

  await done('distill', images, ...distilling, '--student', 'resnet8', 'width=4', '--teacher', twin, '--out', small);
  assert.deepEqual(headOf(small).classes, ['blue', 'red']);
  const labelled = ['labels=0.2', 'alpha=0.3', 'temperature=2', '--out', join(root, 'labelled')];
  await done('distill', images, ...distilling, '--student', 'resnet8', 'width=4', '--teacher', twin, ...labelled);
  assert.ok(Number(metricsOf(join(root, 'labelled')).at(-1)?.labelled) > 0);
});

test('what does not fit is refused in one line', async (t) => {
  const says = async (message: RegExp, ...argv: string[]) => {
    const { code, stdout, stderr } = await tandem(t, ...argv, '--out', join(root, 'refused'));
    assert.ok(code === 1 || code === 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, message);
  };
  const layers = (from: string, n: number) => [
    'finetune',
    from,
    images,
    '--labels',
    '20%',
    '--from-head-layer',
    `${n}`,
  ];
  await says(
    /tandem: cannot start from layer 4 of the head of .*first: its head has 3; give 0 to 3\n$/,
    ...layers(first, 4),
  );
  const file = join(first, 'encoder', 'encoder.safetensors');
  await says(
    /tandem: cannot start from layer 1 .*: it has no head; give 0, or a run folder with one\n$/,
    ...layers(file, 1),
  );
  await says(/tandem: fromHeadLayer=1 needs of=kept: /, ...layers(first, 1), '--encoder', 'student');
  await says(
    /tandem: 1% of the labels leaves class 'blue' empty, which has 45 images; give 2% or more\n$/,
    ...['finetune', first, images, '--labels', '1%'],
  );
  await says(
    /tandem: simclr-v2 learns from a teacher that tells classes apart; fine-tune this one first: /,
    ...['distill', images, ...distilling, '--teacher', first],
  );
  await says(
    /tandem: simclr-v2 learns from a network that is trained: give its run folder, or the file, as --teacher\n$/,
    ...['pretrain', images, ...distilling],
  );
});
