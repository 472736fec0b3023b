import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { io, liveCount, noGrad, ones, scope, type Tensor } from 'tandem-torch';
import { buildEncoder, type Encoder, resampled, type ViT } from '../../../src/networks/index.js';
import { initEncoder, loadEncoder, saveEncoder } from '../../../src/weights/index.js';
import { assertClose, hash, temporary } from '../../support.js';
import { imagesOf, type PublicModel, publicModels, writeModel } from './models.js';

const vits = publicModels.vits ?? [];
const [plain, , , , registers] = vits as [PublicModel, PublicModel, PublicModel, PublicModel, PublicModel];

/** Compares the features of every size with the library's. */
function assertFeatures(encoder: Encoder, { runs }: Pick<PublicModel, 'runs'>): void {
  encoder.eval();
  scope(() =>
    noGrad(() => {
      for (const { size, features } of runs) {
        const found = encoder.forward(imagesOf(size)).narrow(1, 0, 24).contiguous();
        assertClose(found, features, { atol: 1e-5, label: `${size}` });
      }
    }),
  );
}

describe("vision transformers of other libraries' files", () => {
  for (const model of vits) {
    test(`${model.name}: the features are that library's; saved, they are read again`, (t) => {
      const folder = temporary(t);
      const path = writeModel(folder, model);
      const before = liveCount();
      const loaded = loadEncoder(path);
      assert.match(loaded.note ?? '', /taken for a vit-small of /);
      const { resample } = model;
      const architecture = { ...loaded.card.architecture, ...(resample && { resample }) };
      saveEncoder(join(folder, 'own.safetensors'), loaded.encoder, { ...loaded.card, architecture });
      loaded.encoder.dispose();
      const { encoder, card, note } = loadEncoder(join(folder, 'own.safetensors'));
      assertFeatures(encoder, model);
      assert.equal(note, undefined);
      assert.equal(card.architecture.width, 128);
      encoder.dispose();
      assert.equal(liveCount(), before);
    });
  }

  test('mean, deviation and size come from preprocessor_config.json, or are said to be assumed', (t) => {
    const model = vits.find(({ preprocessor }) => preprocessor) as PublicModel;
    const { card, note, encoder } = loadEncoder(writeModel(temporary(t), model));
    assert.deepEqual([card.size, card.mean, card.std], [24, [0.5, 0.5, 0.5], [0.25, 0.25, 0.25]]);
    assert.match(note ?? '', /24 pixels, its preprocessor_config\.json's mean and std/);
    encoder.dispose();
    const other = loadEncoder(writeModel(temporary(t), plain));
    assert.match(other.note ?? '', /does not say how to feed it.* 32 pixels, ImageNet's mean and std, 2 heads/);
    assert.match(other.note ?? '', /; left: head\.bias, head\.weight$/);
    other.encoder.dispose();
  });
});

describe('what config.json says and weights do not show is refused', () => {
  for (const [name, more, message] of [
    ['transformers vit', { hidden_act: 'quick_gelu' }, /hidden_act "quick_gelu": such networks here have gelu$/],
    ['transformers vit', { hidden_act: 'silu' }, /hidden_act "silu": such networks here have gelu$/],
    ['transformers dinov3_vit with a gate', { hidden_act: 'gelu' }, /hidden_act "gelu": such networks here have silu$/],
    ['transformers dinov3_vit', { rope_theta: 10_000 }, /rope_theta 10000: rotary positions here have 100$/],
  ] as const) {
    test(`${name} with ${JSON.stringify(more)}`, (t) => {
      const model = vits.find((each) => each.name === name) as PublicModel;
      const { rope_parameters: _, ...config } = (model.config ?? {}) as Record<string, unknown>;
      const path = writeModel(temporary(t), { ...model, config: { ...config, ...more } });
      const before = liveCount();
      assert.throws(() => loadEncoder(path), message);
      assert.equal(liveCount(), before);
    });
  }
});

type Weights = Record<string, Tensor>;
const prefixed = (weights: Weights, prefix: string): Weights =>
  Object.fromEntries(Object.entries(weights).map(([name, x]) => [prefix + name, x]));

function written(t: TestContext, model: PublicModel, change: (weights: Weights) => Weights): string {
  return writeModel(temporary(t), { ...model, config: null }, change);
}

describe("the authors' checkpoints", () => {
  const wrong = (weights: Weights) =>
    Object.fromEntries(Object.entries(weights).map(([name]) => [name, weights['norm.weight'] as Tensor]));
  for (const [whose, change, taken] of [
    ['backbone alone', (w) => w, ''],
    ['compiled', (w) => prefixed(w, '_orig_mod.'), '_orig_mod.*'],
    [
      'DINO: the teacher',
      (w) => ({
        ...prefixed(wrong(w), 'student.module.backbone.'),
        ...prefixed(w, 'teacher.backbone.'),
        'teacher.head.mlp.0.weight': w['norm.weight'] as Tensor,
      }),
      'teacher.backbone.*',
    ],
    [
      'MoCo v3: the base encoder',
      (w) => ({
        ...prefixed(wrong(w), 'module.momentum_encoder.'),
        ...prefixed(w, 'module.base_encoder.'),
        'module.base_encoder.head.0.weight': w['norm.weight'] as Tensor,
      }),
      'module.base_encoder.*',
    ],
  ] satisfies [string, (w: Weights) => Weights, string][]) {
    test(`${whose}`, (t) => {
      const { 'head.weight': _w, 'head.bias': _b, ...state } = plain.state;
      const path = written(t, { ...plain, state, runs: plain.runs.slice(0, 1) }, change);
      const { encoder, note, card } = loadEncoder(path);
      const [run] = plain.runs;
      // The numbers of the formula go by a tensor's place, and here the head's are missing.
      const again = loadEncoder(written(t, { ...plain, state }, (w) => w));
      assert.equal(hash(Object.values(encoder.stateDict())), hash(Object.values(again.encoder.stateDict())));
      assert.equal(card.architecture.resample, 'offset');
      assert.ok((note ?? '').includes(taken), note);
      assert.ok(run);
      for (const one of [encoder, again.encoder]) one.dispose();
    });
  }

  test('DINOv2 with registers: other names, and a position of the class token', (t) => {
    const change = ({ pos_embed: positions, reg_token: tokens, ...rest }: Weights): Weights => {
      const [, count, width] = (positions as Tensor).shape as [number, number, number];
      const whole = ones([1, count + 1, width]);
      whole.narrow(1, 1, count).copy_(positions as Tensor);
      (rest.cls_token as Tensor).sub_(1);
      const blocks = Object.entries(rest).map(([name, x]): [string, Tensor] => [
        name.replace(/^blocks\.(\d+)/, 'blocks.0.$1'),
        x,
      ]);
      return {
        ...Object.fromEntries(blocks),
        pos_embed: whole,
        register_tokens: tokens as Tensor,
        mask_token: ones([1, width]),
      };
    };
    const path = written(t, registers, (w) => noGrad(() => change(w)));
    const { encoder, note } = loadEncoder(path);
    assertFeatures(encoder, registers);
    assert.match(note ?? '', /of the authors' vit .*; left: mask_token$/);
    encoder.dispose();
  });

  test('several networks are refused, and what no transformer here has', (t) => {
    const both = written(t, plain, (w) => ({ ...prefixed(w, 'a.'), ...prefixed(w, 'b.') }));
    assert.throws(() => loadEncoder(both), /several networks in it \('a\.\*', 'b\.\*'\); give a file with one$/);
    const odd = written(t, plain, (w) => ({ ...w, 'blocks.0.attn.q_norm.weight': w['norm.weight'] as Tensor }));
    assert.throws(() => loadEncoder(odd), /norms of queries and keys \(blocks\.0\.attn\.q_norm\.weight\)/);
    const part = written(t, plain, ({ 'blocks.1.mlp.fc1.bias': _, ...w }) => w);
    assert.throws(() => loadEncoder(part), /missing blocks\.1\.mlp\.fc1\.bias$/);
    for (const path of [both, odd, part]) assert.ok(readFileSync(path).length > 0);
  });
});

describe('starting a transformer from a file', () => {
  const architecture = { backbone: 'vit-small', width: 128, depth: 2, patch: 8, size: 48, channels: 3, heads: 2 };

  test('positions are resampled to the grid of the run, and that is said', (t) => {
    const path = writeModel(temporary(t), plain);
    const encoder = buildEncoder({ ...architecture, resample: 'antialias' }) as ViT;
    const live = liveCount();
    assert.deepEqual(initEncoder(encoder, path), [
      `${path}: its 4x4 positions were resampled to 6x6 (resample=antialias)`,
      `in ${path}, but not in this network: head.bias, head.weight`,
    ]);
    assert.equal(liveCount(), live);
    scope(() =>
      noGrad(() => {
        const { tensors } = io.loadSafetensors(path);
        const [from, to] = [4, 6].map((rows) => ({ rows, columns: rows })) as [
          { rows: number; columns: number },
          never,
        ];
        const wanted = resampled(tensors.pos_embed as Tensor, 1, from, to, 'antialias');
        assertClose(encoder.posEmbed as Tensor, wanted, {});
        for (const tensor of Object.values(tensors)) tensor.dispose();
      }),
    );
    encoder.dispose();
  });

  test("another depth or width, or a ResNet's file", (t) => {
    const path = writeModel(temporary(t), plain);
    const deeper = buildEncoder({ ...architecture, depth: 3, size: 32 });
    assert.match(initEncoder(deeper, path)[0] as string, /begin fresh: blocks\.2\.norm1\.weight, .* and 6 more$/);
    const wider = buildEncoder({ ...architecture, width: 192, size: 32 });
    assert.throws(() => initEncoder(wider, path), /does not fit: cls_token is \[1,1,128\] in it, \[1,1,192\]/);
    const resnet = buildEncoder({ backbone: 'resnet10', width: 4, stem: 'small', channels: 3 });
    assert.throws(() => initEncoder(resnet, path), /none of its tensors has the name of one in this network/);
    for (const one of [deeper, wider, resnet]) one.dispose();
  });
});
