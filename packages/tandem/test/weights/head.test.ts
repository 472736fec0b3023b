import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { io, liveCount, noGrad, ones, scope } from 'tandem-torch';
import { buildEncoder, dinoHead, Head, PrototypeHead } from '../../src/networks/index.js';
import { loadHead, saveEncoder, saveHead } from '../../src/weights/index.js';
import { elements, hash, normal, temporary } from '../support.js';

const heads = {
  projector: () => new Head({ widths: [6, 5, 4], norm: true, lastNorm: 'scale' }),
  'in parts': () => new Head({ widths: [6, 5, 4], norm: true, splits: 2 }),
  plain: () => new Head({ widths: [6, 6, 4], norm: false, activation: 'gelu' }),
  identity: () => new Head({ widths: [6], norm: false }),
  prototypes: () => new PrototypeHead(dinoHead(6, 9, { hidden: 5, bottleneck: 4 })),
};

describe('a head in a file', () => {
  for (const [name, make] of Object.entries(heads)) {
    test(`${name}: comes back bit by bit, and gives the same`, (t) => {
      const path = join(temporary(t), 'head.safetensors');
      const head = make();
      scope(() => noGrad(() => head.forward(normal([8, 6], 1, 'float32')))); // statistics move
      saveHead(path, { head, classes: ['cat', 'dög'] });
      const { head: back, classes } = loadHead(path);
      assert.deepEqual(classes, ['cat', 'dög']);
      assert.equal(back.constructor, head.constructor);
      assert.equal(hash(Object.values(back.stateDict())), hash(Object.values(head.stateDict())));
      const x = normal([3, 6], 2, 'float32');
      const of = (one: Head) => scope(() => noGrad(() => elements(one.eval().forward(x))));
      assert.deepEqual(of(back), of(head));
    });
  }

  test('what is none is refused in one line that names the file, and nothing stays', (t) => {
    const folder = temporary(t);
    const good = join(folder, 'good.safetensors');
    const head = heads.projector();
    saveHead(good, { head });
    const bytes = readFileSync(good);
    const at = (name: string) => join(folder, `${name}.safetensors`);
    writeFileSync(at('cut'), bytes.subarray(0, bytes.length - 9));
    writeFileSync(at('text'), 'no tensors');
    io.saveSafetensors(at('bare'), head.stateDict());
    const written = (name: string, tandem: string) => io.saveSafetensors(at(name), head.stateDict(), { tandem });
    written('json', '{');
    written('negative', JSON.stringify({ head: { widths: [6, -5, 4], norm: true } }));
    written('huge', JSON.stringify({ head: { widths: [6, 60000, 4], norm: true } }));
    written('other', JSON.stringify({ head: { widths: [6, 4], norm: false } }));
    saveEncoder(at('encoder'), buildEncoder({ backbone: 'resnet8', width: 4, stem: 'strided', channels: 3 }), {
      architecture: { backbone: 'resnet8', width: 4, stem: 'strided', channels: 3 },
      size: 8,
      mean: [0, 0, 0],
      std: [1, 1, 1],
    });
    io.saveSafetensors(at('renamed'), { weight: scope(() => ones([2]).keep()) });
    const idle = liveCount();
    for (const name of ['missing', 'cut', 'text', 'bare', 'json', 'negative', 'huge', 'other', 'encoder', 'renamed']) {
      assert.throws(
        () => loadHead(at(name)),
        (error: Error) => {
          assert.equal(error.name, 'UserError', name);
          assert.ok(error.message.includes(at(name)) && !error.message.includes('\n'), error.message);
          return true;
        },
        name,
      );
    }
    assert.equal(liveCount(), idle);
  });
});
