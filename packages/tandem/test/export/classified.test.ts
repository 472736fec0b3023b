import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import sharp from 'sharp';
import { inferenceMode, manualSeed, randn, scope, tensor } from 'tandem-torch';
import { classScoresOf } from '../../src/evaluate/index.js';
import { exportFolder } from '../../src/export/folder.js';
import { load } from '../../src/load/index.js';
import { type Architecture, Head } from '../../src/networks/index.js';
import { temporary } from '../cli/running.js';
import { askPython, card as cardOf, floats, pythonWith, seasoned } from './exporting.js';

const root = temporary({ after });
const size = 32;
const labels = ['a bag', 'a coat', 'a shoe'];
const python = pythonWith('torch', 'transformers', 'onnxruntime', 'PIL');
const skip =
  python === undefined &&
  'no Python with torch, transformers, onnxruntime and Pillow; TANDEM_PEER_PYTHON can name one (pip install torch transformers onnxruntime pillow)';

const vit = { backbone: 'vit-micro', width: 64, depth: 2, patch: 8, size, channels: 3 } as const;
const cases: readonly (readonly [model: string, architecture: Architecture])[] = [
  ['ResNetForImageClassification', { backbone: 'resnet18', width: 16, stem: 'standard', channels: 3 }],
  ['ConvNextForImageClassification', { backbone: 'convnext-atto', width: 16, stem: 'standard', channels: 3 }],
  ['ViTForImageClassification', vit],
  ['Dinov2ForImageClassification', { ...vit, layerScale: 1 }],
  ['Dinov2WithRegistersForImageClassification', { ...vit, registers: 2, pooling: 'mean' }],
];

/** An encoder and a classifier of so many layers, exported for transformers, and what is said. */
function exported(architecture: Architecture, out: string, widths: readonly number[] = []) {
  const encoder = seasoned(architecture, 3);
  manualSeed(4);
  const head = new Head({ widths: [encoder.featureWidth, ...widths, labels.length], norm: false });
  head.eval();
  const card = cardOf(architecture, size);
  const classifier = { head, classes: labels, temperature: 1.7 };
  const { notes } = exportFolder(out, {
    ...{ encoder, card, classifier, layout: 'huggingface', version: '0', quantized: 'not asked for' },
    provenance: { name: 'classifier', quality: [] },
  });
  return { encoder, classifier, notes };
}

const configIn = (folder: string) => JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));

describe("a classifier in transformers' layout", () => {
  for (const [model, architecture] of cases) {
    test(`${model}: Tandem reads it, and Python's transformers and ONNX Runtime give our scores`, {
      skip,
    }, async () => {
      const out = join(root, model);
      const { encoder, classifier } = exported(architecture, out);
      const picture = join(root, `${model}.png`);
      const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
      writeFileSync(
        picture,
        await sharp({ create: { width: size, height: size, channels: 3, background: 'black', noise } })
          .png()
          .toBuffer(),
      );
      const images = scope(() => floats(randn([4, 3, size, size])));
      const answer = JSON.parse(
        askPython(
          python as string,
          ['classify', out, JSON.stringify([4, 3, size, size]), picture],
          new Uint8Array(images.buffer),
        ).toString(),
      );
      assert.deepEqual([answer.model, answer.labels, answer.missing], [model, labels, []]);
      const features = scope(() =>
        inferenceMode(() => floats(encoder.forward(tensor(images, { shape: [4, 3, size, size] })))),
      );
      const scores = classScoresOf({ ...classifier, file: '' }, features).map((x) => x / classifier.temperature);
      for (const [i, score] of scores.entries()) {
        for (const theirs of [answer.logits[i], answer.onnx[i]])
          assert.ok(Math.abs(theirs - score) < 1e-5, `${theirs} ${score}`);
      }
      using ours = await load(out);
      const [best] = await ours.classify(picture);
      assert.equal(answer.pipeline[0].label, best?.label);
      assert.ok(Math.abs(answer.pipeline[0].score - (best?.probability ?? 0)) < 1e-3, JSON.stringify(answer.pipeline));
      encoder.dispose();
      classifier.head.dispose();
    });
  }

  for (const [what, architecture, widths, message] of [
    [
      'of several layers',
      cases[0]?.[1],
      [8],
      /without the classifier: transformers has no classifier of several layers/,
    ],
    [
      'on a mean of patches',
      { ...vit, pooling: 'mean' },
      [],
      /transformers has no classifier on a vit whose features are a mean/,
    ],
  ] as const) {
    test(`${what} there is none: the encoder alone is written, and that is said`, () => {
      const out = join(root, what);
      const { encoder, classifier, notes } = exported(architecture as Architecture, out, widths);
      assert.match(notes.join('\n'), message);
      assert.match(configIn(out).architectures[0], /^(ResNet|ViT)Model$/);
      encoder.dispose();
      classifier.head.dispose();
    });
  }
});
