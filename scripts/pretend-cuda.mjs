// Compiles the pretended GPU of packages/torch/test/native, with which tests look for what would
// fail on a real one, and prints where it lies. Does nothing where that is newer than its source
// and the engine.

import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compileFlags, findCompiler, headerFlags, linkFlags } from '../packages/torch/setup/compiler.mjs';
import { findLibtorch } from '../packages/torch/setup/libtorch.mjs';
import { Failure, isMain, root, run, runMain } from './run.mjs';

const source = join(root, 'packages/torch/test/native/pretend-cuda.cc');
const engine = join(root, 'packages/torch/build/tandem_torch.node');
const target = join(root, 'packages/torch/build/pretend_cuda.node');

/** @returns {Promise<string | null>} its file; null where libtorch has CUDA of its own */
export async function pretendCuda() {
  const libtorch = findLibtorch();
  const compiler = await findCompiler();
  if (libtorch === null || compiler === null || libtorch.cuda !== null) return null;
  const changed = (/** @type {string} */ file) => statSync(file).mtimeMs;
  if (existsSync(target) && changed(target) > Math.max(changed(source), changed(engine))) return target;
  const { command, first } = compiler;
  const part = `${target}.${process.pid}`;
  mkdirSync(dirname(target), { recursive: true });
  const flags = [...compileFlags(libtorch, compiler), ...headerFlags(libtorch), '-O1'];
  const all = [...first, ...flags, source, '-o', part, ...linkFlags(libtorch, dirname(target))];
  const { code, output } = await run(command, all);
  if (code !== 0) throw new Failure('The pretended GPU does not compile.', { output });
  renameSync(part, target);
  return target;
}

if (isMain(import.meta.url)) await runMain(async () => console.log((await pretendCuda()) ?? ''));
