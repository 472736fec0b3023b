import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import test, { after, before } from 'node:test';
import { io, manualSeed, type nn, noGrad, rand, scope } from 'tandem-torch';
import { features } from '../../src/evaluate/index.js';
import { openImages } from '../../src/images/index.js';
import { buildEncoder, type Encoder } from '../../src/networks/index.js';
import { evaluationView } from '../../src/views/index.js';
import { loadEncoder, saveEncoder } from '../../src/weights/index.js';
import { cosines, floats, least, run as runModel } from '../export/exporting.js';
import { pictures, start, tandem, temporary, tiny } from './running.js';

const root = temporary({ after });
const images = join(root, 'pictures');
const run = join(root, 'run');
const everything = [
  'README.md',
  'config.json',
  'model.safetensors',
  'onnx/model.onnx',
  'onnx/model_fp16.onnx',
  'onnx/model_quantized.onnx',
  'preprocessor_config.json',
];

before(async (t) => {
  await pictures(images, 40);
  const trained = await tandem(t as never, 'pretrain', images, '--epochs', '2', '--batch', '32', '--out', run, ...tiny);
  assert.equal(trained.code, 0, trained.stderr);
});

const filesIn = (folder: string) =>
  (readdirSync(folder, { recursive: true }) as string[]).filter((name) => /\.\w+$/.test(name)).sort();
const json = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8'));

test('a run becomes a folder that says how to feed it, and what it is worth', async (t) => {
  const out = join(root, 'made', 'my-encoder');
  const { code, stdout, stderr } = await tandem(t, 'export', run, '--out', out, '--json');
  assert.equal(code, 0, stderr);
  const { files, quantized } = JSON.parse(stdout);
  assert.deepEqual(files.sort(), everything);
  assert.deepEqual(filesIn(out), everything);
  assert.deepEqual(readdirSync(join(root, 'made')), ['my-encoder'], 'nothing beside it');
  assert.equal(quantized.accuracy.queries, 8);
  assert.ok(quantized.cosine > 0.99);

  const { card } = loadEncoder(join(run, 'encoder', 'encoder.safetensors'));
  const config = json(out, 'config.json');
  assert.deepEqual(
    [
      config.model_type,
      config.layer_type,
      config.depths,
      config.hidden_sizes,
      config.embedding_size,
      config.num_channels,
    ],
    ['resnet', 'basic', [1, 1, 1, 1], [4, 8, 16, 32], 4, 3],
  );
  assert.deepEqual(config.tandem, card);
  assert.equal(config['transformers.js_config'], undefined, 'the quantized model is there for WebAssembly');
  const preparation = json(out, 'preprocessor_config.json');
  assert.deepEqual([preparation.size, preparation.crop_size], [{ shortest_edge: 32 }, { height: 32, width: 32 }]);
  assert.deepEqual([preparation.image_mean, preparation.image_std], [card.mean, card.std]);

  const readme = readFileSync(join(out, 'README.md'), 'utf8');
  assert.match(
    readme,
    /^---\nlibrary_name: transformers\.js\npipeline_tag: image-feature-extraction\ntags: \[.*"clbo".*\n/,
  );
  assert.match(readme, /learned by clbo from pictures without labels: resnet10 of width 4/);
  // The queries are of two classes of one size.
  assert.match(readme, /\| k-NN \| pictures \| k 1, after epoch 2 \| [\d.]+ % \| 50\.00 % \|/);
  assert.match(readme, /Nearest neighbour of 8 queries in a reference set of 72: float32 [\d.]+ %, quantized [\d.]+ %/);
  assert.match(readme, /\| epochs \| 2 \|/);
  assert.ok(!readme.includes(root), 'no path of this machine');

  const { train } = await openImages(images, { size: 32 });
  const view = evaluationView(card);
  const own = scope(() =>
    floats(features(loadEncoder(join(out, 'model.safetensors')).encoder, train, { view, device: 'cpu' })),
  );
  const kept = scope(() =>
    floats(features(loadEncoder(join(run, 'encoder', 'encoder.safetensors')).encoder, train, { view, device: 'cpu' })),
  );
  assert.deepEqual(own, kept);
});

test('evaluations of the run stand in the card, in place of k-NN while it learned', async (t) => {
  assert.equal((await tandem(t, 'knn', run, images, '--encoder', 'kept', '--k', '3')).code, 0);
  const out = join(root, 'evaluated');
  assert.equal((await tandem(t, 'export', run, '--out', out, '--no-quantized')).code, 0);
  const readme = readFileSync(join(out, 'README.md'), 'utf8');
  assert.match(
    readme,
    /\| k-NN \| pictures \| k 3, temperature 0\.1, reference set 72, queries 8 \| [\d.]+ % \| 50\.00 % \|/,
  );
  assert.ok(!readme.includes('after epoch'));
  assert.match(readme, /name: "k-NN", value: [\d.]+ \}/);
  rmSync(join(run, 'evaluations.jsonl'));
});

