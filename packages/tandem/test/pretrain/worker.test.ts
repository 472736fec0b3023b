import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { defineImages } from '../../src/images/index.js';
import { type PretrainEvent, pretrain } from '../../src/pretrain/index.js';
import { pictures, temporary } from '../cli/running.js';

const root = temporary({ after });
const images = join(root, 'pictures');
const request = {
  ...{ data: images, method: 'byol', backbone: 'resnet10', width: 4, stem: 'strided', batch: 20, epochs: 2 },
  ...{ projHidden: 8, projDim: 8, predHidden: 8 },
};

before(() => pictures(images, 20));

describe('a run in a thread of its own', () => {
  test('gives the same encoder to the bit, and tells the same events', async () => {
    const events: Record<string, PretrainEvent[]> = { here: [], there: [] };
    for (const name of ['here', 'there']) {
      const onEvent = (event: PretrainEvent) => void events[name]?.push(event);
      const made = await pretrain({ ...request, worker: name === 'there', out: join(root, name), onEvent });
      assert.deepEqual([made.run, made.interrupted, made.metrics?.epoch], [join(root, name), false, 2]);
    }
    const [here, there] = ['here', 'there'].map((name) =>
      readFileSync(join(root, name, 'encoder/encoder.safetensors')),
    );
    assert.ok(here?.equals(there as Buffer));
    const kinds = (name: string) => events[name]?.map(({ kind }) => kind);
    assert.deepEqual(kinds('there'), kinds('here'));
    const start = events.there?.find(({ kind }) => kind === 'start');
    assert.ok(
      start?.kind === 'start' && start.data.train.count === 40 && start.data.train.pixels instanceof Uint8Array,
    );
  });

  test('is stopped by its signal with all saved; a failing listener stops it too', async () => {
    const controller = new AbortController();
    const out = join(root, 'stopped');
    const stopped = await pretrain({
      ...{ ...request, epochs: 500, out, worker: true, signal: controller.signal },
      onEvent: ({ kind }) => {
        if (kind === 'step') controller.abort();
      },
    });
    assert.equal(stopped.interrupted, true);
    assert.ok(readFileSync(join(out, 'checkpoint', 'state.safetensors')).length > 0);
    const failing = pretrain({
      ...{ ...request, epochs: 500, out: join(root, 'failing'), worker: true },
      onEvent: ({ kind }) => {
        if (kind === 'step') throw new Error('no more');
      },
    });
    await assert.rejects(failing, /^Error: no more$/);
  });

  test('says what is wrong as it does here', async () => {
    const wrong = pretrain({ ...request, method: 'byoll', worker: true });
    await assert.rejects(wrong, { name: 'UsageError', message: /unknown method 'byoll'.*Did you mean 'byol'\?/ });
    const data = defineImages({ name: 'mine', images: [] });
    await assert.rejects(pretrain({ ...request, data, worker: true }), /worker: data must be a name there/);
  });
});
