import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Tensor, zeros } from 'tandem-torch';
import { z } from 'zod';
import { UserError } from '../../src/errors.js';
import { embedImages } from '../../src/evaluate/index.js';
import { exportEncoder } from '../../src/export/index.js';
import { defineImages, type OwnImage, type RawPixels } from '../../src/images/index.js';
import { load } from '../../src/load/index.js';
import { negativeCosine } from '../../src/losses/index.js';
import { defineMethod, type Method, type TwoViews } from '../../src/methods/index.js';
import { newBranch } from '../../src/networks/index.js';
import { type PretrainEvent, pretrain, resume, use } from '../../src/pretrain/index.js';
import { stream } from '../../src/random.js';
import { defineView } from '../../src/views/index.js';
import { pictures, temporary } from '../cli/running.js';
import { run } from '../export/exporting.js';
import { assertClose } from '../support.js';

const root = temporary({ after });
const images = join(root, 'pictures');
const settings = { backbone: 'resnet10', width: 4, stem: 'strided', batch: 20, epochs: 1, knnEvery: 0 };

before(() => pictures(images, 20));

const head = { projLayers: 1, projHidden: 8, projDim: 8 };
let defined = 0;

/** A method that is right but for what is given. */
function methodWith(changes: (right: Method<TwoViews>) => object) {
  defined += 1;
  return defineMethod({
    name: `own-${defined}`,
    summary: 'for tests',
    options: z.strictObject({}),
    build(newEncoder, views): Method<TwoViews> {
      const student = newBranch(newEncoder(), head);
      const right: Method<TwoViews> = {
        ...{ name: 'any', student, result: 'student' as const, views },
        loss: ([a, b]) => negativeCosine(student.forward(a), student.forward(b).detach()),
      };
      return { ...right, ...changes(right) };
    },
  });
}

describe('a method that is not right is one clear line', () => {
  const bad: readonly [string, (right: Method<TwoViews>) => object, RegExp][] = [
    [
      'throws',
      () => ({
        loss: () => {
          throw new Error('oh dear\nand more');
        },
      }),
      /'own-\d+' failed in its loss: oh dear \(after step 0\)/,
    ],
    [
      'gives NaN',
      (right) => ({ loss: (views: TwoViews, ctx: never) => (right.loss(views, ctx) as Tensor).mul(Number.NaN) }),
      /the loss became NaN at step 1/,
    ],
    ['gives no loss', () => ({ loss: () => undefined }), /gives no loss, but undefined/],
    [
      'gives rows for a loss',
      ({ student }) => ({ loss: ([a]: TwoViews) => student.forward(a) }),
      /its loss must be one number, but is \[20, 8\]; take its mean/,
    ],
    ['gives a number', () => ({ loss: () => ({ near: 3 }) }), /its loss term 'near' is no tensor, but 3/],
    ['does not learn', () => ({ loss: () => zeros([]) }), /its loss does not depend on the student/],
    [
      'has wrong shapes',
      ({ student }) => ({ loss: ([a, b]: TwoViews) => student.forward(a).mm(student.encoder.forward(b)).mean() }),
      /failed in its loss: /,
    ],
    [
      'fails after a step',
      () => ({
        afterStep: () => {
          throw new Error('late');
        },
      }),
      /failed after a step: late/,
    ],
    ['has no student', () => ({ student: undefined }), /has no student; make one with newBranch/],
    ['keeps a teacher that is not there', () => ({ result: 'teacher' }), /keeps its teacher, and has none/],
    ['says not what is kept', () => ({ result: 'both' }), /result is "both", not student or teacher/],
  ];
  for (const [what, changes, message] of bad) {
    test(`one that ${what}`, async () => {
      const out = join(root, what.replaceAll(' ', '-'));
      await assert.rejects(pretrain({ data: images, method: methodWith(changes), out, ...settings }), (error) => {
        assert.ok(error instanceof UserError, String(error));
        assert.match(error.message, message);
        assert.ok(!error.message.includes('\n'));
        return true;
      });
    });
  }

  test('one that leaves more and more tensors behind, and what was saved before stays', async () => {
    const kept: Tensor[] = [];
    const out = join(root, 'leaky');
    const method = methodWith(({ student }) => ({
      loss([a, b]: TwoViews) {
        const loss = negativeCosine(student.forward(a), student.forward(b).detach());
        kept.push(zeros([3]).keep());
        return loss;
      },
    }));
    const leaky = pretrain({ data: images, method, out, ...settings, epochs: 9 });
    await assert.rejects(leaky, /leaves more tensors behind at each step.*step \d+ is saved in/);
    for (const one of kept) one.dispose();
    assert.ok(existsSync(join(out, 'encoder', 'encoder.safetensors')));
    assert.match(readFileSync(join(out, 'stopped.json'), 'utf8'), /leaves more tensors behind/);
  });

  test('a step of views that gives NaN late, and what was saved before stays', async () => {
    let batches = 0;
    const step = defineView({
      name: 'late-nan',
      summary: 'for tests',
      options: z.strictObject({}),
      apply: (x) => {
        batches += 1;
        return batches > 40 ? x.div(0).sub(x.div(0)) : x;
      },
    });
    const out = join(root, 'late-nan');
    const late = pretrain({
      ...{ data: images, method: methodWith(() => ({})), use: [step], views: { steps: 'late-nan' } },
      ...{ out, ...settings, epochs: 50 },
    });
    await assert.rejects(late, (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /^the step 'late-nan' of views gives NaN or infinity in \d+ of 20 images; look for/);
      assert.match(error.message, /\(after step \d+\); step \d+ is saved in .*\. Mend the step, and begin a new run/);
      return true;
    });
    assert.ok(existsSync(join(out, 'encoder', 'encoder.safetensors')));
    assert.match(readFileSync(join(out, 'stopped.json'), 'utf8'), /late-nan/);
  });

  test('names that are taken, and options that are settings of runs', async () => {
    const define = (name: string, options: z.ZodRawShape) =>
      defineMethod({ name, summary: '', options: z.strictObject(options), build: () => ({}) as Method<TwoViews> });
    await assert.rejects(use(define('simclr', {})), /'simclr' has the name of one of Tandem's; choose another/);
    await assert.rejects(use(define('mine', { epochs: z.int() })), /its option 'epochs' has the name of a setting/);
    const [one, other] = [define('twice', {}), define('twice', {})];
    await use(one, one);
    await assert.rejects(use(other), /two different methods called 'twice'/);
  });
});

