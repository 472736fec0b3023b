import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { liveCount, noGrad } from 'tandem-torch';
import {
  loadCheckpoint,
  readCheckpoint,
  restoreTrainingState,
  saveCheckpoint,
  trainingState,
} from '../../src/train/checkpoint.js';
import { type Run, setUp, stateOf } from '../methods/running.js';
import { settingsFor } from '../methods/stepping.js';
import { hash, temporary } from '../support.js';

const heads = { projHidden: 8, projDim: 8, batch: 8, epochs: 2 };
const runOf = (settings: object = {}, more: object = {}): Run =>
  setUp({ settings: { ...heads, ...settings }, ...more });

/** Saves a state that tells its step. */
function save(run: Run, folder: string, step: number): void {
  noGrad(() => void run.method.student.parameters()[0]?.fill_(step));
  saveCheckpoint(folder, run.method, run.plan.optimizer, step, { step });
}

function loaded(folder: string) {
  const told: [string, string][] = [];
  const found = loadCheckpoint(folder, (file, why) => told.push([file, why]));
  for (const x of Object.values(found?.tensors ?? {})) x.dispose();
  return { step: found?.step, notes: found?.notes, told };
}

const at = (folder: string, name: string) => join(folder, 'checkpoint', `${name}.safetensors`);

function damage(file: string): void {
  const bytes = readFileSync(file);
  bytes[bytes.length - 9] = (bytes[bytes.length - 9] as number) ^ 1;
  writeFileSync(file, bytes);
}

test('what was saved comes back bit for bit, with the notes; nothing else is left in the folder', (t) => {
  const folder = temporary(t);
  const [one, other] = [runOf({}, { init: 1 }), runOf({}, { init: 2 })];
  saveCheckpoint(folder, one.method, one.plan.optimizer, 7, { sums: [0.1 + 0.2], text: 'ü"\n' });
  const before = liveCount();
  const { step, notes, tensors } = readCheckpoint(at(folder, 'state'));
  assert.deepEqual([step, notes], [7, { sums: [0.1 + 0.2], text: 'ü"\n' }]);
  assert.notEqual(stateOf(other), stateOf(one));
  restoreTrainingState(other.method, other.plan.optimizer, tensors);
  for (const x of Object.values(tensors)) x.dispose();
  assert.equal(stateOf(other), stateOf(one));
  assert.equal(liveCount(), before);
  assert.deepEqual(readdirSync(join(folder, 'checkpoint')), ['state.safetensors']);
});

test('the last two are kept, and the newest is loaded', (t) => {
  const folder = temporary(t);
  const run = runOf();
  assert.deepEqual(loaded(folder), { step: undefined, notes: undefined, told: [] });
  for (const step of [1, 2, 3]) save(run, folder, step);
  assert.deepEqual(loaded(folder), { step: 3, notes: { step: 3 }, told: [] });
  const { step, tensors } = readCheckpoint(at(folder, 'previous'));
  assert.equal(step, 2);
  for (const x of Object.values(tensors)) x.dispose();
  assert.deepEqual(readdirSync(join(folder, 'checkpoint')).sort(), ['previous.safetensors', 'state.safetensors']);
});

test('a damaged one is put aside with a warning, as it is, and the one before is used; then none, with two warnings', (t) => {
  const folder = temporary(t);
  const run = runOf();
  for (const step of [1, 2]) save(run, folder, step);
  damage(at(folder, 'state'));
  const kept = readFileSync(at(folder, 'state'));
  const why = 'its checksum is not that of its contents';
  const before = liveCount();
  assert.deepEqual(loaded(folder), { step: 1, notes: { step: 1 }, told: [[at(folder, 'state'), why]] });
  assert.ok(readFileSync(`${at(folder, 'state')}.damaged`).equals(kept));
  assert.equal(existsSync(at(folder, 'state')), false);

  save(run, folder, 3); // does not count the absent one as newest
  assert.equal(loaded(folder).step, 3);
  for (const name of ['state', 'previous']) damage(at(folder, name));
  const { step, told } = loaded(folder);
  assert.deepEqual(
    [step, told.map(([file]) => file)],
    [undefined, ['state', 'previous'].map((name) => at(folder, name))],
  );
  assert.ok(readFileSync(`${at(folder, 'state')}.damaged`).equals(kept), 'what was put aside before stays');
  assert.ok(existsSync(`${at(folder, 'state')}.damaged-2`));
  assert.equal(liveCount(), before);
});

test('where the process died between the two renames, the one before is there', (t) => {
  const folder = temporary(t);
  const run = runOf();
  save(run, folder, 1);
  renameSync(at(folder, 'state'), at(folder, 'previous'));
  writeFileSync(`${at(folder, 'state')}.1.tmp`, 'half');
  assert.equal(loaded(folder).step, 1);
});

