import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkVersion, describe, findLibtorch, type Libtorch } from '../../setup/libtorch.mjs';
import { temporaryFolder, writeAll } from './running.js';

const suffix = process.platform === 'darwin' ? 'dylib' : 'so';

/** A folder that looks like a libtorch. */
function pretended(more: Readonly<Record<string, string>> = {}): string {
  const folder = temporaryFolder();
  writeAll(folder, {
    'include/ATen/core/dispatch/Dispatcher.h': '',
    [`lib/libtorch_cpu.${suffix}`]: '',
    [`lib/libtorch.${suffix}`]: '',
    [`lib/libc10.${suffix}`]: 'of a new build',
    'build-version': '2.4.1+cpu\n',
    ...more,
  });
  return folder;
}

test('a libtorch is told by its files: version, ABI, CUDA, what to link', () => {
  const root = pretended();
  const found = describe(root, 'LIBTORCH');
  assert.equal(found?.version, '2.4.1');
  assert.equal(found.cuda, null);
  assert.equal(found.cxx11Abi, true);
  assert.deepEqual(found.libraries, ['torch', 'torch_cpu', 'c10']);
  assert.deepEqual(found.lib, [join(root, 'lib')]);
});

test('a Python wheel of CUDA is told by its own files', () => {
  const root = pretended({
    'version.py': "__version__ = '2.9.0+cu128'\ncuda: Optional[str] = '12.8'\n",
    [`lib/libtorch_cuda.${suffix}`]: '',
  });
  const found = describe(root, 'python3');
  assert.equal(found?.version, '2.9.0');
  assert.equal(found.cuda, '12.8');
  assert.deepEqual(found.libraries, ['torch', 'torch_cpu', 'c10', 'torch_cuda', 'c10_cuda']);
});

test('the old ABI of std::string is told by a symbol', { skip: process.platform !== 'linux' && 'Linux only' }, () => {
  const root = pretended({ 'lib/libc10.so': '\0_ZN3c105ErrorC2ENS_14SourceLocationESs\0' });
  assert.equal(describe(root, 'LIBTORCH')?.cxx11Abi, false);
});

test('a folder that is none is refused, by name', () => {
  assert.equal(describe(temporaryFolder(), 'LIBTORCH'), null);
  assert.throws(() => findLibtorch('/nowhere/at/all'), {
    message: /^\/nowhere\/at\/all is no libtorch: it has no include/,
  });
});

test('LIBTORCH comes first, and a wrong one is an error rather than passed over', () => {
  const before = process.env.LIBTORCH;
  try {
    process.env.LIBTORCH = pretended();
    assert.equal(findLibtorch()?.version, '2.4.1');
    process.env.LIBTORCH = '/nowhere';
    assert.throws(() => findLibtorch(), { message: /^LIBTORCH=\/nowhere is no libtorch/ });
  } finally {
    if (before === undefined) delete process.env.LIBTORCH;
    else process.env.LIBTORCH = before;
  }
});

test('versions before 1.13 are too old; one that the files do not tell is tried', () => {
  const of = (version: string): Libtorch => ({ ...(describe(pretended(), 'LIBTORCH') as Libtorch), version });
  for (const version of ['1.12.1', '0.4.0']) {
    assert.throws(() => checkVersion(of(version)), { message: new RegExp(`libtorch ${version} in .* is too old`) });
  }
  for (const version of ['1.13.0', '2.0.0', 'unknown']) checkVersion(of(version));
});