/** Pictures of 5 channels in 16 bits, of two classes. */
function satellite(): OwnImage[] {
  return Array.from({ length: 40 }, (_, i) => {
    const random = stream(7, i);
    const data = Uint16Array.from(
      { length: 12 * 12 * 5 },
      (_, k) => random.below(30_000) + (k % 5 === i % 2 ? 30_000 : 0),
    );
    return { name: `tile-${i}`, label: i % 2, image: { data, width: 12, height: 12, channels: 5 } };
  });
}

test('pictures of five channels in 16 bits from code: trained, resumed bit for bit, embedded, exported', async () => {
  const data = defineImages({ name: 'tiles', images: () => satellite() });
  const request = { data, method: 'simclr', ...settings, knnEvery: 1, epochs: 2, projHidden: 8, projDim: 8 };
  const epochs: Float32Array[] = [];
  let folder = '';
  const whole = await pretrain({
    ...{ ...request, out: join(root, 'tiles') },
    onEvent: async (event) => {
      if (event.kind === 'start') folder = event.run;
      if (event.kind !== 'epoch') return;
      using model = await load(folder);
      epochs.push(await model.embed((satellite()[0] as OwnImage).image));
    },
  });
  assert.equal(epochs.length, 2);
  assert.notDeepEqual(epochs[0], epochs[1]);
  assert.ok((whole.metrics?.knnStudent ?? 0) > 0.4);
  const controller = new AbortController();
  const cut = join(root, 'tiles-cut');
  const kinds = new Set<PretrainEvent['kind']>();
  await pretrain({
    ...{ ...request, out: cut, signal: controller.signal },
    onEvent: async ({ kind }) => {
      kinds.add(kind);
      if (kind === 'step') controller.abort();
    },
  });
  assert.deepEqual([...kinds], ['loading', 'start', 'step', 'end']);
  for await (const event of resume(cut, { source: data })) assert.notEqual(event.kind, 'warning');
  const encoder = (run: string) => readFileSync(join(run, 'encoder', 'encoder.safetensors'));
  assert.ok(encoder(cut).equals(encoder(join(root, 'tiles'))));
  using model = await load(cut);
  const rows = await model.embed(satellite().map(({ image }) => image));
  assert.deepEqual([rows.length, rows[0]?.length, model.channels], [40, model.width, 5]);
  await use(data);
  await embedImages({ encoder: cut, images: 'tiles', out: join(root, 'tiles.jsonl') });
  const lines = readFileSync(join(root, 'tiles.jsonl'), 'utf8').trim().split('\n');
  const written = new Map(lines.map((line) => JSON.parse(line)).map(({ file, features }) => [file, features]));
  assert.deepEqual(
    satellite().map(({ name }) => Float32Array.from(written.get(name) as number[])),
    rows,
  );

  // Exported: the weights give the same bits, and ONNX Runtime the same numbers of what the folder
  // says of the preparation.
  const out = join(root, 'tiles-exported');
  const { notes } = await exportEncoder({ encoder: cut, out, quantized: false });
  assert.deepEqual(notes, ['no quantized model: it was left out by --no-quantized']);
  using again = await load(out);
  assert.deepEqual(await again.embed(satellite().map(({ image }) => image)), rows);
  const said = JSON.parse(readFileSync(join(out, 'preprocessor_config.json'), 'utf8'));
  const pixels = Float32Array.from({ length: 40 * 5 * 144 }, (_, k) => {
    const [tile, c, at] = [Math.floor(k / 720), Math.floor(k / 144) % 5, k % 144];
    const { data: samples } = (satellite()[tile] as OwnImage).image as RawPixels;
    return ((samples[5 * at + c] as number) * said.rescale_factor - said.image_mean[c]) / said.image_std[c];
  });
  const { pooled } = await run(join(out, 'onnx/model.onnx'), pixels, [40, 5, 12, 12]);
  assertClose(
    [...(pooled.data as Float32Array)],
    rows.flatMap((row) => [...row]),
    { rtol: 1e-4, atol: 1e-5 },
  );
});
