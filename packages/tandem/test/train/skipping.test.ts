import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liveCount, noGrad, Tensor } from 'tandem-torch';
import type { Method } from '../../src/methods/index.js';
import { trainingState } from '../../src/train/checkpoint.js';
import { DivergedError, type StepReport, train } from '../../src/train/loop.js';
import { type Run, setUp, stateOf } from '../methods/running.js';
import { hash } from '../support.js';

const settings = { batch: 8, epochs: 3, projHidden: 8, projDim: 8 };

/** A run whose loss, or only its gradient, is broken at some steps. */
function illRun(
  broken: (step: number) => boolean,
  what: 'loss' | 'gradient',
  more: object = {},
  nonFinite: 'stop' | 'skip' = 'skip',
): Run {
  const { method, batches, plan } = setUp({ settings: { ...settings, ...more } });
  const { loss } = method;
  const ill: Method = {
    ...method,
    loss(views, ctx) {
      const result = loss.call(method, views, ctx);
      if (!broken(ctx.info.step)) return result;
      const whole = result instanceof Tensor ? result : Object.values(result).reduce((sum, x) => sum.add(x));
      // The root of 0 is 0, its gradient infinite.
      return what === 'loss' ? whole.mul(Number.NaN) : whole.add(zeroOf(method).sqrt());
    },
  };
  return { method: ill, batches, plan: { ...plan, nonFinite } };
}

function zeroOf({ student }: Method): Tensor {
  const [x] = student.parameters() as [Tensor];
  return x.sub(x.detach()).square().sum();
}

async function all(
  { method, batches, plan }: Run,
  each: (report: StepReport) => void = () => {},
): Promise<StepReport[]> {
  const reports: StepReport[] = [];
  for await (const report of train(method, batches, plan)) {
    reports.push(report);
    each(report);
  }
  return reports;
}

for (const what of ['loss', 'gradient'] as const) {
  for (const more of [
    {},
    { method: 'moco', bank: 64, bnSplits: 4 },
    { method: 'byol', optimizer: 'lars', predHidden: 8 },
    { method: 'vicreg', optimizer: 'adamw' },
  ]) {
    test(`a ${what} that is not finite, skipped: all is as before the step; ${JSON.stringify(more)}`, async () => {
      const run = illRun((step) => step === 2, what, more);
      const counts: number[] = [];
      const states: string[] = [];
      const reports = await all(run, () => {
        states.push(stateOf(run));
        counts.push(liveCount());
      });
      assert.equal(states[2], states[1]);
      assert.equal(new Set(states).size, states.length - 1);
      const skipped = reports.map(({ skipped }) => skipped);
      assert.match(skipped[2] as string, what === 'loss' ? /^the loss became NaN$/ : /^a gradient is not finite$/);
      assert.deepEqual(skipped.filter((x) => x !== undefined).length, 1);
      assert.equal(reports[2]?.loss, undefined);
      assert.deepEqual(reports.map(({ skippedInARow }) => skippedInARow).slice(0, 4), [0, 0, 1, 0]);
      for (const [name, x] of Object.entries(trainingState(run.method, run.plan.optimizer))) {
        assert.ok(
          noGrad(() => x.isfinite().all().item()),
          name,
        );
      }
      assert.equal(new Set(counts).size, 1, 'live tensors');
    });
  }

  test(`a ${what} that is not finite, not skipped, ends the run at its step, with the parameters of before`, async () => {
    const run = illRun((step) => step === 2, what, {}, 'stop');
    let before = '';
    await assert.rejects(
      all(run, () => {
        before = run.method.student
          .parameters()
          .map((x) => Buffer.from(x.bytes()).toString('base64'))
          .join();
      }),
      (error: DivergedError) => error instanceof DivergedError && error.step === 3 && !error.isAtStart,
    );
    assert.equal(
      run.method.student
        .parameters()
        .map((x) => Buffer.from(x.bytes()).toString('base64'))
        .join(),
      before,
    );
  });
}

test('21 steps in a row that must be skipped end the run, also where it was resumed in between', async () => {
  const more = { epochs: 10 };
  const run = illRun((step) => step >= 2, 'loss', more);
  const reports: StepReport[] = [];
  const message = 'the loss became NaN, 21 times in a row, at step 23';
  await assert.rejects(
    all(run, (report) => reports.push(report)),
    { message },
  );
  assert.equal(reports.length, 22);
  assert.equal(reports.at(-1)?.skippedInARow, 20);
  const { plan, ...rest } = illRun((step) => step >= 2, 'loss', more);
  await assert.rejects(all({ ...rest, plan: { ...plan, startStep: 12, startSkipped: 10 } }), { message });
});

test('the teacher of CLBO moves after every second step that was taken', async () => {
  const run = illRun((step) => step === 2, 'loss', { method: 'clbo', epochMode: 'one-pass' });
  const { teacher } = run.method;
  const states: string[] = [];
  const reports = await all(run, () => states.push(hash(teacher?.parameters() ?? [])));
  const moved = states.flatMap((state, i) => (i > 0 && state !== states[i - 1] ? [i] : []));
  // Steps 0 and 1, then 3 and 4, then 5 and 6.
  assert.deepEqual(moved.slice(0, 3), [1, 4, 6]);
  assert.deepEqual(reports.map(({ taken }) => taken).slice(0, 5), [1, 2, 2, 3, 4]);
});

test('20 in a row are not too many', async () => {
  const reports = await all(illRun((step) => step >= 2 && step < 22, 'loss', { epochs: 10 }));
  assert.equal(reports.filter(({ skipped }) => skipped).length, 20);
});
