import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Tensor } from 'tandem-torch';
import { newArchitecture } from '../../src/networks/index.js';
import { Accumulation } from '../../src/train/accumulation.js';
import { trainingState } from '../../src/train/checkpoint.js';
import { type Run, reports, setUp } from '../methods/running.js';
import { settingsFor } from '../methods/stepping.js';

const architecture = newArchitecture('vit-micro', { depth: 2, patch: 4 }, { size: 8, channels: 3 });
const heads = { projHidden: 8, projDim: 8 };
const network = { backbone: 'vit-micro', depth: 2, dropPath: 0.3 };

function run(method: string, parts: number): Run {
  const options = settingsFor(method, { ...heads, predHidden: 8, bank: 16 });
  const settings = { method, batch: 8, epochs: 1, seed: 3, lr: 0.05, schedule: 'step', ...options, ...network };
  const whole = setUp({ settings, architecture, dtype: 'float64' });
  if (parts === 1) return whole;
  return { ...whole, plan: { ...whole.plan, accumulation: new Accumulation(whole.method, parts, 'cpu') } };
}

/** How far apart numbers are at most, in parts of the largest. */
function apart(a: Tensor, b: Tensor): number {
  const largest = Math.max(b.abs().max().item(), 1e-4);
  return a.to('float64').sub(b.to('float64')).abs().max().item() / largest;
}

describe('in parts, a transformer learns what it learns from the whole batch, to 1e-10 in float64', () => {
  for (const method of ['simclr', 'clbo', 'moby', 'mocov3', 'byol', 'barlow-twins', 'vicreg', 'dino']) {
    test(method, async () => {
      const [whole, parts] = [run(method, 1), run(method, 3)];
      const losses: number[][] = [];
      for (const each of [whole, parts]) losses.push((await reports(each, 3)).map(({ loss }) => loss as number));
      losses[0]?.forEach((loss, i) => {
        const other = losses[1]?.[i] as number;
        assert.ok(Math.abs(loss - other) <= 1e-10 * Math.abs(loss), `${loss} and ${other} at step ${i + 1}`);
      });
      const [expected, found] = [whole, parts].map((each) => trainingState(each.method, each.plan.optimizer));
      for (const [name, value] of Object.entries(expected ?? {})) {
        const other = found?.[name] as Tensor;
        assert.ok(value.numel === 0 || apart(other.to('float64'), value.to('float64')) < 1e-10, name);
      }
    });
  }
});

test('batch norm in the network, and patches in place of features, are refused', () => {
  const settings = { method: 'simclr', batch: 8, epochs: 1, ...heads };
  const { method } = setUp({ settings });
  assert.throws(() => new Accumulation(method, 2, 'cpu'), /batch norm would normalise each part by itself/);
  const { method: other } = run('simclr', 1);
  assert.throws(() => new Accumulation({ ...other, learnsFromPlaces: true }, 2, 'cpu'), /takes more of images than/);
});

test('a method that goes past its branches is named at the first step', () => {
  const accumulation = new Accumulation({ ...run('simclr', 1).method, name: 'mine' }, 2, 'cpu');
  accumulation.begin(8);
  assert.throws(() => accumulation.finish((work) => work()), /^UserError: accumulate: mine takes more of images than/);
});
