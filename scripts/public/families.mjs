// The table of public models in docs/reference/networks.md, by doing what it says: networks that
// other libraries saved with random weights are read here, trained for an epoch, saved, exported,
// and read back by those libraries and by transformers.js.
//
//   node scripts/public/families.mjs [--write] [--only WORD] [--keep FOLDER]
//
// What lies in the folder that is kept is not done again. TANDEM_PEER_PYTHON names a Python that
// holds timm, transformers, torchvision and safetensors. Ends with 1 where a difference is above
// 1e-5 of the vectors' deviation.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as ort from 'onnxruntime-web';
import sharp from 'sharp';
import { noGrad, scope, tensor } from 'tandem-torch';
import { exportEncoder, findEncoder, loadEncoder, pretrain } from 'tandem-vision';

const { values } = parseArgs({
  options: { write: { type: 'boolean' }, only: { type: 'string', default: '' }, keep: { type: 'string' } },
});
const python = process.env.TANDEM_PEER_PYTHON ?? 'python3';
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const page = here('../../docs/reference/networks.md');
const libraries = ['timm', 'huggingface', 'torchvision'];

// transformers.js takes the ONNX Runtime that it finds under this name.
globalThis[Symbol.for('onnxruntime')] = { InferenceSession: ort.InferenceSession, Tensor: ort.Tensor };
ort.env.wasm.numThreads = 1; // more would keep the process alive
const { env, AutoModel, Tensor: foreignTensor } = await import('@huggingface/transformers');

function runPython(script, ...args) {
  const { status, stdout, stderr } = spawnSync(python, ['-B', here(script), ...args], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) console.error(`${script} failed:\n${stdout}${stderr}`);
  if (status !== 0) process.exitCode = 1;
  return stdout;
}

/** Pictures of two colours, in two classes. */
async function pictures(folder) {
  for (let i = 0; i < 40; i++) {
    const to = join(folder, i % 2 === 0 ? 'warm' : 'cold');
    mkdirSync(to, { recursive: true });
    const background = i % 2 === 0 ? { r: 255 - 3 * i, g: 2 * i, b: 40 } : { r: 30, g: 3 * i, b: 255 - 2 * i };
    await sharp({ create: { width: 64, height: 64, channels: 3, background } })
      .png()
      .toFile(join(to, `${i}.png`));
  }
}

/** The largest difference, in parts of the wanted numbers' deviation. */
function apart(found, wanted) {
  const mean = wanted.reduce((sum, x) => sum + x, 0) / wanted.length;
  const deviation = Math.sqrt(wanted.reduce((sum, x) => sum + (x - mean) ** 2, 0) / wanted.length);
  if (found.length !== wanted.length) return Number.POSITIVE_INFINITY;
  return Math.max(...found.map((x, i) => Math.abs(x - wanted[i]))) / deviation;
}

function vectorsOf(file, { pixels, size }) {
  const { encoder, card, note } = loadEncoder(findEncoder(file));
  const vectors = scope(() =>
    noGrad(() =>
      Array.from(
        encoder
          .eval()
          .forward(tensor(pixels, { shape: [2, 3, size, size] }))
          .data(),
        Number,
      ),
    ),
  );
  encoder.dispose();
  return { vectors, card, note };
}

/** What transformers.js makes of an exported folder. */
async function inTransformersJs(root, name, { pixels, size }) {
  env.localModelPath = root;
  env.allowRemoteModels = false;
  const model = await AutoModel.from_pretrained(name, { dtype: 'fp32', device: 'auto' });
  const out = await model({
    pixel_values: new foreignTensor('float32', Float32Array.from(pixels), [2, 3, size, size]),
  });
  await model.dispose();
  return Array.from(out.pooler_output.data);
}

