import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { scope } from 'tandem-torch';
import { averaged, keptNetwork, type Method } from '../../src/methods/index.js';
import { assertClose, elements, hash } from '../support.js';
import { Stepping, tinyMethod } from './stepping.js';

const architecture = { backbone: 'resnet8', width: 4, stem: 'strided', channels: 3 } as const;
const kept = (name: string, keeps: number): Method =>
  averaged(tinyMethod(name, {}, { dtype: 'float64' }), { keeps, architecture });

/** Encoder and projector, statistics too: what an average has a counterpart of. */
function numbersOf({ encoder, head }: Method['student']): number[] {
  const parts = [encoder.stateDict(), head.stateDict()].flatMap((state) => Object.entries(state));
  return parts.filter(([name]) => !name.endsWith('num_batches_tracked')).flatMap(([, x]) => elements(x));
}

for (const name of ['simclr', 'byol', 'clbo', 'seed']) {
  describe(`the average of the weights of ${name}`, () => {
    test('is a = p a + (1 - p) theta after each step k, p the smaller of what is asked for and (1 + k) / (10 + k)', () => {
      const method = kept(name, 0.4);
      const stepping = new Stepping(method);
      const average = keptNetwork(method);
      let expected = numbersOf(average);
      assert.deepEqual(expected, numbersOf(method.student));
      for (let k = 0; k < 8; k++) {
        stepping.take();
        const keeps = Math.min(0.4, (1 + k) / (10 + k));
        const theta = numbersOf(method.student);
        expected = expected.map((a, i) => keeps * a + (1 - keeps) * (theta[i] as number));
        scope(() => assertClose(numbersOf(average), expected, { rtol: 1e-12, atol: 1e-13, label: `step ${k}` }));
      }
    });

    test('is kept, and takes no part in learning: all else has the bits that it has without', () => {
      const [plain, method] = [tinyMethod(name, {}, { dtype: 'float64' }), kept(name, 0.9)];
      for (const one of [plain, method]) new Stepping(one).take(5);
      assert.equal(method.result, 'average');
      const bits = ({ student, teacher }: Method) =>
        [student, teacher].map((network) => network && hash(Object.values(network.stateDict())));
      assert.deepEqual(bits(method), bits(plain));
      assert.ok(
        keptNetwork(method)
          .parameters()
          .every((x) => !x.requiresGrad),
      );
      assert.notDeepEqual(numbersOf(keptNetwork(method)), numbersOf(method.student));
      assert.equal(keptNetwork(plain), plain[plain.result as 'student' | 'teacher']);
    });
  });
}
