import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { io, liveCount, noGrad, scope } from 'tandem-torch';
import { type Architecture, dinoHead, Head, PrototypeHead } from '../../src/networks/index.js';
import { loadTeacher } from '../../src/pretrain/teacher.js';
import { smallView } from '../../src/views/index.js';
import { saveEncoder, saveHead } from '../../src/weights/index.js';
import { temporary } from '../cli/running.js';
import { seasoned } from '../export/exporting.js';
import { assertClose, elements, normal } from '../support.js';

const root = temporary({ after });
const architecture: Architecture = { backbone: 'resnet10', width: 4, stem: 'small', channels: 3 };
const view = smallView({ size: 16 });
const { mean, std } = view;
const place = { device: 'cpu', memoryFormat: 'contiguous' } as const;
const card = { architecture, size: 16, mean, std };
const encoder = seasoned(architecture);
const x = () => normal([3, 3, 16, 16], 1, 'float32');
const load = (path: string, of = view) => loadTeacher(path, of, place);

/** A run folder, as far as a teacher needs it. */
function runFolder(name: string, head?: Head, classes?: readonly string[]): string {
  const run = join(root, name);
  mkdirSync(join(run, 'encoder'), { recursive: true });
  saveEncoder(join(run, 'encoder', 'encoder.safetensors'), encoder, card);
  if (head) saveHead(join(run, 'encoder', 'head.safetensors'), { head, classes });
  return run;
}

const features = () => scope(() => noGrad(() => elements(encoder.eval().forward(x()))));

test('a run is taken with the projector it was trained with, or its classifier and the names of the classes', () => {
  const head = new Head({ widths: [32, 8, 5], norm: true });
  const run = load(runFolder('run', head));
  assert.deepEqual([run.teacher.width, run.teacher.classes, run.notes], [5, undefined, []]);
  const expected = scope(() => noGrad(() => elements(head.eval().forward(encoder.eval().forward(x())))));
  scope(() => assertClose(run.teacher.project([x()])[0], expected, { rtol: 1e-6, atol: 1e-7 }));
  const tuned = load(runFolder('tuned', new Head({ widths: [32, 2], norm: false }), ['cat', 'dog']));
  assert.deepEqual([tuned.teacher.width, tuned.teacher.classes], [2, ['cat', 'dog']]);
  assert.notEqual(run.sha256, tuned.sha256);
  assert.equal(load(join(root, 'run')).sha256, run.sha256);
});

test("of DINO's network the embedding is imitated, not its cosines with prototypes", () => {
  const head = new PrototypeHead(dinoHead(32, 64, { layers: 2, hidden: 8, bottleneck: 6 }));
  const { teacher } = load(runFolder('dino', head));
  assert.equal(teacher.width, 6);
  const expected = scope(() => noGrad(() => elements(head.eval().embed(encoder.eval().forward(x())))));
  scope(() => assertClose(teacher.project([x()])[0], expected, { rtol: 1e-6, atol: 1e-7 }));
});

test('of a file, or a run without a head, the features are imitated', () => {
  const run = runFolder('bare');
  for (const path of [run, join(run, 'encoder', 'encoder.safetensors')]) {
    const { teacher } = load(path);
    assert.equal(teacher.width, 32);
    scope(() => assertClose(teacher.project([x()])[0], features(), { rtol: 1e-6, atol: 1e-7 }));
  }
});

test("a file with torchvision's names is a teacher too; what was taken for granted is reported", () => {
  const path = join(root, 'torchvision.safetensors');
  io.saveSafetensors(path, seasoned({ ...architecture, stem: 'standard' }).stateDict());
  const { teacher, notes } = load(path);
  assert.equal(teacher.width, 32);
  assert.equal(notes.length, 1);
  assert.match(notes[0] as string, /torchvision\.safetensors: .*resnet10/);
});

test('what cannot teach these images is refused in one line, and nothing stays', () => {
  const run = runFolder('other', new Head({ widths: [16, 5], norm: false }));
  const whole = runFolder('whole', new Head({ widths: [32, 5], norm: false }));
  const damaged = runFolder('damaged', new Head({ widths: [32, 5], norm: false }));
  const file = join(damaged, 'encoder', 'head.safetensors');
  writeFileSync(file, readFileSync(file).subarray(0, 40));
  const text = join(root, 'text.safetensors');
  writeFileSync(text, 'no tensors');
  const idle = liveCount();
  const says = (path: string, message: RegExp, of = view) =>
    assert.throws(
      () => load(path, of),
      (error: Error) => {
        assert.equal(error.name, 'UserError');
        assert.match(error.message, message);
        assert.ok(!error.message.includes('\n'));
        return true;
      },
    );
  says(run, /^the teacher in .*other has a head for 16 features on an encoder of 32$/);
  says(whole, /^the teacher in .*whole sees images of 3 channels, these have 1$/, smallView({ size: 16, channels: 1 }));
  says(whole, /learned from images of 16 pixels, these have 32; give size=16$/, smallView({ size: 32 }));
  says(join(root, 'nowhere'), /nowhere: there is no such run folder or encoder file$/);
  says(root, /no encoder\/encoder\.safetensors in it/);
  says(damaged, /damaged\/encoder\/head\.safetensors/);
  says(text, /text\.safetensors/);
  says(join(whole, 'encoder', 'head.safetensors'), /head\.safetensors/);
  assert.equal(liveCount(), idle);
});
