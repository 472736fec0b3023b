import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { scope } from '@tandem/torch';
import { methods } from '../../src/methods/index.js';
import { trainingState } from '../../src/train/checkpoint.js';
import type { Recorder } from '../../src/train/graph.js';
import { labelledNoise, type Run, reports, setUp } from '../methods/running.js';
import { settingsFor } from '../methods/stepping.js';

const small = { projHidden: 8, projDim: 8, predHidden: 8, bank: 16, bnSplits: 2, lambda0: 0.1 };
const pictures = labelledNoise(18, { channels: 3, side: 8 });

/** Does the work again at each replay, in place of a graph; as with one, nothing that was not kept can be used afterwards. */
function stand(): { record: Recorder; recordings: number; replays: number } {
  const counts = {
    recordings: 0,
    replays: 0,
    record(work: () => void) {
      counts.recordings += 1;
      return {
        replay() {
          counts.replays += 1;
          scope(work);
        },
        dispose() {},
      };
    },
  };
  return counts;
}

function newRun(method: string, settings: object): Run {
  const teacher = methods[method]?.teacher !== 'none' && { teacher: 'frozen' };
  const own = { ...settingsFor(method, small), ...teacher, ...settings };
  return setUp({
    settings: { method, batch: 8, epochs: 6, seed: 3, precision: 'float32', lr: 0.02, ...own },
    pictures,
  });
}

/** Losses, and all that decides how training goes on, of a run as usual and of one that replays. */
async function compare(method: string, settings: object) {
  const [usual, other] = [newRun(method, settings), newRun(method, settings)];
  const graph = stand();
  const [expected, found] = [
    await reports(usual),
    await reports({ ...other, plan: { ...other.plan, record: graph.record } }),
  ];
  assert.deepEqual(found, expected);
  const state = trainingState(other.method, other.plan.optimizer);
  for (const [name, x] of Object.entries(trainingState(usual.method, usual.plan.optimizer))) {
    assert.ok(Buffer.from(x.bytes()).equals((state[name] as typeof x).bytes()), name);
  }
  return { ...graph, steps: expected.length };
}

describe('steps that replay their gradients are the steps that compute them', () => {
  const changing = { warmup: 1, schedule: 'step', weightDecayEnd: 0.1 };
  for (const [method, settings] of [
    ['simclr', { clip: 0.1 }],
    ['simclr', { optimizer: 'lars', weightDecay: 1e-4 }],
    ['byol', { optimizer: 'adamw' }],
    ['simsiam', {}],
    ['moby', { optimizer: 'adam' }],
    ['moco', { shuffle: false }],
    ['barlow-twins', { nesterov: true }],
    ['vicreg', { memoryFormat: 'channelsLast' }],
    ['clbo', {}],
    ['clbo', { studentStart: 'restart', momentumAcrossRounds: 'reset', epochMode: 'E1b', teacherBn: 'B2' }],
    ['clbo', { proxMode: 'decoupled', loss: 'vicreg', nonFinite: 'skip' }],
    ['seed', {}],
    ['s2bnn', { strategy: 'both', shuffle: false }],
    ['simclr-v2', {}],
    ['supervised', {}],
  ] as const) {
    test(`${method} ${JSON.stringify(settings)}`, async () => {
      const { recordings, replays, steps } = await compare(method, { ...changing, ...settings });
      assert.deepEqual({ recordings, replays }, { recordings: 1, replays: steps - 3 });
    });
  }

  for (const [method, settings] of [
    ['moco', {}],
    ['dino', { prototypes: 8, projHidden: 8 }],
  ] as const) {
    test(`${method}, whose loss depends on the step, is never recorded`, async () => {
      assert.equal((await compare(method, settings)).recordings, 0);
    });
  }
});
