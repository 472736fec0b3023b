import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { liveCount, optim, scope } from '../src/index.js';
import { assertClose, fixture, load, type Stored } from './support.js';

interface Case {
  name: string;
  groups: { options: optim.SGDOptions; parameters: Stored[] }[];
  steps: { rates: number[]; gradients: (Stored | null)[]; parameters: Stored[] }[];
}

describe('SGD follows PyTorch', () => {
  for (const one of fixture<{ cases: Case[] }>('sgd').cases) {
    test(one.name, () => {
      const before = liveCount();
      scope(() => {
        const groups = one.groups.map(({ options, parameters }) => ({
          ...known(options),
          parameters: parameters.map((stored) => load(stored, { requiresGrad: true })),
        }));
        const parameters = groups.flatMap((group) => group.parameters);
        const [first] = groups;
        const sgd =
          groups.length === 1 && first
            ? new optim.SGD(first.parameters, known(one.groups[0]?.options as optim.SGDOptions))
            : new optim.SGD(groups, { lr: 1 });
        one.steps.forEach(({ rates, gradients, parameters: expected }, step) => {
          parameters.forEach((parameter, i) => {
            const gradient = gradients[i];
            parameter.grad = gradient ? load(gradient) : null;
          });
          if (groups.length === 1) {
            sgd.step({ lr: rates[0] as number });
          } else {
            sgd.groups.forEach((group, g) => {
              group.lr = rates[g] as number;
            });
            sgd.step();
          }
          parameters.forEach((parameter, i) => {
            assertClose(parameter, expected[i] as Stored, `${one.name}: parameter ${i} after step ${step}`, {
              rtol: 1e-12,
              atol: 1e-13,
            });
            const gradient = gradients[i];
            if (gradient && parameter.grad) assertClose(parameter.grad, gradient, 'the gradient stays as it was');
          });
        });
        sgd.dispose();
      });
      assert.equal(liveCount(), before, 'live tensors');
    });
  }
});

/** PyTorch's SGD has options that ours has not; the fixture records all of them, these at their defaults. */
function known({ lr, momentum, weightDecay, nesterov }: optim.SGDOptions): optim.SGDOptions {
  return { lr, momentum, weightDecay, nesterov };
}