test('what cannot be read now is no damage: it stays, and the reason is thrown', (t) => {
  const folder = temporary(t);
  mkdirSync(at(folder, 'state'), { recursive: true });
  const { told } = loaded(folder); // a folder is no file of tensors
  assert.match(told[0]?.[1] as string, /it is a directory$/);
  const run = runOf();
  save(run, folder, 1);
  const limit = Buffer.allocUnsafeSlow;
  t.mock.method(Buffer, 'allocUnsafeSlow', (size: number) => {
    if (size > 1000) throw new RangeError('Array buffer allocation failed');
    return limit(size);
  });
  assert.throws(() => loaded(folder), /Array buffer allocation failed/);
  assert.ok(existsSync(at(folder, 'state')));
});

for (const [what, settings, more, message] of [
  [
    'another method',
    { method: 'simclr' },
    {},
    /the checkpoint is of another run: '?teacher\..+ is absent here|another run/,
  ],
  [
    'another width',
    {},
    { architecture: { backbone: 'resnet8', width: 8, stem: 'strided', channels: 3 } },
    /another run: 'student\.encoder\.conv1\.weight' is float32 \[8,3,3,3\] in it, float32 \[4,3,3,3\] here/,
  ],
  ['another optimizer', { optimizer: 'adamw' }, {}, /another run: 'optimizer\./],
  ['another queue', { method: 'moco', bank: 64, bnSplits: 4 }, {}, /another run/],
] as const) {
  test(`a state of ${what} is refused, and nothing changes`, (t) => {
    const folder = temporary(t);
    save(runOf(settings, more), folder, 1);
    const run = runOf();
    const [state, before] = [stateOf(run), liveCount()];
    const { tensors } = readCheckpoint(at(folder, 'state'));
    assert.throws(
      () => restoreTrainingState(run.method, run.plan.optimizer, tensors),
      (error: Error) => message.test(error.message) && !error.message.includes('\n'),
    );
    for (const x of Object.values(tensors)) x.dispose();
    assert.equal(stateOf(run), state);
    assert.equal(liveCount(), before);
  });
}

test('the checksum covers names, types, shapes, bytes and notes', (t) => {
  const folder = temporary(t);
  save(runOf(), folder, 4);
  const good = readFileSync(at(folder, 'state')).toString('latin1');
  const altered: [string, string][] = [
    ['"student.encoder.bn1.weight"', '"student.encoder.bn1.weighs"'],
    ['"shape":[4,3,3,3]', '"shape":[3,4,3,3]'],
    ['"F32"', '"I32"'],
    ['\\"notes\\":{\\"step\\":4}', '\\"notes\\":{\\"step\\":5}'],
    ['"step":"4"', '"step":"5"'],
  ];
  for (const [from, to] of altered) {
    assert.ok(good.includes(from), from);
    writeFileSync(at(folder, 'state'), Buffer.from(good.replace(from, to), 'latin1'));
    assert.throws(
      () => readCheckpoint(at(folder, 'state')),
      /state\.safetensors: (its checksum|it does not agree)/,
      from,
    );
  }
});

test('every tensor of method and optimizer is in the state', () => {
  for (const settings of [
    {},
    { method: 'moco', bank: 64, bnSplits: 4, optimizer: 'adamw' },
    { method: 'byol', optimizer: 'lars' },
  ]) {
    const { method, plan } = runOf(settings);
    const state = trainingState(method, plan.optimizer);
    const all = [
      ...Object.values(method.student.stateDict()),
      ...Object.values(method.teacher?.stateDict() ?? {}),
      ...Object.values(method.state ?? {}),
      ...Object.values(plan.optimizer.stateDict()),
    ];
    assert.equal(Object.keys(state).length, all.length);
    assert.equal(hash(Object.values(state)), hash(all));
  }
});

/** The first parts of the names in a checkpoint: files that there are must be found again. */
const names = [
  [{ method: 'simclr' }, 'student optimizer'],
  [{ method: 'clbo' }, 'student teacher optimizer'],
  [{ method: 'moco' }, 'student teacher state.bank1 state.pointer optimizer'],
  [{ method: 'moby' }, 'student teacher state.bank1 state.bank2 state.pointer optimizer'],
  [{ method: 'dino', prototypes: 8 }, 'student teacher state.centre state.targets optimizer'],
  [{ method: 'seed', teacher: 'frozen' }, 'student state.bank1 state.pointer optimizer'],
  [
    { method: 's2bnn', coTrained: 'resnet8' },
    'student coTrained coTrainedKeys state.coTrained.bank1 state.coTrained.pointer optimizer',
  ],
] as const;

test('the names in a checkpoint are those of the files that there are', () => {
  for (const [settings, expected] of names) {
    const own = settingsFor(settings.method, { projHidden: 8, projDim: 8, predHidden: 8, bank: 16, bnSplits: 2 });
    const { method, plan } = setUp({ settings: { batch: 8, epochs: 1, ...own, ...settings } });
    const found = Object.keys(trainingState(method, plan.optimizer)).map((name) =>
      name.startsWith('state.') ? name : name.replace(/\..*/, ''),
    );
    assert.equal([...new Set(found)].join(' '), expected, settings.method);
  }
});
