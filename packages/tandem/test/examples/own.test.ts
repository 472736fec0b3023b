import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { load } from '../../src/load/index.js';
import { pretrain, resume, use } from '../../src/pretrain/index.js';
import { metricsOf, pictures, start, tandem, temporary } from '../cli/running.js';

const repository = fileURLToPath(new URL('../../../../../', import.meta.url));
const dist = join(repository, 'examples/own/dist');
const root = temporary({ after });
const images = join(root, 'pictures');
const at = (name: string) => join(root, name);
const method = join(dist, 'align-uniform.js');
const backbone = join(dist, 'plain-net.js');
const small = ['epochs=2', 'batch=16', 'backbone=resnet8', 'width=4', 'stem=strided', 'projHidden=8', 'projDim=8'];
const own = ['pretrain', images, '--use', method, '--method', 'align-uniform', ...small];
const settings = Object.fromEntries(small.map((word) => word.split('=') as [string, string]));

before(async () => {
  mkdirSync(root, { recursive: true });
  await pictures(images, 20);
});

const checkpoint = (run: string) => readFileSync(join(run, 'checkpoint', 'state.safetensors'));

/** The tensors of a checkpoint, without what it says of places and times. */
function tensorsOf(run: string): Buffer {
  const bytes = checkpoint(run);
  return bytes.subarray(8 + Number(bytes.readBigUInt64LE()));
}

describe('a method of an example', () => {
  test('is trained, measured, reported and written down with its file', async (t) => {
    const { code, stderr } = await tandem(t, ...own, '--out', at('whole'), 'uniformWeight=0.5');
    assert.equal(code, 0, stderr);
    const config = JSON.parse(readFileSync(join(at('whole'), 'config.json'), 'utf8'));
    assert.deepEqual([config.method, config.use, config.uniformWeight], ['align-uniform', [method], 0.5]);
    assert.equal(config.tandem.use[0].file, method);
    assert.match(config.tandem.use[0].sha256, /^[0-9a-f]{64}$/);
    const metrics = metricsOf(at('whole'));
    assert.equal(metrics.length, 2);
    for (const { together, apart, loss } of metrics as unknown as Record<string, number>[]) {
      assert.ok(Math.abs((together as number) + (apart as number) - (loss as number)) < 1e-5);
    }
    assert.ok(existsSync(join(at('whole'), 'report.html')));
    const knn = await tandem(t, 'knn', at('whole'), images);
    assert.equal(knn.code, 0, knn.stderr);
  });

  test('is known to help, to near names and to --dry-run', async (t) => {
    const help = await start(['pretrain', '--use', method, '--method', 'align-uniform', '--help']).ended;
    assert.match(help.stdout, /uniformWeight=1/);
    const mistaken = await tandem(t, 'pretrain', images, '--use', method, '--method', 'align-uniforn');
    assert.equal(mistaken.code, 2);
    assert.match(mistaken.stderr, /Did you mean 'align-uniform'\?/);
    const wrong = await tandem(t, ...own, 'uniformWeigth=1');
    assert.match(wrong.stderr, /unknown setting 'uniformWeigth' for align-uniform. Did you mean 'uniformWeight'\?/);
    const dry = await tandem(t, ...own, '--dry-run');
    assert.equal(dry.code, 0, dry.stderr);
    assert.match(dry.stdout, /Nothing was written/);
  });

  test('is resumed bit for bit, from code and by the command line', async () => {
    const events = { data: images, use: method, method: 'align-uniform', ...settings };
    const whole = await pretrain({ ...events, out: at('code') });
    assert.deepEqual([whole.run, whole.interrupted, whole.metrics?.epoch], [at('code'), false, 2]);
    for (const [name, ending] of [
      ['cut', 'code'],
      ['cut2', 'line'],
    ] as const) {
      const controller = new AbortController();
      const { interrupted } = await pretrain({
        ...{ ...events, out: at(name), signal: controller.signal },
        onEvent: (event) => {
          if (event.kind === 'step' && event.step === 3) controller.abort();
        },
      });
      assert.equal(interrupted, true);
      // In a process that does not know the method yet.
      if (ending === 'line') assert.equal((await start(['resume', at(name)]).ended).code, 0);
      else for await (const event of resume(at(name))) assert.notEqual(event.kind, 'warning');
      assert.ok(tensorsOf(at(name)).equals(tensorsOf(at('code'))));
    }
  });

  test('whose file is gone or changed is not resumed, and one line says so', async (t) => {
    mkdirSync(at('node_modules'));
    for (const name of ['tandem-vision', 'tandem-torch']) {
      symlinkSync(join(repository, 'node_modules', name), join(at('node_modules'), name));
    }
    const file = at('mine.mjs');
    writeFileSync(file, readFileSync(method, 'utf8').replaceAll("'align-uniform'", "'mine'"));
    writeFileSync(
      at('config.json'),
      JSON.stringify({ images, use: ['mine.mjs'], method: 'mine', ...settings, epochs: 1 }),
    );
    const controller = new AbortController();
    controller.abort();
    const begun = await tandem(t, 'pretrain', '--config', at('config.json'), '--out', at('begun'));
    assert.equal(begun.code, 0, begun.stderr);
    writeFileSync(file, `${readFileSync(file, 'utf8')}\n// changed`);
    const changed = await tandem(t, 'resume', at('begun'));
    assert.match(changed.stderr, /was begun with --use .*mine\.mjs, which was changed since: put the former back/);
    rmSync(file);
    const gone = await tandem(t, 'resume', at('begun'));
    assert.match(gone.stderr, /was begun with --use .*mine\.mjs, which is gone: put it back/);
    for (const { code, stderr } of [changed, gone]) assert.deepEqual([code, stderr.trim().split('\n').length], [1, 1]);
  });

  test('a file that cannot be used is told in one line', async (t) => {
    writeFileSync(at('empty.mjs'), 'export const nothing = 1;');
    writeFileSync(at('torn.mjs'), 'export const = ;');
    writeFileSync(at('lost.mjs'), "import 'tandem-vision-of-old';");
    writeFileSync(at('typed.ts'), 'export const x: number = 1;');
    const readsTypes = 'typescript' in process.features && process.features.typescript;
    const files: [string, RegExp][] = [
      ['none.mjs', /--use .*none\.mjs: there is no such file$/],
      ['empty.mjs', /--use .*empty\.mjs: it exports nothing that defineMethod/],
      ['torn.mjs', /--use .*torn\.mjs cannot be loaded: /],
      ['lost.mjs', /--use .*lost\.mjs cannot be loaded: Cannot find package 'tandem-vision-of-old'/],
      ['typed.ts', readsTypes ? /exports nothing/ : /reads no TypeScript\. Use Node 22\.18 or later, or compile it/],
    ];
    for (const [name, message] of files) {
      const { code, stderr } = await tandem(t, 'pretrain', images, '--use', at(name));
      assert.equal(code, 1);
      assert.match(stderr.trim(), message);
    }
  });

  test('as short as forty lines', () => {
    const lines = readFileSync(join(dist, '..', 'align-uniform.ts'), 'utf8')
      .trim()
      .split('\n');
    assert.ok(lines.length <= 40, `${lines.length}`);
  });
});

