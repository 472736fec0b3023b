import assert from 'node:assert/strict';
import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { distributed } from 'tandem-torch';
import { stream } from '../../src/random.js';
import { pictures, temporary } from '../cli/running.js';
import { movingClock } from './clock.js';
import { failingRun, forever, fullDisk, smallDisk, wholeRun } from './disk.js';
import { fuzzConfigs, fuzzTensors } from './fuzz.js';
import { killRuns } from './kills.js';
import { fullDiskOfFirst } from './processes.js';
import { call, lineOf } from './runs.js';
import { tearCheckpoint } from './torn.js';

// The short form of `npm run test:faults`.

const windows = process.platform === 'win32' && 'Windows has no such signals';
const root = temporary({ after });
const images = join(root, 'pictures');
const seed = 5;

before(async () => {
  await pictures(images, 12);
});

for (const [name, precision] of [
  ['clbo reestimated', 'float32'],
  ['moco', 'bfloat16'],
] as const) {
  test(`killed and resumed, nothing of a run is lost: ${name}, ${precision}`, { skip: windows }, async () => {
    const more = [`precision=${precision}`];
    const done = await killRuns(name, images, join(root, 'kills'), { kills: 2, random: stream(seed), more });
    assert.equal(done.kills, 2);
    assert.ok(done.runs >= 1);
  });
}

test('a clock that is set back again and again: a killed run resumes, with times that are times', {
  skip: windows,
}, async () => {
  const wanted = await wholeRun(images, join(root, 'in-time'));
  await movingClock('clbo', images, join(root, 'clock'), -3_600_000, wanted);
});

test('torn and altered checkpoints are found out at every 512 bytes', async () => {
  const run = join(root, 'run');
  const { code, stderr } = await call(lineOf('simclr', images, run, ['--epochs', '1', 'saveSteps=2']));
  assert.equal(code, 0, stderr);
  assert.ok(tearCheckpoint(run, root, stream(seed)) > 100);
});

test('failing writes: a run goes on, or stops with one clear line and is resumed; what comes out is the same', async (t) => {
  const wanted = await wholeRun(images, join(root, 'wanted'));
  const run = join(root, 'failing');
  const passing = { kind: 'EIO', path: 'checkpoint/', calls: ['sync'], from: 2, times: 1 } as const;
  assert.equal(await failingRun(images, run, passing, wanted), true);
  const lasting = { kind: 'ENOSPC', path: 'encoder/', from: 3, times: forever } as const;
  assert.equal(await failingRun(images, run, lasting, wanted), false);
  await t.test('a file system that is really full', async (t) => {
    const disk = smallDisk(join(root, 'try'), 4096);
    if (!disk) return t.skip('no file system can be mounted here');
    disk.remove();
    assert.match(
      (await fullDisk(images, join(root, 'disk'), 96 * 1024, wanted)) as string,
      /(is saved|nothing was saved yet)\. Make room/,
    );
  });
});

test('the first of two processes finds its disk full: both end with its line, and go on once there is room', async (t) => {
  if (!distributed.hasDist()) return t.skip('this engine is built without Gloo');
  if (!(await fullDiskOfFirst(images, join(root, 'full')))) t.skip('no file system can be mounted here');
});

test('remarks that cannot be written: why a run stopped is said all the same, which images were skipped is not passed over', async () => {
  const broken = join(root, 'broken');
  cpSync(images, broken, { recursive: true });
  writeFileSync(join(broken, 'red', 'no-picture.png'), '');
  for (const [path, line, message] of [
    ['stopped.json', ['temperature=1e-44'], /\ntandem: the loss became NaN at step 1; nothing was saved yet\. /],
    [
      'skipped.jsonl',
      [],
      /\ntandem: cannot write the run folder .*: the disk fails \(EIO\); look at its health \(dmesg\)\n$/,
    ],
  ] as const) {
    const fault = { kind: 'EIO', path, from: 1, times: forever } as const;
    const { code, stderr } = await call(lineOf('clbo', broken, join(root, `remark-of-${path.length}`), line), {
      fault,
    });
    assert.equal(code, 1, stderr);
    assert.match(stderr, message);
  }
});

test('mutated files of tensors and settings are refused with one line', async () => {
  assert.match(await fuzzTensors(root, 500, stream(seed)), /^500 mutated/);
  assert.match(await fuzzConfigs(root, images, 500, stream(seed)), /^500 mutated/);
  assert.ok(!existsSync(join(root, 'fuzz')));
});
