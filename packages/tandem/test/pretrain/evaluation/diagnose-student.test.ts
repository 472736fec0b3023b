import assert from 'node:assert/strict';
import test from 'node:test';
import { liveTensors, manualSeed, noGrad, scope } from 'tandem-torch';
import { methods } from '../../../src/methods/index.js';
import { diagnoseStudent } from '../../../src/pretrain/evaluation/diagnose-student.js';
import { NotFiniteError } from '../../../src/pretrain/finite.js';
import { smallView } from '../../../src/views/index.js';
import { context, newEncoder, noise, side, through } from './evaluating.js';

function student() {
  manualSeed(0);
  const view = smallView({ size: side, channels: 1, data: 'noise' });
  return methods.clbo.configure({ projHidden: 8, projDim: 8 }).build(newEncoder, [view, view]);
}

test('the student is diagnosed in evaluation mode, the same each time, and trains on', () => {
  const method = student();
  const set = noise(300, 3);
  const before = liveTensors().count;
  const both = [1, 2].map(() => through(diagnoseStudent(method, set, 7, context)));
  assert.equal(liveTensors().count, before);
  assert.deepEqual(both[0], both[1]);
  assert.deepEqual(both[0]?.seen, [256, 300]);
  assert.ok(Object.values(both[0]?.result ?? {}).every(Number.isFinite));
  assert.equal(method.student.training, true);
});

for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
  test(`projections that are ${value} are refused`, () => {
    const method = student();
    scope(() => noGrad(() => method.student.parameters().at(-1)?.fill_(value)));
    assert.throws(() => through(diagnoseStudent(method, noise(10, 3), 7, context)), NotFiniteError);
  });
}
