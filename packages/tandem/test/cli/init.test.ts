import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { io, noGrad, scope } from 'tandem-torch';
import { loadEncoder } from '../../src/weights/index.js';
import { hash } from '../support.js';
import { pictures, tandem, temporary, tiny } from './running.js';

const root = temporary({ after });
const images = join(root, 'pictures');
const first = join(root, 'first');
const learn = ['--epochs', '1', '--batch', '16', '--lr', '1e-12', ...tiny];

before(async (t) => {
  await pictures(images, 20);
  const { code, stderr } = await tandem(t as never, 'pretrain', images, '--method', 'byol', '--out', first, ...learn);
  assert.equal(code, 0, stderr);
});

const parameters = (file: string) => hash(loadEncoder(file).encoder.parameters());

for (const method of ['clbo', 'byol', 'simclr', 'moco', 'simsiam', 'moby', 'barlow-twins', 'vicreg']) {
  test(`${method} starts from a file`, async (t) => {
    const out = join(root, method);
    const file = join(first, 'encoder', 'teacher.safetensors');
    const outcome = await tandem(
      t,
      'pretrain',
      images,
      '--method',
      method,
      '--init',
      file,
      '--out',
      out,
      ...learn,
      'seed=7',
    );
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.equal(JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')).initFrom, file);
    // A learning rate so small moves no parameter of them, whatever the method.
    const [was, is] = [file, join(out, 'encoder', 'student.safetensors')].map((one) =>
      loadEncoder(one).encoder.namedParameters(),
    );
    assert.equal(was?.length, is?.length);
    for (const [i, [name, x]] of (is ?? []).entries()) {
      const y = was?.[i]?.[1] as typeof x;
      assert.ok(x.allclose(y, { rtol: 1e-4, atol: 1e-4 }), name);
    }
  });
}

test('a run, a setting, and a file of which a part fits', async (t) => {
  const file = join(root, 'part.safetensors');
  const { 'layer4.0.bn2.bias': _, ...some } = io.loadSafetensors(join(first, 'encoder', 'encoder.safetensors')).tensors;
  io.saveSafetensors(file, { ...some, 'fc.weight': some['conv1.weight'] as never });
  const part = await tandem(t, 'pretrain', images, '--out', join(root, 'part'), ...learn, `initFrom=${file}`);
  assert.equal(part.code, 0, part.stderr);
  assert.match(part.stderr, /warning: not in .*part\.safetensors, so they begin fresh: layer4\.0\.bn2\.bias\n/);
  assert.match(part.stderr, /warning: in .*part\.safetensors, but not in this network: fc\.weight\n/);
  const run = await tandem(t, 'pretrain', images, '--out', join(root, 'from-run'), '--init', first, ...learn);
  assert.equal(run.code, 0, run.stderr);
  assert.ok(!run.stderr.includes('warning'), run.stderr);
  assert.equal(typeof parameters(join(root, 'from-run', 'encoder', 'encoder.safetensors')), 'string');
});

for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
  test(`weights that hold ${bad}, to start from or to imitate: the file and the tensor are named, nothing is made`, async (t) => {
    const file = join(root, `${bad}.safetensors`);
    const { tensors, metadata } = io.loadSafetensors(join(first, 'encoder', 'encoder.safetensors'));
    delete metadata.sha256; // these weights are meant
    scope(() => noGrad(() => void tensors['layer2.0.conv1.weight']?.flatten().select(0, 7).fill_(bad)));
    io.saveSafetensors(file, tensors, metadata);
    const out = join(root, 'none');
    const named = `tandem: ${file}: 'layer2.0.conv1.weight' holds NaN or infinity; give weights that are whole\n`;
    const skip = ['nonFinite=skip', '--out', out];
    for (const argv of [
      ['pretrain', images, ...learn, '--init', file, ...skip],
      [
        'distill',
        images,
        '--method',
        'seed',
        '--teacher',
        file,
        '--student',
        'resnet8',
        'width=4',
        '--batch',
        '16',
        '--epochs',
        '1',
        ...skip,
      ],
      ['finetune', file, images, '--labels', '100%', '--epochs', '1', '--out', out],
    ]) {
      const { code, stderr } = await tandem(t, ...argv);
      assert.equal(code, 1, stderr);
      assert.ok(stderr.endsWith(named), stderr);
      assert.ok(!existsSync(out));
    }
  });
}

test('what does not fit ends before the first step, and leaves no run', async (t) => {
  const out = join(root, 'none');
  for (const [argv, reason] of [
    [['--init', join(root, 'gone')], /gone: there is no such run folder or encoder file/],
    [['--init', first, 'width=8'], /does not fit: conv1\.weight is \[4,3,3,3\] in it, \[8,3,3,3\] in this network/],
    [['--init', join(first, 'config.json')], /config\.json: not a safetensors file/],
  ] as const) {
    const { code, stderr } = await tandem(t, 'pretrain', images, '--out', out, ...learn, ...argv);
    assert.equal(code, 1, stderr);
    assert.match(stderr, reason);
    assert.ok(!existsSync(out));
  }
});
