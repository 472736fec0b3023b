import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { digest } from '../../src/files/digest.js';
import { readJson, readJsonLines, readJsonObject } from '../../src/files/json.js';
import { readLock } from '../../src/files/lock-file.js';
import { readRegular } from '../../src/files/regular.js';
import { checkImages, decodeSingle, openImages } from '../../src/images/index.js';
import { readConfigFile } from '../../src/pretrain/index.js';
import { openEncoders, readRun, readScatter } from '../../src/runs/index.js';
import { loadEncoder, loadHead } from '../../src/weights/index.js';
import { checkWeights } from '../../src/weights/init.js';
import { png } from '../images/making.js';
import { temporary } from '../support.js';

const skip = existsSync('/dev/zero') ? false : 'no pipes and devices with names';

/** A pipe, a socket and a device of these names in a new folder, by what they are called. */
async function oddities(t: TestContext, name = 'x'): Promise<Record<string, string>> {
  const folder = temporary(t);
  const at = (kind: string) => {
    mkdirSync(join(folder, kind));
    return join(folder, kind, name);
  };
  const found = { 'a pipe': at('pipe'), 'a socket': at('socket'), 'a device': at('device') };
  execFileSync('mkfifo', [found['a pipe']]);
  const server = createServer().listen(found['a socket']);
  await once(server, 'listening');
  t.after(() => server.close());
  symlinkSync('/dev/zero', found['a device']);
  return found;
}

test('a pipe, socket or device in place of a file is refused before it is opened', { skip }, async (t) => {
  for (const [kind, path] of Object.entries(await oddities(t))) {
    const message = `${path}: ${kind}, not a file; give a regular file`;
    for (const read of [readRegular, readJsonLines, readJsonObject, readLock, (file: string) => digest([file])]) {
      assert.throws(() => read(path), { name: 'UserError', message }, `${kind}: ${read.name}`);
    }
    assert.throws(() => readJson(path), { name: 'UserError', message: `it is ${kind}; give a regular file` });
  }
  const file = join(temporary(t), 'file');
  writeFileSync(file, 'text');
  assert.equal(readRegular(file).toString(), 'text');
  assert.throws(() => readRegular(`${file}.none`), { code: 'ENOENT' });
});

test('so are images, archives, shards, lists and tables', { skip }, async (t) => {
  const endings = ['', '.tar', '.zip', '-{0..0}.tar', '.png', '.txt', '.csv', '.jsonl', '.parquet', '.arrow'];
  for (const name of endings.map((ending) => `pictures${ending}`)) {
    for (const [kind, path] of Object.entries(await oddities(t, name.replace('{0..0}', '0')))) {
      const where = path.replace(/-0\.tar$/, '-{0..0}.tar');
      const message = `${path}: ${kind}, not a file; give a regular file`;
      await assert.rejects(openImages(where), { name: 'UserError', message });
    }
  }
});

test('images of a folder that are none are left out and named', { skip }, async (t) => {
  const folder = temporary(t);
  for (const name of ['a.png', 'b.png']) writeFileSync(join(folder, name), await png());
  execFileSync('mkfifo', [join(folder, 'c.png')]);
  symlinkSync('/dev/zero', join(folder, 'd.png'));
  const { train, skipped } = await openImages(folder, { maxSkippedShare: 0.5 });
  assert.deepEqual(train.files, ['a.png', 'b.png']);
  const reason = 'neither a file nor a folder';
  assert.deepEqual(
    skipped,
    ['c.png', 'd.png'].map((file) => ({ file, reason })),
  );
});

test('images that a list, a pattern or a program names are left out too', { skip }, async (t) => {
  for (const [kind, path] of Object.entries(await oddities(t, 'b.png'))) {
    const reason = 'neither a file nor a folder';
    const folder = dirname(path);
    for (const name of ['a', 'c']) writeFileSync(join(folder, `${name}.png`), await png());
    writeFileSync(join(folder, 'list.txt'), 'a.png\nb.png\nc.png\n');
    for (const where of [join(folder, 'list.txt'), join(folder, '{a,b,c}.png')]) {
      const { train, skipped } = await openImages(where, { size: 8, maxSkippedShare: 0.5 });
      assert.deepEqual([train.count, skipped], [2, [{ file: 'b.png', reason }]], `${kind}: ${where}`);
    }
    await assert.rejects(decodeSingle('b', path, { size: 8, channels: 3 }), {
      name: 'UserError',
      message: `b cannot be read: ${reason}`,
    });
    const { skipped } = await checkImages(join(folder, '{a,b,c}.png'));
    assert.deepEqual(skipped, [{ file: 'b.png', reason }]);
  }
});

test('so are configurations and weights', { skip }, async (t) => {
  for (const [kind, path] of Object.entries(await oddities(t))) {
    const message = `--config ${path}: it is ${kind}; give a regular file`;
    assert.throws(() => readConfigFile(path), { name: 'UserError', message });
    const extending = `${path}.json`;
    writeFileSync(extending, JSON.stringify({ extends: path }));
    assert.throws(() => readConfigFile(extending), { name: 'UserError', message });
    for (const load of [loadEncoder, loadHead, checkWeights]) {
      const refused = `${path}: not a safetensors file: it is a pipe, socket or device`;
      assert.throws(
        () => load(path),
        (error: Error) => error.name === 'UserError' && error.message.startsWith(refused),
      );
    }
  }
});

test('so are the files of a run', { skip }, async (t) => {
  for (const name of ['config.json', 'metrics.jsonl', 'tsne.json']) {
    for (const [kind, path] of Object.entries(await oddities(t, name))) {
      const run = join(path, '..');
      if (name !== 'config.json') writeFileSync(join(run, 'config.json'), '{}');
      const read = name === 'tsne.json' ? readScatter : readRun;
      assert.throws(() => read(run), { name: 'UserError', message: new RegExp(`${name}: ${kind}, not a file`) });
    }
  }
  const folder = temporary(t);
  mkdirSync(join(folder, 'encoder'));
  execFileSync('mkfifo', [keptEncoder(folder)]);
  assert.throws(() => openEncoders(folder), { name: 'UserError', message: /encoder\.safetensors: a pipe, not a file/ });
});

function keptEncoder(run: string): string {
  return join(run, 'encoder', 'encoder.safetensors');
}
