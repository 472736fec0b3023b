import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { io, liveCount, noGrad, ones, scope } from 'tandem-torch';
import { type Architecture, buildEncoder } from '../../src/networks/index.js';
import { type EncoderCard, loadEncoder, saveEncoder } from '../../src/weights/index.js';
import { elements, hash, normal, temporary } from '../support.js';

const card: EncoderCard = {
  architecture: { backbone: 'resnet10', width: 4, stem: 'small', channels: 3 },
  size: 32,
  mean: [0.4914, 0.4822, 0.4465],
  std: [0.2023, 0.1994, 0.201],
};

describe('encoder files', () => {
  for (const architecture of [
    card.architecture,
    { backbone: 'resnet18', width: 6, stem: 'standard', channels: 1 },
    { backbone: 'resnet34', width: 4, stem: 'strided', channels: 3 },
    { backbone: 'resnet8', width: 4, features: 20, stem: 'small', channels: 3 },
  ] satisfies Architecture[]) {
    test(`${architecture.backbone}, ${architecture.stem}: card, all bits and outputs come back`, (t) => {
      const path = join(temporary(t), 'encoder.safetensors');
      const own = { ...card, architecture, mean: card.mean.slice(0, architecture.channels) };
      const whole = { ...own, std: card.std.slice(0, architecture.channels) };
      const encoder = buildEncoder(architecture);
      const x = normal([4, architecture.channels, 32, 32], 1, 'float32');
      scope(() => noGrad(() => encoder.forward(x).sum().item()));
      saveEncoder(path, encoder, whole);
      const before = liveCount();
      const loaded = loadEncoder(path);
      assert.equal(liveCount(), before + Object.keys(encoder.stateDict()).length);
      assert.deepEqual(loaded.card, whole);
      assert.deepEqual(Object.keys(loaded.encoder.stateDict()), Object.keys(encoder.stateDict()));
      assert.equal(hash(Object.values(loaded.encoder.stateDict())), hash(Object.values(encoder.stateDict())));
      scope(() => {
        const [a, b] = [encoder, loaded.encoder].map((network) => noGrad(() => elements(network.eval().forward(x))));
        assert.deepEqual(a, b);
      });
    });
  }

  test("the tensors stand under torchvision's names, for any reader of safetensors", (t) => {
    const path = join(temporary(t), 'encoder.safetensors');
    saveEncoder(path, buildEncoder(card.architecture), card);
    const { tensors } = io.loadSafetensors(path);
    for (const name of ['conv1.weight', 'bn1.running_mean', 'layer2.0.downsample.1.num_batches_tracked']) {
      assert.ok(tensors[name], name);
    }
  });
});

