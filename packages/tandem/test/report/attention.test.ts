import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import sharp from 'sharp';
import { noGrad, scope } from 'tandem-torch';
import type { DataSet } from '../../src/images/index.js';
import { buildEncoder, type ViT } from '../../src/networks/index.js';
import { findAttention } from '../../src/report/attention.js';
import { reportPage } from '../../src/report/page.js';
import { saveEncoder } from '../../src/weights/index.js';
import { assertClose, elements, noise, normal, temporary } from '../support.js';
import { record } from './making.js';

const architecture = {
  ...{ backbone: 'vit-micro', width: 12, heads: 3, depth: 2, patch: 4, size: 16, channels: 3 },
  registers: 2,
};
const built = () => buildEncoder(architecture).eval() as ViT;

describe('where a transformer looks', () => {
  test('shares of the class token are softmax(q k / sqrt(size)) of the last block, without itself and registers', () =>
    scope(() =>
      noGrad(() => {
        const vit = built();
        const x = normal([2, 3, 16, 16], 5, 'float32');
        const last = vit.blocks.at(-1) as ViT['blocks'][number];
        let seen: number[] = [];
        const { forward } = last;
        last.forward = (y, turn) => {
          const { weight, bias } = last.attn.qkv;
          const all = last.norm1
            .forward(y)
            .matmul(weight.t())
            .add(bias as never); // [2, 19, 36]
          const [rows, tokens, width, size] = [Array.from({ length: 2 }), 19, 12, 4];
          const values = elements(all);
          const at = (image: number, token: number, part: number, head: number) =>
            values.slice(((image * tokens + token) * 3 + part) * width + head * size).slice(0, size);
          seen = rows.flatMap((_, image) =>
            [0, 1, 2].flatMap((head) => {
              const query = at(image, 0, 0, head);
              const scores = Array.from({ length: tokens }, (_, token) =>
                at(image, token, 1, head).reduce((sum, key, i) => sum + key * (query[i] as number), 0),
              ).map((score) => Math.exp(score / 2));
              const sum = scores.reduce((a, b) => a + b);
              return scores.slice(3).map((score) => score / sum);
            }),
          );
          return forward.call(last, y, turn);
        };
        vit.forward(x);
        const found = vit.classAttention(x);
        assert.deepEqual(found.shape, [2, 3, 4, 4]);
        assertClose(found, seen, { rtol: 1e-4 });
      }),
    ));

  test('the report shows each picture, the mean and every head; other encoders have none', async (t) => {
    const folder = temporary(t);
    const [file, other] = [join(folder, 'vit.safetensors'), join(folder, 'resnet.safetensors')];
    const card = { size: 16, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
    saveEncoder(file, built(), { architecture, ...card });
    const small = { backbone: 'resnet8', width: 4, stem: 'small', channels: 3 } as const;
    saveEncoder(other, buildEncoder(small), { architecture: small, ...card });
    const pictures = {
      ...noise(9, { channels: 3, side: 16 }),
      files: Array.from({ length: 9 }, (_, i) => `${i}<b>.png`),
    };
    const data = { name: 'noise', train: pictures } as unknown as DataSet;
    assert.equal(await findAttention(other, data, 'cpu'), undefined);
    const found = (await findAttention(file, data, 'cpu')) ?? [];
    assert.equal(found.length, 6);
    for (const { mean, heads } of found) {
      assert.equal(heads.length, 3);
      for (const map of [mean, ...heads]) {
        const bytes = Buffer.from(map.replace('data:image/png;base64,', ''), 'base64');
        const { data: pixels, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
        assert.deepEqual([info.width, info.height], [4, 4]);
        assert.equal(Math.max(...pixels), 255);
      }
    }
    const page = reportPage(record(), { attention: found });
    assert.match(page, /<h2>Attention<\/h2>/);
    assert.equal(page.match(/alt="where head \d looks"/g)?.length, 18);
    assert.ok(!page.includes('<b>') && !reportPage(record()).includes('<h2>Attention'));
  });
});
