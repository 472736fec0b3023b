import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { ZipFile } from 'yazl';
import { PartialFile } from '../../setup/wheel/partial-file.mjs';
import { listArchive, unpack } from '../../setup/wheel/unpack.mjs';
import { placeOf, wheels } from '../../setup/wheel/wheels.mjs';
import { runModule, temporaryFolder } from './running.js';

const files: Readonly<Record<string, Buffer>> = {
  'torch/__init__.py': Buffer.from('python'),
  'torch/include/ATen/a.h': Buffer.from('#pragma once\n'.repeat(1000)),
  'torch/lib/libtorch_cuda.so': randomBytes(500_000),
  'torch/lib/libtorch_cpu.so': randomBytes(300_000),
  'torch/lib/libc10.so': Buffer.alloc(100_000, 7),
  'torch/version.py': Buffer.from("__version__ = '2.9.9'\n"),
};

/** A wheel as Python's tools make it: a zip file with a list of checksums. */
async function wheelOf(
  contents: typeof files,
  sums: typeof files = contents,
): Promise<{ bytes: Buffer; record: string }> {
  const list = Object.entries(sums).map(
    ([name, bytes]) => `${name},sha256=${createHash('sha256').update(bytes).digest('base64url')},${bytes.length}\n`,
  );
  const record = Buffer.from(`${list.join('')}torch-2.9.9.dist-info/RECORD,,\n`);
  const zip = new ZipFile();
  for (const [name, bytes] of Object.entries(contents)) zip.addBuffer(bytes, name);
  zip.addBuffer(record, 'torch-2.9.9.dist-info/RECORD');
  zip.end();
  return { bytes: await buffer(zip.outputStream), record: createHash('sha256').update(record).digest('hex') };
}

