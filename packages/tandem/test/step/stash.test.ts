import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { tensor } from 'tandem-torch';
import { KeyQueue, Stash } from '../../src/step/index.js';

describe('Stash', () => {
  const [one, other] = [new KeyQueue(2, 2), new KeyQueue(2, 2)];
  const keys = (value: number) => tensor([value]).keep();

  test('holds the tensors of each owner, and the newest alone', () => {
    const stash = new Stash();
    const [first, second, third] = [keys(1), keys(2), keys(3)];
    stash.put(one, [first]);
    stash.put(other, [second, third]);
    assert.deepEqual(stash.get(one), [first]);
    assert.deepEqual(stash.get(other), [second, third]);
    stash.put(one, [third]);
    assert.deepEqual(stash.get(one), [third]);
    assert.deepEqual(stash.tensors, [third, second, third]);
  });

  test('says who asks for what no loss has put there', () => {
    const stash = new Stash();
    stash.put(other, []);
    assert.deepEqual(stash.get(other), []);
    assert.throws(() => stash.get(one), { message: 'the loss has stashed nothing for KeyQueue' });
  });
});
