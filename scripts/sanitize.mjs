// `npm run test:sanitize`: the engine's tests on an addon that checks itself for bad use of memory
// and undefined behaviour. Its build lies in a folder of its own. Words choose tests, as for
// `npm test`. Needs g++ on Linux.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from '../packages/torch/setup/compile.mjs';
import { compilerCommand, findCompiler } from '../packages/torch/setup/compiler.mjs';
import { findLibtorch } from '../packages/torch/setup/libtorch.mjs';
import { Failure, root, run, runMain } from './run.mjs';

const build = join(root, 'packages/torch/build/sanitize');
const reports = join(build, 'reports');

/** The engine's, and those of views, which have operators of their own in the addon. */
const tests = ['torch/dist/test/', 'tandem/dist/test/views/'];

const flags = [
  '-O1',
  '-g',
  '-fno-omit-frame-pointer',
  '-fsanitize=address,undefined',
  // Undefined behaviour ends the process too, so that its test fails.
  '-fno-sanitize-recover=undefined',
  // Both stand in front of the same functions of the C library.
  '-U_FORTIFY_SOURCE',
];

const cure = 'Run `npm run setup`.';

await runMain(async () => {
  const runtimes = await Promise.all(['libasan.so', 'libubsan.so'].map(runtimeOf));
  const [libtorch, compiler] = [findLibtorch(), await findCompiler()];
  if (libtorch === null || compiler === null) throw new Failure('The engine is not set up.', { cure });
  await compile(libtorch, compiler, { build, flags });
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports);
  // Reports go to files: the tests compare what their processes write.
  const env = {
    TANDEM_ADDON: join(build, 'tandem_torch.node'),
    LD_PRELOAD: runtimes.join(' '),
    // libtorch and Node keep much to the end of the process. One that asks for more memory than
    // there is gets none, as without the sanitizer: tests do.
    ASAN_OPTIONS: `log_path=${join(reports, 'report')}:detect_leaks=0:allocator_may_return_null=1`,
    UBSAN_OPTIONS: 'print_stacktrace=1',
  };
  const words = process.argv.length > 2 ? process.argv.slice(2) : tests;
  const { code } = await run(process.execPath, [join(root, 'scripts/test.mjs'), ...words], { env, show: true });
  // What else stands in the files are warnings of memory that could not be had.
  const found = readdirSync(reports)
    .map((name) => readFileSync(join(reports, name), 'utf8'))
    .filter((report) => report.includes('ERROR: '));
  for (const report of found) console.log(report);
  if (code !== 0 || found.length > 0) throw new Failure('The engine is not clean under sanitizers.');
  console.log('The engine is clean under sanitizers.');
});

/** @param {string} name @returns {Promise<string>} the path of a sanitizer's library */
async function runtimeOf(name) {
  const [command, ...first] = compilerCommand() ?? [];
  if (command === undefined) throw new Failure('No C++ compiler was found.', { cure });
  const { output } = await run(command, [...first, `-print-file-name=${name}`]);
  // Where there is none the compiler repeats the name.
  if (!existsSync(output.trim())) {
    throw new Failure(`${command} has no ${name} here.`, { cure: 'Use g++ on Linux, named in CXX if need be.' });
  }
  return output.trim();
}