test('an encoder alone: calibrated with images that are named; without them no quantized model, and config.json says so to transformers.js', async (t) => {
  const file = join(root, 'alone.safetensors');
  copyFileSync(join(run, 'encoder', 'encoder.safetensors'), file);
  const bare = await tandem(t, 'export', file, '--out', join(root, 'bare'));
  assert.equal(bare.code, 0, bare.stderr);
  assert.match(bare.stderr, /no quantized model: there are no images to calibrate it with; name some with --images/);
  assert.deepEqual(
    filesIn(join(root, 'bare')),
    everything.filter((name) => !name.includes('quantized')),
  );
  assert.deepEqual(json(root, 'bare', 'config.json')['transformers.js_config'], { dtype: 'fp32' });
  assert.match(readFileSync(join(root, 'bare', 'README.md'), 'utf8'), /There is none: there are no images/);

  const flat = await pictures(join(root, 'unlabelled'), 12, ['green']);
  const fed = await tandem(t, 'export', file, '--out', join(root, 'fed'), '--images', flat);
  assert.equal(fed.code, 0, fed.stderr);
  assert.deepEqual(filesIn(join(root, 'fed')), everything);
  assert.match(
    readFileSync(join(root, 'fed', 'README.md'), 'utf8'),
    /accuracy was not measured, as there were no labels/,
  );
});

test('images of the run that are gone leave the quantized model out; images that were asked for are an error', async (t) => {
  const moved = join(root, 'moved');
  mkdirSync(join(moved, 'encoder'), { recursive: true });
  for (const name of ['config.json', 'metrics.jsonl', 'encoder/encoder.safetensors'])
    copyFileSync(join(run, name), join(moved, name));
  const config = json(moved, 'config.json');
  writeFileSync(join(moved, 'config.json'), JSON.stringify({ ...config, images: join(root, 'gone') }));
  const left = await tandem(t, 'export', moved, '--out', join(root, 'left'));
  assert.equal(left.code, 0, left.stderr);
  assert.match(left.stderr, /the run's images cannot be opened \(.*gone: no such folder/);
  const asked = await tandem(t, 'export', moved, '--out', join(root, 'asked'), '--images', join(root, 'gone'));
  assert.equal(asked.code, 1);
  assert.match(asked.stderr, /gone: no such folder or archive/);
  assert.ok(!existsSync(join(root, 'asked')));
});

test('a quantized model that loses more than 2 points, or without labels a cosine below 0.95, is left out, unless --allow-loss', async (t) => {
  // One channel is so large that in 256 steps of it nothing of the others is left, and the network
  // does not look at it.
  manualSeed(0);
  const architecture = { backbone: 'resnet8', width: 4, stem: 'strided', channels: 3 } as const;
  const encoder = buildEncoder(architecture) as ReturnType<typeof buildEncoder> & {
    bn1: nn.BatchNorm2d;
    layer1: nn.Sequential;
  };
  const file = join(root, 'fragile.safetensors');
  scope(() =>
    noGrad(() => {
      encoder.bn1.bias?.narrow(0, 0, 1).fill_(3e4);
      for (const [name, x] of encoder.namedParameters()) {
        if (/^layer1\.0\.conv1/.test(name)) x.narrow(1, 0, 1).zero_();
        if (/^layer2\.0\.(conv1|downsample\.0)/.test(name)) x.narrow(1, 0, 1).zero_();
      }
    }),
  );
  saveEncoder(file, encoder, { architecture, size: 32, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] });
  const refused = await tandem(t, 'export', file, '--out', join(root, 'refused'), '--images', images, '--json');
  assert.equal(refused.code, 0, refused.stderr);
  assert.match(
    refused.stderr,
    /no quantized model: it loses more than 2 points of accuracy \(nearest neighbour: 100\.00 %, quantized \d/,
  );
  assert.match(JSON.parse(refused.stdout).quantized.left, /loses more than 2 points/);
  assert.ok(!existsSync(join(root, 'refused', 'onnx', 'model_quantized.onnx')));
  const allowed = await tandem(
    t,
    'export',
    file,
    '--out',
    join(root, 'allowed'),
    '--images',
    images,
    '--allow-loss',
    '--json',
  );
  const { accuracy } = JSON.parse(allowed.stdout).quantized;
  assert.equal(accuracy.float32, 1);
  assert.ok(accuracy.quantized < 0.98);

  const unlabelled = await pictures(join(root, 'fragile-unlabelled'), 12, ['green']);
  const argv = (out: string) => ['export', file, '--out', join(root, out), '--images', unlabelled, '--json'];
  const apart = await tandem(t, ...argv('apart'));
  assert.equal(apart.code, 0, apart.stderr);
  assert.match(
    JSON.parse(apart.stdout).quantized.left,
    /differ too much from the float32 model's \(mean cosine 0\.\d\d, .*no labels.*--allow-loss keeps it/,
  );
  assert.ok(!existsSync(join(root, 'apart', 'onnx', 'model_quantized.onnx')));
  const kept = JSON.parse((await tandem(t, ...argv('kept'), '--allow-loss')).stdout).quantized;
  assert.ok(kept.cosine < 0.95 && existsSync(join(root, 'kept', 'onnx', 'model_quantized.onnx')), kept.cosine);

  scope(() => noGrad(() => void encoder.bn1.bias?.narrow(0, 0, 1).fill_(1e6)));
  saveEncoder(file, encoder, { architecture, size: 32, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] });
  const large = await tandem(t, 'export', file, '--out', join(root, 'large'), '--no-quantized');
  assert.match(large.stderr, /no float16 model: stem\.conv\.bias has weights too large for it/);
  assert.ok(!existsSync(join(root, 'large', 'onnx', 'model_fp16.onnx')));
  assert.ok(existsSync(join(root, 'allowed', 'onnx', 'model_quantized.onnx')));
});