describe('damaged and foreign files', () => {
  const refused = (path: string, reason: RegExp) => {
    const before = liveCount();
    assert.throws(
      () => loadEncoder(path),
      (error: Error) => {
        assert.equal(error.name, 'UserError', error.stack);
        assert.match(error.message, reason);
        assert.ok(error.message.includes(path), `names the file: ${error.message}`);
        assert.ok(!error.message.includes('\n'), 'one line');
        return true;
      },
    );
    assert.equal(liveCount(), before, 'nothing stays');
  };
  /** A good file, and a place for bad ones. */
  const prepared = (t: Parameters<typeof temporary>[0]) => {
    const folder = temporary(t);
    const good = join(folder, 'good.safetensors');
    const encoder = buildEncoder(card.architecture);
    saveEncoder(good, encoder, card);
    return { good, bad: join(folder, 'bad.safetensors'), state: encoder.stateDict(), folder };
  };

  test('no file, a folder, an empty file, a text', (t) => {
    const { bad, folder } = prepared(t);
    refused(bad, /bad.* cannot be read: there is nothing of this name \(ENOENT\)/);
    mkdirSync(join(folder, 'sub'));
    refused(join(folder, 'sub'), /directory/);
    writeFileSync(bad, '');
    refused(bad, /not a safetensors file/);
    writeFileSync(bad, 'this is no tensor file, but a text that is long enough to have a header\n');
    refused(bad, /not a safetensors file/);
  });

  test('cut anywhere, or with something added', (t) => {
    const { good, bad } = prepared(t);
    const bytes = readFileSync(good);
    for (const length of [7, 8, 100, Math.floor(bytes.length / 2), bytes.length - 1]) {
      writeFileSync(bad, bytes.subarray(0, length));
      refused(bad, /not a safetensors file/);
    }
    writeFileSync(bad, Buffer.concat([bytes, Buffer.from([0])]));
    refused(bad, /not a safetensors file/);
  });

  test('with a byte of a weight changed, which its checksum shows; without a checksum it is read', (t) => {
    const { good, bad, state } = prepared(t);
    const bytes = readFileSync(good);
    bytes.writeUInt8((bytes.at(-3) as number) ^ 1, bytes.length - 3);
    writeFileSync(bad, bytes);
    refused(bad, /bad.*: damaged, or changed by another program: its checksum is not that of its contents; use a copy/);
    const { metadata } = io.loadSafetensors(good);
    io.saveSafetensors(bad, state, { tandem: metadata.tandem as string });
    loadEncoder(bad).encoder.dispose();
  });

  test('without a card, or with a damaged one', (t) => {
    const { bad, state } = prepared(t);
    const { 'conv1.weight': stem, ...others } = state;
    io.saveSafetensors(bad, { ...others, stem: stem as (typeof state)[string] });
    refused(bad, /has no conv1.weight: it is damaged, or a ResNet with another stem$/);
    io.saveSafetensors(bad, { stem: stem as (typeof state)[string] });
    refused(bad, /only encoders saved by Tandem/);
    const { architecture } = card;
    for (const text of [
      '',
      '{',
      'null',
      JSON.stringify({ ...card, size: 0 }),
      JSON.stringify({ ...card, std: [0, 1, 1] }),
      JSON.stringify({ ...card, mean: [0.5] }),
      JSON.stringify({ ...card, architecture: { ...architecture, stem: 'large' } }),
      JSON.stringify({ ...card, architecture: { ...architecture, width: -1 } }),
    ]) {
      io.saveSafetensors(bad, state, { tandem: text });
      refused(bad, /'tandem' metadata is damaged/);
    }
  });

  test('a card that is not of these weights', (t) => {
    const { bad, state } = prepared(t);
    const withArchitecture = (changes: object) => {
      const architecture = { ...card.architecture, ...changes };
      const [mean, std] = [card.mean, card.std].map((values) => values.slice(0, architecture.channels));
      io.saveSafetensors(bad, state, { tandem: JSON.stringify({ ...card, mean, std, architecture }) });
      return bad;
    };
    refused(withArchitecture({ backbone: 'resnet18' }), /missing layer1\.1\.conv1\.weight/);
    refused(withArchitecture({ backbone: 'resnet51' }), /unknown backbone 'resnet51'/);
    refused(withArchitecture({ backbone: 'vit-tiny', stem: undefined, width: 4 }), /heads do not divide a width of 4/);
    refused(withArchitecture({ backbone: 'constructor' }), /unknown backbone/);
    refused(withArchitecture({ stem: 'standard' }), /conv1\.weight is float32\[4, 3, 3, 3\]/);
    refused(withArchitecture({ channels: 1 }), /conv1\.weight/);
    // So wide a network would take all memory if it was built before it is found to be wrong.
    refused(withArchitecture({ width: 4096 }), /not those of width 4096/);
    refused(withArchitecture({ features: 65536 }), /not those of width 65536/);
    refused(withArchitecture({ features: 16 }), /is float32/);
  });

  test('tensors missing, added or misshapen', (t) => {
    const { bad, state } = prepared(t);
    const tandem = JSON.stringify(card);
    const { 'conv1.weight': first, ...rest } = state;
    io.saveSafetensors(bad, rest, { tandem });
    refused(bad, /missing conv1\.weight/);
    const { 'layer1.0.bn1.bias': removed, ...others } = state;
    io.saveSafetensors(bad, others, { tandem });
    refused(bad, /missing layer1\.0\.bn1\.bias/);
    const extra = ones([2]).keep();
    io.saveSafetensors(bad, { ...state, 'fc.weight': extra }, { tandem });
    refused(bad, /unexpected fc\.weight/);
    io.saveSafetensors(bad, { ...state, 'bn1.bias': extra }, { tandem });
    refused(bad, /bn1\.bias is float32\[2\]/);
  });

  test('saving is whole or not at all', (t) => {
    const { good, bad, folder } = prepared(t);
    copyFileSync(good, bad);
    const encoder = buildEncoder(card.architecture);
    saveEncoder(bad, encoder, card);
    assert.equal(hash(Object.values(loadEncoder(bad).encoder.stateDict())), hash(Object.values(encoder.stateDict())));
    assert.throws(() => saveEncoder(join(folder, 'none', 'encoder.safetensors'), encoder, card), /ENOENT/);
  });
});
