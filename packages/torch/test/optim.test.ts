import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { liveCount, optim, scope, type Tensor } from '../src/index.js';
import { assertClose, fixture, load, type Stored } from './support.js';

interface Case {
  name: string;
  groups: { options: optim.OptimizerOptions; parameters: Stored[] }[];
  steps: { rates: number[]; gradients: (Stored | null)[]; parameters: Stored[] }[];
}

const kinds = { SGD: optim.SGD, LARS: optim.LARS, Adam: optim.Adam, AdamW: optim.AdamW };
const cases = fixture<Record<keyof typeof kinds, Case[]>>('optim');
const tolerances: Record<string, { rtol: number; atol: number }> = {
  float64: { rtol: 1e-12, atol: 1e-13 },
  float32: { rtol: 1e-5, atol: 1e-6 },
};

/**
 * One group is given as options, its rate to `step`; several are given as groups, and get their
 * rates as settings.
 */
function build(kind: keyof typeof kinds, groups: optim.GroupOptions<optim.OptimizerOptions>[]) {
  const [{ parameters, ...options } = { parameters: [] }] = groups;
  if (groups.length > 1) return new kinds[kind](groups, { lr: 1 });
  return new kinds[kind](parameters, options as optim.OptimizerOptions);
}

function setRates(optimizer: optim.Optimizer, rates: number[]): { lr?: number } {
  if (rates.length === 1) return { lr: rates[0] as number };
  optimizer.groups.forEach((group, g) => {
    group.lr = rates[g] as number;
  });
  return {};
}

for (const kind of ['SGD', 'LARS', 'Adam', 'AdamW'] as const) {
  describe(`${kind} follows ${kind === 'LARS' ? 'its definition' : 'PyTorch'}`, () => {
    for (const { name, groups: stored, steps } of cases[kind]) {
      test(name, () => {
        const before = liveCount();
        scope(() => {
          const groups = stored.map(({ options, parameters }) => ({
            ...options,
            parameters: parameters.map((x) => load(x, { requiresGrad: true })),
          }));
          const parameters: Tensor[] = groups.flatMap((group) => group.parameters);
          const optimizer = build(kind, groups);
          steps.forEach(({ rates, gradients, parameters: expected }, step) => {
            parameters.forEach((parameter, i) => {
              const gradient = gradients[i];
              parameter.grad = gradient ? load(gradient) : null;
            });
            const live = liveCount();
            optimizer.step(setRates(optimizer, rates));
            assert.equal(liveCount(), live, 'a step leaves no tensors');
            parameters.forEach((parameter, i) => {
              const label = `parameter ${i} after step ${step}`;
              assertClose(parameter, expected[i] as Stored, label, tolerances[parameter.dtype]);
              const gradient = gradients[i];
              if (gradient && parameter.grad) assertClose(parameter.grad, gradient, 'the gradient stays as it was');
            });
          });
          optimizer.dispose();
        });
        assert.equal(liveCount(), before, 'live tensors');
      });
    }
  });
}
