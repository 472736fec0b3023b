import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { io, liveCount, type Tensor } from '../src/index.js';

const folder = fileURLToPath(new URL('../../test/fixtures/torch-file/', import.meta.url));
const notOfOptimizer = { skip: (name: string) => name.startsWith('optimizer') };
const free = (tensors: Readonly<Record<string, Tensor>>) => {
  for (const tensor of Object.values(tensors)) tensor.dispose();
};

describe('files of torch.save', () => {
  for (const name of ['zip.pth', 'zip-1.13.pth', 'legacy.pth']) {
    test(`${name}: every tensor is the one that the safetensors library wrote`, () => {
      const before = liveCount();
      const { tensors: expected } = io.loadSafetensors(join(folder, 'expected.safetensors'));
      const found = io.loadTorchFile(join(folder, name), notOfOptimizer);
      assert.deepEqual(Object.keys(found).sort(), Object.keys(expected).sort());
      for (const [key, x] of Object.entries(expected)) {
        const own = found[key] as Tensor;
        assert.deepEqual([own.dtype, [...own.shape]], [x.dtype, [...x.shape]], key);
        assert.deepEqual(Buffer.from(own.bytes()), Buffer.from(x.bytes()), key);
      }
      free(expected);
      free(found);
      const all = io.loadTorchFile(join(folder, name));
      assert.ok(all['optimizer.state.0.exp_avg']);
      free(all);
      assert.equal(liveCount(), before);
    });

    test(`${name}: cut anywhere, or with a byte changed, it is refused or read, and nothing stays`, (t) => {
      const own = mkdtempSync(join(tmpdir(), 'torch-file-'));
      t.after(() => rmSync(own, { recursive: true }));
      const whole = readFileSync(join(folder, name));
      const path = join(own, 'bad.pth');
      const before = liveCount();
      for (let length = 0; length < whole.length; length += 97) {
        writeFileSync(path, whole.subarray(0, length));
        assert.throws(() => io.loadTorchFile(path), { name: 'PickleError' }, `cut at ${length}`);
      }
      for (let at = 0; at < Math.min(whole.length, 3000); at += 13) {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] as number) ^ 0x15;
        writeFileSync(path, changed);
        try {
          free(io.loadTorchFile(path));
        } catch (error) {
          assert.equal((error as Error).name, 'PickleError', `byte ${at}: ${(error as Error).stack}`);
        }
      }
      assert.equal(liveCount(), before);
    });
  }

  test('what a reader would have to run is refused by its name', () => {
    assert.throws(
      () => io.loadTorchFile(join(folder, 'refused.pth')),
      /refused\.pth: holds a "(__builtin__|builtins)\.print", which is no tensor, and code of files is never run/,
    );
    assert.throws(() => io.loadTorchFile(join(folder, 'expanded.pth')), /holds an expanded tensor; save a clone of it/);
  });

  test('other files', (t) => {
    const own = mkdtempSync(join(tmpdir(), 'torch-file-'));
    t.after(() => rmSync(own, { recursive: true }));
    const path = join(own, 'other.pth');
    const refused = (bytes: Buffer, reason: RegExp) => {
      writeFileSync(path, bytes);
      assert.throws(() => io.loadTorchFile(path), reason);
    };
    refused(Buffer.from([0x80, 4, 0x4e, 0x2e]), /is a pickle, but not of torch\.save; convert it to safetensors$/);
    // An archive of no files: the end of its directory alone.
    refused(Buffer.from(`PK\x03\x04PK\x05\x06${'\0'.repeat(18)}`, 'latin1'), /archive without data\.pkl/);
    assert.equal(io.isTorchFile(readFileSync(join(folder, 'zip.pth'))), true);
    assert.equal(io.isTorchFile(readFileSync(join(folder, 'legacy.pth'))), true);
    assert.equal(io.isTorchFile(readFileSync(join(folder, 'expected.safetensors'))), false);
    // A header of 0x280 bytes: the length looks like the start of a pickle.
    assert.equal(io.isTorchFile(Buffer.from('\x80\x02\0\0\0\0\0\0{"a":', 'latin1')), false);
  });
});