test('an encoder of gray images takes colour ones in ONNX, and gives for gray what it gave', async (t) => {
  manualSeed(0);
  const architecture = { backbone: 'resnet8', width: 8, stem: 'small', channels: 1 } as const;
  const file = join(root, 'gray.safetensors');
  const encoder = buildEncoder(architecture);
  saveEncoder(file, encoder, { architecture, size: 28, mean: [0.286], std: [0.353] });
  const out = join(root, 'gray');
  assert.equal((await tandem(t, 'export', file, '--out', out)).code, 0);
  assert.deepEqual(json(out, 'preprocessor_config.json').image_mean, [0.286, 0.286, 0.286]);
  assert.equal(loadEncoder(join(out, 'model.safetensors')).card.architecture.channels, 1);
  const gray = Float32Array.from({ length: 28 * 28 }, (_, i) => Math.sin(i));
  const { pooled } = await runModel(
    join(out, 'onnx', 'model.onnx'),
    Float32Array.of(...gray, ...gray, ...gray),
    [1, 3, 28, 28],
  );
  const { tensor } = await import('tandem-torch');
  const own = scope(() => noGrad(() => floats(encoder.eval().forward(tensor(gray, { shape: [1, 1, 28, 28] })))));
  assert.ok(least(cosines(own, pooled.data as Float32Array, 32)) > 0.999999);
});

test('networks that are no real ResNets are written under no name of other libraries', async (t) => {
  manualSeed(0);
  const architectures = [
    { backbone: 'react-resnet8', width: 8, stem: 'small', channels: 1 },
    { backbone: 'vit-micro', width: 32, depth: 2, patch: 4, size: 28, channels: 1 },
    { backbone: 'resnet8', width: 8, stem: 'small', channels: 1, sk: true },
    { backbone: 'resnet10', width: 8, stem: 'small', channels: 1, pool: 2 },
  ] as const;
  for (const architecture of architectures) {
    const { backbone } = architecture;
    const family = backbone.replace(/^resnet\d+/, 'resnet');
    const file = join(root, `${backbone}.safetensors`);
    const encoder = buildEncoder(architecture).eval() as Encoder;
    const card = { architecture, size: 28, mean: [0.286], std: [0.353] };
    saveEncoder(file, encoder, card);
    const out = join(root, backbone);
    const isViT = backbone === 'vit-micro';
    // Nothing is opened to calibrate a model that there is not.
    const images = isViT ? ['--images', join(root, 'gone')] : [];
    const { code, stderr } = await tandem(t, 'export', file, '--out', out, ...images);
    assert.equal(code, 0, stderr);
    const reason = isViT ? 'transformers have none in 8 bits so far' : 'there are no images to calibrate it with';
    assert.ok(stderr.includes(`no quantized model: ${reason}`), stderr);
    assert.deepEqual(filesIn(join(out, 'onnx')), ['model.onnx', 'model_fp16.onnx']);
    const config = json(out, 'config.json');
    assert.deepEqual(
      [config.model_type, config.num_channels, config.hidden_size, config.tandem, config['transformers.js_config']],
      [undefined, 3, encoder.featureWidth, card, { dtype: 'fp32' }],
    );
    const readme = readFileSync(join(out, 'README.md'), 'utf8');
    assert.match(readme, new RegExp(`library_name: transformers.js\n[^]*"${family}", "onnx", "tandem"\\]`));
    assert.match(
      readme,
      isViT || 'pool' in architecture ? /\[batch, 3, 28, 28\], of no other size/ : /\[batch, 3, height, width\]/,
    );
    assert.ok(!/undefined|torchvision/.test(readme), readme);

    const x = rand([2, 1, 28, 28]);
    const own = scope(() => noGrad(() => floats(encoder.forward(x))));
    const { pooled } = await runModel(
      join(out, 'onnx', 'model.onnx'),
      floats(x.expand([2, 3, 28, 28])),
      [2, 3, 28, 28],
    );
    assert.ok(least(cosines(own, pooled.data as Float32Array, encoder.featureWidth)) > 0.999999);
    const again = loadEncoder(join(out, 'model.safetensors'));
    assert.deepEqual(again.card, card);
    assert.deepEqual(
      scope(() => noGrad(() => floats(again.encoder.eval().forward(x)))),
      own,
    );
  }
});

