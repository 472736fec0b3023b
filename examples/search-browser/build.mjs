// Puts the page, an exported encoder and ONNX Runtime into one folder that any static server
// serves: node examples/search-browser/build.mjs <folder of tandem export> <new folder> [--float32]

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const [encoder, out, ...flags] = process.argv.slice(2);

/** @param {string} text */
function stop(text) {
  console.error(text);
  process.exit(1);
}

if (!encoder || !out)
  stop('usage: node examples/search-browser/build.mjs <folder of tandem export> <new folder> [--float32]');
if (!existsSync(join(encoder, 'preprocessor_config.json'))) stop(`${encoder} is no folder that tandem export wrote`);
if (!existsSync(join(here, 'dist', 'page.js'))) stop('the page is not compiled yet: npm run build');
if (existsSync(out) && readdirSync(out).length > 0) stop(`${out} exists already and is not empty`);

const quantized = join('onnx', 'model_quantized.onnx');
const model =
  !flags.includes('--float32') && existsSync(join(encoder, quantized)) ? quantized : join('onnx', 'model.onnx');
const { crop_size, image_mean, image_std } = JSON.parse(
  readFileSync(join(encoder, 'preprocessor_config.json'), 'utf8'),
);
const runtime = dirname(createRequire(import.meta.url).resolve('onnxruntime-web/wasm'));

mkdirSync(out, { recursive: true });
for (const name of ['index.html', 'style.css']) cpSync(join(here, name), join(out, name));
for (const name of readdirSync(join(here, 'dist')).filter((name) => name.endsWith('.js')))
  cpSync(join(here, 'dist', name), join(out, name));
for (const name of ['ort.wasm.min.mjs', 'ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'])
  cpSync(join(runtime, name), join(out, name));
cpSync(join(encoder, model), join(out, 'model.onnx'));
const settings = { file: 'model.onnx', size: crop_size.width, mean: image_mean, std: image_std };
writeFileSync(join(out, 'model.json'), JSON.stringify(settings));
console.log(
  `${out}: serve it with any static server, such as \`python3 -m http.server -d ${out}\` or \`npx serve ${out}\``,
);
