import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import sharp from 'sharp';
import { io } from 'tandem-torch';
import { stream } from '../../src/random.js';
import { loadEncoder } from '../../src/weights/index.js';
import { metricsOf, pictures, start, temporary, tiny } from './running.js';

const windows = process.platform === 'win32' && 'Windows has no such signals';
const root = temporary({ after });
const images = join(root, 'pictures');
const endless = ['pretrain', images, ...tiny, '--batch', '16', '--epochs', '1000000', '--json', '--out'];

before(async () => {
  await pictures(images, 20);
});

/** The step of a run's checkpoint; both of its files must load. */
function savedStep(run: string): number {
  const { encoder } = loadEncoder(join(run, 'encoder', 'encoder.safetensors'));
  encoder.dispose();
  const { tensors, metadata } = io.loadSafetensors(join(run, 'checkpoint', 'state.safetensors'));
  for (const x of Object.values(tensors)) x.dispose();
  return Number(metadata.step);
}

for (const name of ['SIGINT', 'SIGTERM'] as const) {
  test(`${name} ends a run after its step, saved`, { skip: windows }, async () => {
    const run = join(root, name);
    const child = start([...endless, run]);
    await child.says('epoch 1/');
    const sent = Date.now();
    child.process.kill(name);
    const { code, stdout, stderr } = await child.ended;
    assert.equal(code, name === 'SIGINT' ? 130 : 143, stderr);
    assert.ok(Date.now() - sent < 10_000, `took ${Date.now() - sent} ms`);
    assert.match(stderr, /stopping after this step/);
    assert.ok(stderr.endsWith(`interrupted; saved. Resume with: tandem resume ${run}\n`), stderr);
    const metrics = metricsOf(run);
    assert.deepEqual(JSON.parse(stdout), { run, interrupted: true, ...metrics.at(-1) });
    assert.ok(savedStep(run) >= (metrics.at(-1)?.step ?? Number.NaN));
    assert.equal(existsSync(join(run, 'lock')), false);
    const before = savedStep(run);
    const again = start(['resume', run]);
    await again.says(`resuming after step ${before.toLocaleString('en')}`);
    again.process.kill(name);
    assert.equal((await again.ended).code, name === 'SIGINT' ? 130 : 143);
    assert.ok(savedStep(run) >= before);
  });
}

test('a second SIGINT ends a run at once, even one that waits for a disk', { skip: windows }, async () => {
  const archive = join(root, 'pipe.tar');
  execFileSync('mkfifo', [archive]);
  // A pipe is refused; where it passes for a file, reading it waits as for a disk.
  const preload = join(root, 'pipes-are-files.mjs');
  writeFileSync(
    preload,
    `import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const { statSync } = fs;
    fs.statSync = (...asked) => {
      const found = statSync(...asked);
      if (found?.isFIFO()) found.isFile = () => true;
      return found;
    };
    syncBuiltinESMExports();`,
  );
  process.env.NODE_OPTIONS = `--import=${preload}`;
  const child = start(['pretrain', archive, ...tiny, '--out', join(root, 'twice')]);
  delete process.env.NODE_OPTIONS;
  await child.says('reading');
  await setTimeout(100);
  child.process.kill('SIGINT');
  await child.says('stopping');
  child.process.kill('SIGINT');
  const { code, signal, stderr } = await child.ended;
  assert.ok(signal === 'SIGINT' || code === 130, `${signal} ${code}`);
  assert.equal(stderr, `reading ${archive}\nstopping; once more to stop at once\n`);
});

test('SIGINT while images are loading ends without a run folder', { skip: windows }, async () => {
  const folder = join(root, 'large');
  mkdirSync(folder);
  const random = stream(0);
  const [side, channels] = [1500, 3] as const;
  const data = Uint8Array.from({ length: side * side * channels }, () => random.word() & 255);
  await sharp(data, { raw: { width: side, height: side, channels } })
    .png({ compressionLevel: 1 })
    .toFile(join(folder, '0.png'));
  for (let i = 1; i < 1000; i++) symlinkSync(join(folder, '0.png'), join(folder, `${i}.png`));
  const run = join(root, 'never');
  const child = start(['pretrain', folder, ...tiny, '--out', run]);
  await child.says('reading');
  await setTimeout(200);
  const sent = Date.now();
  child.process.kill('SIGINT');
  const { code, stdout, stderr } = await child.ended;
  assert.deepEqual([code, stdout], [130, ''], stderr);
  assert.ok(Date.now() - sent < 10_000, `took ${Date.now() - sent} ms`);
  assert.equal(
    stderr,
    `reading ${folder}\nstopping; once more to stop at once\ninterrupted before the first step; nothing new was saved\n`,
  );
  assert.equal(existsSync(run), false);
});

test('whenever a run is killed after its first epoch, its files load', { skip: windows }, async () => {
  const random = stream(Date.now());
  for (let attempt = 0; attempt < 3; attempt++) {
    const run = join(root, `killed${attempt}`);
    const child = start([...endless, run]);
    await child.says('epoch 1/');
    const delay = random.below(500);
    await setTimeout(delay);
    child.process.kill('SIGKILL');
    assert.equal((await child.ended).signal, 'SIGKILL');
    assert.ok(savedStep(run) > 0, `after ${delay} ms`);
    JSON.parse(readFileSync(join(run, 'config.json'), 'utf8'));
    assert.ok(metricsOf(run).length > 0);
  }
});
