// `npm run test:gpu` and `npm run bench:gpu`: builds against the torch of python3 (or LIBTORCH),
// and runs the tests that take a device, or the bench, on its GPU. Ends with one line and code 1
// where there is none.

import { join } from 'node:path';
import { findLibtorch } from '../packages/torch/setup/libtorch.mjs';
import { Failure, root, run, runMain } from './run.mjs';

const tests = [
  'torch/dist/test/operators',
  'torch/dist/test/layers',
  'torch/dist/test/optim',
  'gradcheck',
  'test/device',
  'views/resident',
];

await runMain(async () => {
  const libtorch = findLibtorch();
  if (libtorch === null || libtorch.cuda === null) {
    throw new Failure('No GPU: no libtorch with CUDA was found.', {
      cure: 'Install torch for the python3 on PATH, or set LIBTORCH; then try again.',
    });
  }
  await mustRun('scripts/setup.mjs');
  const engine = join(root, 'packages/torch/dist/src/index.js');
  const question = `const t = await import(${JSON.stringify(engine)}); console.log(JSON.stringify(t.capabilities().cudaDevices))`;
  const { code, output } = await run(process.execPath, ['--input-type=module', '-e', question]);
  if (code !== 0 || Number(output.trim()) < 1) {
    throw new Failure(`No GPU: libtorch ${libtorch.version} with CUDA ${libtorch.cuda} sees none here.`, {
      cure: 'Is the driver installed, and new enough for that CUDA? `nvidia-smi` tells.',
    });
  }
  if (process.argv[2] === 'bench') await mustRun('bench/dist/main.js', 'gpu');
  else await mustRun('scripts/test.mjs', ...tests);
});

/** @param {string} script @param {string[]} argv */
async function mustRun(script, ...argv) {
  const env = { TANDEM_TEST_DEVICE: 'cuda' };
  const { code } = await run(process.execPath, [join(root, script), ...argv], { env, show: true });
  if (code !== 0) throw new Failure(`${script} failed.`);
}
