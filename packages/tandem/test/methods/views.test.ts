import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scope, type Tensor } from 'tandem-torch';
import { methods } from '../../src/methods/index.js';
import { assertClose, elements } from '../support.js';
import { lossOf, Stepping, shared, tinyMethod, viewsOf } from './stepping.js';

/** Of one direction unless told otherwise; and the queues of two views are two. */
const settings: Readonly<Record<string, object>> = {
  moco: { symmetric: true, shuffle: false },
  clbo: { init: 'independent' },
};

for (const [name, { teacher, labels }] of Object.entries(methods)) {
  // of one view, or of views that are not alike: DINOv2 masks other patches of each
  if (teacher !== 'none' || labels !== 'none' || name === 'dinov2') continue;
  test(`${name}: the loss of a batch is the same with the views swapped, so are its gradients`, () => {
    const of = (swapped: boolean) =>
      scope(() => {
        const method = tinyMethod(name, settings[name], { dtype: 'float64' });
        const [a, b] = viewsOf(0, method.student.parameters()[0] as Tensor);
        const { bank1, bank2 } = method.state ?? {};
        if (swapped && bank1 && bank2) swap(bank1, bank2);
        const loss = lossOf(method, swapped ? [b, a] : [a, b]);
        loss.backward();
        return [loss.item(), ...method.student.parameters().flatMap((x) => elements(x.grad as Tensor))];
      });
    assertClose(of(true), of(false), { rtol: 1e-10, atol: 1e-12 });
  });
}

test('MoCo in one direction tells query and key apart', () => {
  const of = (swapped: boolean) =>
    scope(() => {
      const method = tinyMethod('moco', { bnSplits: 1 }, { dtype: 'float64' });
      const [a, b] = viewsOf(0, method.student.parameters()[0] as Tensor);
      return lossOf(method, swapped ? [b, a] : [a, b]).item();
    });
  assert.notEqual(of(true), of(false));
});

function swap(a: Tensor, b: Tensor): void {
  const held = a.clone();
  a.copy_(b);
  b.copy_(held);
}

for (const [name, { teacher: trained }] of Object.entries(methods)) {
  if (trained === 'needed' || name === 'dinov2') continue; // it is frozen, or sees patches alone
  const { teacher } = tinyMethod(name);
  if (!teacher) continue;
  test(`${name}: after a step the teacher has running statistics of its own`, () => {
    const method = tinyMethod(name);
    new Stepping(method).take();
    assert.ok(teacher.modules().every((part) => part.training));
    const means = method.teacher?.namedBuffers().filter(([key]) => key.endsWith('running_mean')) ?? [];
    const others = new Map(method.student.namedBuffers());
    const statistics = method.student.namedBuffers().filter(([key]) => key.endsWith('running_mean'));
    assert.equal(means.length, statistics.filter(([key]) => !key.startsWith('predictor.')).length);
    for (const [key, x] of means) {
      assert.ok(elements(x).every((value) => value !== 0));
      assert.notEqual(x, others.get(key));
    }
    assert.ok(shared(method.student).every((x) => !method.teacher?.parameters().includes(x)));
  });
}