test('what cannot be exported is reported in one line, and nothing is written', async (t) => {
  const file = join(root, 'good.safetensors');
  copyFileSync(join(run, 'encoder', 'encoder.safetensors'), file);
  const { tensors, metadata } = io.loadSafetensors(file);
  const saved = (name: string, change: (own: Record<string, unknown>) => object) => {
    const path = join(root, name);
    io.saveSafetensors(path, tensors, { tandem: JSON.stringify(change(JSON.parse(metadata.tandem as string))) });
    return path;
  };
  const full = join(root, 'full');
  mkdirSync(full);
  writeFileSync(join(full, 'mine.txt'), 'mine');
  const young = join(root, 'young');
  mkdirSync(young);
  writeFileSync(join(young, 'config.json'), '{}');
  const free = join(root, 'free');
  const cases: [string[], number, RegExp][] = [
    [[young, '--out', free], 1, /young: no encoder\/encoder\.safetensors in it; has the run finished an epoch\?/],
    [[join(root, 'none'), '--out', free], 1, /none: there is no such run folder or encoder file/],
    [[file, '--out', full], 1, /full exists already and is never overwritten; give another --out/],
    [[file, '--out', join(full, 'mine.txt')], 1, /mine\.txt exists already/],
    [[file, '--out', ''], 2, /--out must name a folder/],
    [[file], 2, /required option '--out <folder>'/],
    [
      [
        saved('odd', (own) => ({ ...own, architecture: { ...(own.architecture as object), backbone: 'resnet81' } })),
        '--out',
        free,
      ],
      1,
      /unknown backbone 'resnet81'; there is .* Did you mean 'resnet101'\?/,
    ],
    [
      [saved('later', (own) => ({ ...own, format: 2 })), '--out', free],
      1,
      /later: was saved by another version of Tandem \(format 2; this one reads 1\)/,
    ],
    [[join(run, 'checkpoint', 'state.safetensors'), '--out', free], 1, /state\.safetensors: a checkpoint of a run/],
    [[file, '--out', free, '--encoder', 'teacher'], 2, /--encoder teacher needs a run folder/],
    [[file, '--out', '/proc/nowhere/at-all'], 1, /at-all cannot be written: /],
  ];
  for (const [argv, code, reason] of cases) {
    const before = readdirSync(root).sort();
    const outcome = await tandem(t, 'export', ...argv);
    assert.match(outcome.stderr, reason);
    assert.equal(outcome.code, code, argv.join(' '));
    assert.equal(outcome.stdout, '');
    assert.equal(outcome.stderr.trim().split('\n').length, 1, outcome.stderr);
    assert.deepEqual(readdirSync(root).sort(), before);
  }
  assert.deepEqual(readdirSync(full), ['mine.txt']);
});

test('an empty folder is filled; ended in the middle nothing is there', async (t) => {
  const out = join(root, 'empty');
  mkdirSync(out);
  assert.equal((await tandem(t, 'export', run, '--out', out, '--no-quantized')).code, 0);
  assert.ok(existsSync(join(out, 'README.md')));
  const many = await pictures(join(root, 'many'), 600);
  const cut = join(root, 'cut');
  const child = start(['export', run, '--out', cut, '--images', many]);
  await child.says('calibrating');
  child.process.kill('SIGINT');
  const { code } = await child.ended;
  assert.equal(code, 130);
  assert.ok(!readdirSync(root).some((name) => name.startsWith(basename(cut))));
});
