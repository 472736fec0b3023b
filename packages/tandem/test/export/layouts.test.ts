import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { io, liveCount, noGrad, scope } from 'tandem-torch';
import { exportEncoder } from '../../src/export/index.js';
import { type Library, layOut } from '../../src/export/layouts/index.js';
import { type Architecture, buildEncoder } from '../../src/networks/index.js';
import { loadEncoder, saveEncoder } from '../../src/weights/index.js';
import { assertClose, temporary } from '../support.js';
import { imagesOf, publicModels, writeModel } from '../weights/public/models.js';

const { vits = [], convolutional = [] } = publicModels;

/** Of no library, of another form than it would write today, or one that code alone can ask for. */
const unlike = /SimCLR v2|swiglu|gate|dinov3 with biases|timm dinov3|positions as its authors|1x1 kernels/;
const libraryOf = (name: string): Library =>
  name.startsWith('timm') ? 'timm' : name.startsWith('torchvision') ? 'torchvision' : 'huggingface';

describe("weights are written under the names and shapes of the libraries' own files", () => {
  for (const model of [...vits, ...convolutional].filter(({ name }) => !unlike.test(name))) {
    test(`${model.name}: the same names and shapes, and read again the library's features`, async (t) => {
      const folder = temporary(t);
      const path = writeModel(folder, model);
      const library = libraryOf(model.name);
      const small = /resnet|convnext/.test(model.name) && library === 'torchvision' && !/resnet18/.test(model.name);
      if (small) {
        await assert.rejects(
          exportEncoder({ encoder: path, out: join(folder, 'out'), layout: library, quantized: false }),
          /torchvision has no convnext-atto; leave --layout out, or try another$/,
        );
        return;
      }
      const out = join(folder, 'out');
      await exportEncoder({ encoder: path, out, layout: library, quantized: false });
      const { tensors, metadata } = io.loadSafetensors(join(out, 'model.safetensors'));
      assert.deepEqual({ ...metadata }, { format: 'pt' });
      const shapes = Object.entries(tensors).map(([name, x]) => `${name} ${x.shape}`);
      const heads = /^(head|heads|classifier\.2|head\.fc|pooler)\.(?!norm)/;
      const expected = Object.entries(model.state).filter(([name, shape]) => !heads.test(name) && !shape.includes(0));
      // Features depend on no mask token, and a library's shape of it is all that matters.
      const kept = (line: string) => !line.includes('mask_token') && !line.endsWith(',0,128');
      assert.deepEqual(
        shapes.filter(kept).sort(),
        expected
          .map(([name, shape]) => `${name} ${shape}`)
          .filter(kept)
          .sort(),
      );
      for (const x of Object.values(tensors)) x.dispose();

      const before = liveCount();
      const { encoder } = loadEncoder(join(out, 'model.safetensors'));
      const [run] = model.runs;
      scope(() =>
        noGrad(() => {
          const found = encoder
            .eval()
            .forward(imagesOf(run?.size ?? [0, 0]))
            .narrow(1, 0, 24)
            .contiguous();
          assertClose(found, run?.features ?? [], { atol: 1e-5 });
        }),
      );
      encoder.dispose();
      assert.equal(liveCount(), before);
    });
  }
});

describe('what a library does not have', () => {
  const small = { backbone: 'resnet18', width: 64, stem: 'small', channels: 3 } as const;
  const standard = { ...small, stem: 'standard' } as const;
  const vit = { backbone: 'vit-micro', width: 64, depth: 1, patch: 8, size: 16, channels: 3 } as const;
  const refused: readonly (readonly [Library, Architecture, RegExp])[] = [
    ['huggingface', small, /^transformers has no ResNet with the small stem; leave --layout out, or try another$/],
    [
      'huggingface',
      { ...standard, sk: true },
      /^transformers has no selective kernels of SimCLR v2's form \(sk=true\)/,
    ],
    ['timm', { ...standard, sk: true }, /^timm has no selective kernels/],
    ['torchvision', { ...standard, resnetD: true }, /^torchvision has no ResNet of the form D/],
    ['timm', { ...standard, width: 32 }, /^timm has no resnet18 of width 32 with 256 features/],
    ['timm', { ...standard, backbone: 'resnet10' }, /^timm has no resnet10;/],
    ['huggingface', { ...standard, embedding: 8 }, /linear layer after the pooling/],
    ['torchvision', { ...vit, registers: 2 }, /^torchvision has no ViT with registers/],
    ['huggingface', { ...vit, classToken: false }, /^transformers has no ViT without a class token/],
    ['timm', { ...vit, mlp: 'swiglu' }, /^timm has no ViT with SwiGLU/],
    ['timm', { backbone: 'react-resnet8', width: 8, stem: 'small', channels: 3 }, /^timm has no react-resnet8/],
  ];
  for (const [library, architecture, message] of refused) {
    test(`${library}: ${message.source}`, () => {
      const encoder = buildEncoder(architecture);
      const card = { architecture, size: 32, mean: [0, 0, 0], std: [1, 1, 1] };
      assert.throws(() => scope(() => layOut(encoder, card, library)), { message });
      encoder.dispose();
    });
  }

  test('it is said before anything is written', async (t) => {
    const folder = temporary(t);
    const encoder = buildEncoder(small);
    const path = join(folder, 'encoder.safetensors');
    saveEncoder(path, encoder, { architecture: small, size: 32, mean: [0, 0, 0], std: [1, 1, 1] });
    encoder.dispose();
    const out = join(folder, 'out');
    await assert.rejects(exportEncoder({ encoder: path, out, layout: 'timm', quantized: false }), /the small stem/);
    assert.throws(() => readFileSync(join(out, 'config.json')));
  });
});
