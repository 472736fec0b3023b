import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cat, liveCount, noGrad, optim, scope, type Tensor, tensor } from 'tandem-torch';
import { Head } from '../../src/networks/index.js';
import { frozenTeacher } from '../../src/teachers/index.js';
import { tinyEncoder } from '../methods/stepping.js';
import { assertClose, elements, hash, normal } from '../support.js';

const cifar = { mean: [0.49, 0.48, 0.45], std: [0.25, 0.24, 0.26] };
const other = { mean: [0.1, 0.5, 0.9], std: [0.5, 1, 0.2] };

/** A network whose batch norms have seen something. */
function trained() {
  const encoder = tinyEncoder().to({ dtype: 'float64' });
  const head = new Head({ widths: [encoder.featureWidth, 5, 4], norm: true }).to({ dtype: 'float64' });
  scope(() => noGrad(() => head.forward(encoder.forward(normal([16, 3, 2, 2], 4)))));
  return { encoder, head };
}

const bits = ({ encoder, head }: ReturnType<typeof trained>) =>
  hash([...Object.values(encoder.stateDict()), ...Object.values(head.stateDict())]);

describe('a frozen teacher', () => {
  test('ten steps leave every bit of it, batch norm too, and no tensor behind', () => {
    const network = trained();
    const teacher = frozenTeacher({ ...network, own: cifar }, cifar);
    const student = new Head({ widths: [12, 4], norm: false }).to({ dtype: 'float64' });
    const optimizer = new optim.SGD(student.parameters(), { lr: 0.1, momentum: 0.9 });
    const before = bits(network);
    const live = new Set<number>();
    for (let step = 0; step < 10; step++) {
      scope(() => {
        const x = normal([6, 3, 2, 2], 10 + step);
        optimizer.zeroGrad();
        student
          .forward(x.flatten({ startDim: 1 }))
          .sub(teacher.project([x])[0])
          .square()
          .mean()
          .backward();
        optimizer.step();
      });
      live.add(liveCount());
    }
    assert.equal(bits(network), before);
    assert.equal(live.size, 1);
  });

  test('what it says of an image does not depend on the others of its batch', () =>
    scope(() => {
      const teacher = frozenTeacher({ ...trained(), own: cifar }, cifar);
      const [a, b] = [normal([3, 3, 2, 2], 1), normal([5, 3, 2, 2], 2).mul(9)];
      const [alone] = teacher.project([a]);
      const [together] = teacher.project([cat([a, b])]);
      assertClose(together.narrow(0, 0, 3), alone, { rtol: 1e-12, atol: 1e-14 });
    }));

  test('nothing in it asks for a gradient, nor does what it gives', () => {
    const network = trained();
    const teacher = frozenTeacher({ ...network, own: cifar }, cifar);
    for (const x of [...network.encoder.parameters(), ...network.head.parameters()])
      assert.equal(x.requiresGrad, false);
    scope(() => {
      const x = normal([2, 3, 2, 2], 1);
      x.requiresGrad = true;
      assert.equal(teacher.project([x])[0].requiresGrad, false);
    });
    assert.equal(teacher.width, 4);
  });

  test('images that are normalised otherwise than its own mean the same to it', () =>
    scope(() => {
      const network = trained();
      const pixels = normal([4, 3, 2, 2], 3);
      const normalised = ({ mean, std }: typeof cifar) => {
        const perChannel = (x: number[]) => tensor(Float64Array.from(x), { shape: [1, 3, 1, 1] });
        return pixels.sub(perChannel(mean)).div(perChannel(std));
      };
      const same = frozenTeacher({ ...network, own: cifar }, cifar).project([normalised(cifar)])[0];
      const rescaled = frozenTeacher({ ...network, own: cifar }, other).project([normalised(other)])[0];
      const wrong = frozenTeacher({ ...network, own: cifar }, cifar).project([normalised(other)])[0];
      // The factors are float32.
      assertClose(rescaled, same, { rtol: 1e-5, atol: 1e-5 });
      const gap = (x: Tensor) => Math.max(...elements(x.sub(same)).map(Math.abs));
      assert.ok(gap(wrong) > 0.1);
    }));
});