test('a step of views of an example is named by a run, which is resumed with it', async (t) => {
  const words = ['--use', join(dist, 'cutout.js'), 'steps=cutout:share=0.3@jitter', '--method', 'simclr', ...small];
  const out = at('cutout');
  const { code, stderr } = await tandem(t, 'pretrain', images, ...words, 'saveSteps=3', '--out', out);
  assert.equal(code, 0, stderr);
  const { steps, tandem: begun } = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
  assert.equal(steps, 'cutout:share=0.3@jitter');
  assert.deepEqual(begun.views[0].steps, [{ name: 'cutout', after: 'jitter', options: { share: 0.3 } }]);
  rmSync(join(out, 'checkpoint', 'state.safetensors'));
  const whole = readFileSync(join(out, 'encoder', 'encoder.safetensors'));
  const resumed = await tandem(t, 'resume', out);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.ok(readFileSync(join(out, 'encoder', 'encoder.safetensors')).equals(whole));
});

describe('a backbone of an example', () => {
  const words = ['--use', backbone];

  test('is trained, saved and read again: knn, embed, export', async (t) => {
    const out = at('net');
    const trained = await tandem(
      t,
      ...['pretrain', images, ...words, '--backbone', 'plain-net', '--out', out, 'width=8', 'epochs=1', 'batch=16'],
      ...['method=simclr', 'projHidden=8', 'projDim=8'],
    );
    assert.equal(trained.code, 0, trained.stderr);
    assert.equal((await tandem(t, 'knn', out, images, ...words)).code, 0);
    const embedded = await tandem(t, 'embed', out, images, '--out', at('rows.npy'), ...words);
    assert.match(embedded.stdout, /8 features each/);
    const exported = await tandem(t, 'export', out, '--out', at('exported'), ...words);
    assert.equal(exported.code, 0, exported.stderr);
    for (const file of ['model.safetensors', 'onnx/model.onnx', 'onnx/model_quantized.onnx']) {
      assert.ok(existsSync(join(at('exported'), file)), file);
    }
    await use(backbone);
    using model = await load(at('exported'));
    assert.equal((await model.embed(join(images, 'red/0000.png'))).length, 8);
  });

  test('without its file one line says what is needed', async () => {
    // In a process of its own: here it is known already.
    const { code, stderr } = await start(['knn', at('net'), images]).ended;
    assert.equal(code, 1);
    assert.match(
      stderr,
      /unknown backbone 'plain-net'; there is .* One of one's own is known by its file: give that as --use$/m,
    );
  });

  test('in a width that it cannot have', async (t) => {
    const { code, stderr } = await tandem(t, 'pretrain', images, ...words, '--backbone', 'plain-net', 'width=7');
    assert.deepEqual([code, /width of plain-net must be a multiple of 2, got 7/.test(stderr)], [2, true]);
  });
});

test('pictures from a database are trained on, and turned into a vector', {
  skip: !process.getBuiltinModule?.('node:sqlite' as never) && 'this Node has no SQLite',
}, async () => {
  const { DatabaseSync } = await import('node:sqlite' as string);
  const file = at('pictures.sqlite');
  const database = new DatabaseSync(file);
  database.exec('CREATE TABLE pictures (name TEXT, label TEXT, bytes BLOB)');
  const insert = database.prepare('INSERT INTO pictures VALUES (?, ?, ?)');
  const source = await import('../../src/images/index.js');
  const { train } = await source.openImages(images);
  for (const [i, name] of (train.files ?? []).entries()) {
    insert.run(name, train.classes?.[train.labels?.[i] ?? 0], readFileSync(join(images, name)));
  }
  database.close();
  const { spawnSync } = await import('node:child_process');
  const ran = spawnSync(process.execPath, [join(dist, '..', 'sqlite.mjs'), file, at('database'), '1'], {
    encoding: 'utf8',
  });
  assert.equal(ran.status, 0, ran.stderr);
  assert.match(
    ran.stdout,
    /^epoch 1: loss [\d.]+\nk-NN [\d.]+, run folder .*database\nthe first picture is \d+ numbers\n$/,
  );
});