async function follow(folder, images) {
  const done = join(folder, 'row.json');
  if (existsSync(done)) return JSON.parse(readFileSync(done, 'utf8'));
  const told = JSON.parse(readFileSync(join(folder, 'told.json'), 'utf8'));
  const [only] = readdirSync(join(folder, 'source')).filter((file) => /\.(pth|safetensors)$/.test(file));
  const file = join(folder, 'source', only);
  const { vectors, card, note } = vectorsOf(file, told);
  const { name, family, library } = told;
  const row = { name, family, library, note, read: apart(vectors, told.vectors) };
  const run = join(folder, 'run');
  rmSync(run, { recursive: true, force: true }); // of a program that was ended
  const { metrics } = await pretrain({
    ...{ data: images, method: 'simsiam', backbone: card.architecture.backbone, initFrom: file, out: run },
    ...{ epochs: 1, batch: 16, size: told.size, lr: 0.01, projHidden: 32, projDim: 32, predHidden: 16, knnEvery: 0 },
  });
  row.loss = metrics?.loss;
  const trained = vectorsOf(run, told);
  row.moved = apart(trained.vectors, vectors);
  writeFileSync(join(folder, 'vectors.json'), JSON.stringify({ ...told, vectors: trained.vectors }));
  row.refused = {};
  for (const layout of [...libraries, undefined]) {
    const out = join(folder, layout ?? 'onnx');
    rmSync(out, { recursive: true, force: true });
    try {
      await exportEncoder({ encoder: run, out, quantized: false, ...(layout && { layout }) });
    } catch (error) {
      row.refused[layout ?? 'onnx'] = error.message;
      rmSync(out, { recursive: true, force: true });
    }
  }
  const js = existsSync(join(folder, 'huggingface', 'onnx')) ? 'huggingface' : 'onnx';
  row.js = apart(await inTransformersJs(folder, js, told), trained.vectors);
  writeFileSync(done, JSON.stringify(row));
  return row;
}

const cell = (x) => (x === undefined ? '–' : x === 0 ? '0' : Number.isFinite(x) ? x.toExponential(0) : 'fails');
const root = values.keep ?? mkdtempSync(join(tmpdir(), 'tandem-families-'));
try {
  mkdirSync(root, { recursive: true });
  const images = join(root, 'images');
  if (!existsSync(images)) await pictures(images);
  const models = join(root, 'models');
  process.stdout.write(runPython('families.py', models, values.only));
  const rows = [];
  for (const name of readdirSync(models)) {
    try {
      rows.push(await follow(join(models, name), images));
      const { read, loss, js } = rows.at(-1);
      console.log(`${name}: read ${cell(read)}, loss ${loss}, transformers.js ${cell(js)}`);
    } catch (error) {
      console.error(`${name}: ${error.stack}`);
      process.exitCode = 1;
    }
  }
  const back = Object.fromEntries(
    runPython('../fixtures/public/layouts.py', models)
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/))
      .map(([name, library, difference]) => [`${name} ${library}`, Number(difference)]),
  );
  const order = { resnet: 0, convnext: 1, vit: 2 };
  rows.sort((a, b) => order[a.family] - order[b.family] || a.name.localeCompare(b.name));
  const backOf = (row) => {
    const name = row.name.replace(/[^a-z0-9]/gi, '-').toLowerCase();
    return libraries.map((library) => back[`${name} ${library}`]);
  };
  const lines = rows.map(({ library, ...row }) => {
    const own = library === 'its authors' || library === 'its converter' ? ` (${library})` : '';
    return `| ${[`${row.name}${own}`, cell(row.read), row.loss.toFixed(2), cell(row.js), ...backOf(row).map(cell)].join(' | ')} |`;
  });
  const head = [
    '| saved by | read | loss of an epoch | transformers.js | timm | transformers | torchvision |',
    '|---|--:|--:|--:|--:|--:|--:|',
  ];
  const table = [...head, ...lines].join('\n');
  console.log(table);
  if (values.write) {
    const marks = /(<!-- families -->\n)[\s\S]*?(<!-- end of families -->)/;
    const text = readFileSync(page, 'utf8');
    if (!marks.test(text)) throw new Error(`${page} has no place for the table`);
    writeFileSync(page, text.replace(marks, `$1\n${table}\n\n$2`));
  }
  const differences = rows.flatMap((row) => [row.read, row.js, ...backOf(row).filter((x) => x !== undefined)]);
  const isFine =
    differences.every((x) => x < 1e-5) && rows.every(({ loss, moved }) => Number.isFinite(loss) && moved > 0);
  if (!isFine) process.exitCode = 1;
} finally {
  if (values.keep === undefined) rmSync(root, { recursive: true, force: true });
}
