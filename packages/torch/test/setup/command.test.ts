import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder, writeAll } from './running.js';

const main = fileURLToPath(new URL('../../setup/main.mjs', import.meta.url));

/** `tandem-torch ...` without any package manager or compiler on PATH. */
function tandemTorch(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    env: { PATH: temporaryFolder(), HOME: temporaryFolder(), ...env },
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
}

test('wrong usage exits with 2 and names the right one', () => {
  for (const args of [[], ['set-up'], ['setup', '--form', 'wheel']]) {
    const { code, stderr } = tandemTorch(args);
    assert.equal(code, 2);
    assert.match(stderr, /usage: tandem-torch setup \[--from /);
  }
});

test('a wrong LIBTORCH is named, and nothing else is tried', () => {
  const { code, stderr, stdout } = tandemTorch(['setup'], { LIBTORCH: '/nowhere' });
  assert.equal(code, 1);
  assert.match(stderr, /^LIBTORCH=\/nowhere is no libtorch: /);
  assert.equal(stdout, '');
});

test('a libtorch without a compiler says how to get one, or what serves instead', () => {
  const folder = temporaryFolder();
  const suffix = process.platform === 'darwin' ? 'dylib' : 'so';
  writeAll(folder, {
    'include/ATen/core/dispatch/Dispatcher.h': '',
    [`lib/libtorch_cpu.${suffix}`]: '',
    [`lib/libc10.${suffix}`]: '',
    'build-version': '2.4.1\n',
  });
  const { code, stderr } = tandemTorch(['setup'], { LIBTORCH: folder });
  assert.equal(code, 1);
  assert.match(stderr, /^No C\+\+ compiler was found\.\nInstall one.*\nOr put an addon .* for libtorch 2\.4\.1 into /);
});

test('python3 without torch and a folder that is no libtorch are told apart', () => {
  assert.match(tandemTorch(['setup', '--from', 'python3']).stderr, /^The python3 on PATH has no torch\.\n/);
  assert.match(tandemTorch(['setup', '--from', '/nowhere']).stderr, /^\/nowhere is no libtorch/);
});