/** Serves one file in ranges; at first it cuts each answer after some bytes. */
async function serve(bytes: Buffer, cuts: number): Promise<{ url: string; sent: () => number }> {
  let sent = 0;
  let left = cuts;
  const server = createServer(({ headers: { range = '' } }, response) => {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
    const [start, end] = [Number(first), Number(last) + 1];
    response.writeHead(206, {
      'content-range': `bytes ${start}-${end - 1}/${bytes.length}`,
      'content-length': end - start,
    });
    const part = left-- > 0 ? bytes.subarray(start, Math.min(end, start + 50_000)) : bytes.subarray(start, end);
    sent += part.length;
    response.write(part, () => (part.length < end - start ? response.destroy() : response.end()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/torch.whl`, sent: () => sent };
}

/** Fetches the list and what is needed, as `fetchWheel` does. */
async function fetchNeeded(file: PartialFile): Promise<void> {
  await file.fetch([{ start: Math.max(0, file.size - 70_000), end: file.size }]);
  const isWanted = (path: string) => placeOf(path) !== null || path.endsWith('/RECORD');
  await file.fetch((await listArchive(file)).rangesOf(isWanted));
}

test('only what a CPU needs is fetched, through cut connections, and each file is checked', async () => {
  const folder = temporaryFolder();
  const { bytes, record } = await wheelOf(files);
  const { url, sent } = await serve(bytes, 3);
  const file = new PartialFile(join(folder, 'part'), url, bytes.length, 'again');
  await fetchNeeded(file);
  assert.ok(sent() < bytes.length - 400_000, `${sent()} of ${bytes.length} bytes`);
  await unpack(file, join(folder, 'torch'), { placeOf, record });
  file.close();
  for (const name of ['include/ATen/a.h', 'lib/libtorch_cpu.so', 'lib/libc10.so', 'version.py']) {
    assert.deepEqual(readFileSync(join(folder, 'torch', name)), files[`torch/${name}`]);
  }
  assert.ok(!existsSync(join(folder, 'torch/lib/libtorch_cuda.so')));
  assert.ok(!existsSync(join(folder, 'torch/__init__.py')));
});

test('a download that broke off is kept and continued by the next call', async () => {
  const path = join(temporaryFolder(), 'part');
  const { bytes } = await wheelOf(files);
  const whole = await serve(bytes, 0);
  const first = new PartialFile(path, whole.url, bytes.length, 'again');
  await first.fetch([{ start: 1000, end: 201_000 }]);
  first.close();
  const second = new PartialFile(path, whole.url, bytes.length, 'again');
  await second.fetch([
    { start: 1000, end: 201_000 },
    { start: 300_000, end: 310_000 },
  ]);
  second.close();
  assert.equal(whole.sent(), 210_000);
  assert.deepEqual(
    readFileSync(path),
    Buffer.concat([bytes.subarray(1000, 201_000), bytes.subarray(300_000, 310_000)]),
  );
});

test('a file that is not what the list says is refused, and nothing of the download is kept', async () => {
  const folder = temporaryFolder();
  const { bytes, record } = await wheelOf({ ...files, 'torch/lib/libc10.so': Buffer.alloc(100_000, 8) }, files);
  const file = new PartialFile(join(folder, 'part'), (await serve(bytes, 0)).url, bytes.length, 'again');
  await fetchNeeded(file);
  const options = { placeOf, record };
  await assert.rejects(unpack(file, join(folder, 'torch'), options), {
    message: /^torch\/lib\/libc10\.so of the wheel is not/,
  });
  assert.equal(statSync(join(folder, 'part')).size, 0);
  file.close();
});

test('another list than the one that is known is refused', async () => {
  const folder = temporaryFolder();
  const { bytes } = await wheelOf(files);
  const file = new PartialFile(join(folder, 'part'), (await serve(bytes, 0)).url, bytes.length, 'again');
  await fetchNeeded(file);
  const options = { placeOf, record: '0'.repeat(64) };
  await assert.rejects(unpack(file, join(folder, 'torch'), options), { message: /RECORD of the wheel is not/ });
  file.close();
});

test('without a network it says so in one line, and how to go on', () => {
  const url = new URL('../../setup/wheel/wheel.mjs', import.meta.url).href;
  const call = `
    const { fetchWheel } = await import(${JSON.stringify(url)});
    await fetchWheel('npx tandem setup').catch((error) => console.log(error.message + '\\n' + error.cure));
    process.exit();`;
  const { output } = runModule(call, { XDG_CACHE_HOME: temporaryFolder(), PIP_INDEX_URL: 'http://127.0.0.1:9/simple' });
  assert.match(
    output,
    /^PyTorch's wheel cannot be fetched: http:\/\/127\.0\.0\.1:9 is out of reach \(.*\)\.\nWith a network run/,
  );
});

test('of what PyTorch and CUDA publish, a CPU needs these', () => {
  const needed = {
    'torch/lib/libtorch_cpu.so': 'lib/libtorch_cpu.so',
    'torch/lib/libarm_compute.so': 'lib/libarm_compute.so',
    'torch/lib/libgfortran.so.5': 'lib/libgfortran.so.5',
    'torch/lib/libomp.dylib': 'lib/libomp.dylib',
    'torch/lib/libtorch.dylib': 'lib/libtorch.dylib',
    'torch/include/c10/macros/Macros.h': 'include/c10/macros/Macros.h',
    'nvidia/cu13/lib/libcupti.so.13': 'lib/libcupti.so.13',
    'torch-2.15.0.dist-info/licenses/LICENSE': 'licenses/LICENSE',
  };
  for (const [path, place] of Object.entries(needed)) assert.equal(placeOf(path), place);
  const left = [
    'lib/libtorch_cuda.so',
    'lib/libc10_cuda.so',
    'lib/libtorch_python.so',
    'lib/libshm.so',
    'nn/init.py',
    'lib/',
  ];
  for (const path of left) assert.equal(placeOf(`torch/${path}`), null, path);
  for (const { record } of Object.values(wheels).flat()) assert.match(record, /^[0-9a-f]{64}$/);
});
