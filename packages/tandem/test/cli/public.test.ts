import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before, type TestContext } from 'node:test';
import { loadEncoder } from '../../src/weights/index.js';
import { type PublicModel, publicModels, writeModel } from '../weights/public/models.js';
import { metricsOf, pictures, tandem, temporary } from './running.js';

// Files as other libraries write them, with random weights: from one to an encoder of one's own.

const root = temporary({ after });
const images = join(root, 'pictures');
const short = ['--epochs', '1', '--batch', '10', 'size=32', 'projHidden=16', 'projDim=16'];

before(() => pictures(images, 20));

/** A model's folder. */
function folderOf(name: string): string {
  const models = [...(publicModels.vits ?? []), ...(publicModels.convolutional ?? [])];
  const folder = join(root, name.replaceAll(' ', '-'));
  mkdirSync(folder, { recursive: true });
  writeModel(folder, models.find((model) => model.name === name) as PublicModel);
  return folder;
}

/** What every run of this page must give. */
async function assertUsable(t: TestContext, run: string, features: number): Promise<void> {
  const [line] = metricsOf(run);
  assert.ok(Number.isFinite(line?.loss));
  const file = join(run, 'vectors.npy');
  const embedded = await tandem(t, 'embed', run, images, '--out', file, '--json');
  assert.equal(embedded.code, 0, embedded.stderr);
  assert.match(readFileSync(file).subarray(0, 128).toString('latin1'), new RegExp(`\\(\\d+, ${features}\\)`));
  const out = join(run, 'exported');
  const exported = await tandem(t, 'export', run, '--out', out, '--no-quantized', '--json');
  assert.equal(exported.code, 0, exported.stderr);
  assert.ok(existsSync(join(out, 'onnx', 'model.onnx')));
  const again = await tandem(t, 'knn', out, images, '--json');
  assert.equal(again.code, 0, again.stderr);
}

for (const [name, backbone, features] of [
  ['timm resnet18d', 'resnet18', 512],
  ['torchvision resnet18', 'resnet18', 512],
  ['timm convnext', 'convnext-atto', 64],
  ['SimCLR v2, converted, with selective kernels', 'resnet50', 256],
] as const) {
  test(`pretrain --init a file of ${name}: its form, trained, embedded, exported`, async (t) => {
    const file = join(folderOf(name), 'model.safetensors');
    const run = join(root, `${name} run`);
    const how = ['--method', 'simsiam', '--backbone', backbone, '--init', file, '--out', run];
    const { code, stderr } = await tandem(t, 'pretrain', images, ...how, ...short);
    assert.equal(code, 0, stderr);
    assert.ok(!stderr.includes('begin fresh'), stderr);
    const { card, encoder } = loadEncoder(join(run, 'encoder', 'encoder.safetensors'));
    encoder.dispose();
    assert.equal(card.architecture.stem, 'standard');
    assert.equal(card.architecture.resnetD, name === 'timm resnet18d' ? true : undefined);
    assert.equal(card.architecture.sk, name.includes('kernels') ? true : undefined);
    await assertUsable(t, run, features);
  });
}

for (const [name, more] of [
  ['transformers vit', []],
  ['transformers dinov2_with_registers', ['--student', 'vit-micro', 'depth=1']],
] as const) {
  test(`distill --teacher a folder of ${name}: SEED, a student of another kind`, async (t) => {
    const run = join(root, `from ${name}`);
    const student = more.length > 0 ? more : ['--student', 'resnet8', 'width=4', 'stem=strided'];
    const how = ['--method', 'seed', '--teacher', folderOf(name), 'bank=20', '--out', run, ...student];
    const { code, stderr } = await tandem(
      t,
      ...['distill', images, ...how, '--epochs', '1', '--batch', '10', 'size=32'],
    );
    assert.equal(code, 0, stderr);
    assert.match(stderr, /taken for a vit-small of transformers' (vit|dinov2)/);
    await assertUsable(t, run, more.length > 0 ? 64 : 16);
  });
}

test('dinov2 goes on from a transformer, its first layers frozen and the others slower', async (t) => {
  const run = join(root, 'dinov2 run');
  const form = ['--backbone', 'vit-small', '--init', folderOf('timm vit with registers and layer scale')];
  const how = ['--method', 'dinov2', ...form, 'size=56', 'prototypes=16', 'freeze=2', 'layerDecay=0.5'];
  const { code, stderr } = await tandem(
    t,
    ...['pretrain', images, ...how, '--epochs', '1', '--batch', '10', 'optimizer=adamw', '--lr', '0.01', '--out', run],
    ...['projHidden=16', 'projDim=8'],
  );
  assert.equal(code, 0, stderr);
  const [was, is] = [join(root, 'timm-vit-with-registers-and-layer-scale', 'model.safetensors'), run].map((path) => {
    const file = path === run ? join(run, 'encoder', 'student.safetensors') : path;
    return loadEncoder(file).encoder;
  }) as [ReturnType<typeof loadEncoder>['encoder'], ReturnType<typeof loadEncoder>['encoder']];
  const before = was.stateDict();
  for (const [key, x] of Object.entries(is.stateDict())) {
    const stays = !/^(blocks\.1|norm)\./.test(key);
    const same = x.equal(before[key] as typeof x);
    if (stays) assert.ok(same, key);
  }
  assert.ok(!is.stateDict()['blocks.1.attn.qkv.weight']?.equal(before['blocks.1.attn.qkv.weight'] as never));
  assert.ok(!('mask_token' in is.stateDict()));
  for (const one of [was, is]) one.dispose();
  await assertUsable(t, run, 128);
});
