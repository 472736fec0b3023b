import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { io, scope, type Tensor } from 'tandem-torch';
import { pretrain, resolveConfig } from '../../src/pretrain/index.js';
import { loadEncoder } from '../../src/weights/index.js';
import { pictures, temporary } from '../cli/running.js';
import { elements } from '../support.js';

const root = temporary({ after });
const images = join(root, 'pictures');

before(async () => {
  await pictures(images, 16);
});

test("a co-trained teacher's encoder is saved beside the student's, as it learned, with its own form", async () => {
  const out = join(root, 'run');
  const config = resolveConfig({
    ...{ images, method: 's2bnn', backbone: 'react-resnet8', width: 4, stem: 'strided', size: 16 },
    ...{
      coTrained: 'resnet10',
      coTrainedWidth: 8,
      projDim: 8,
      bank: 8,
      bnSplits: 2,
      batch: 8,
      epochs: 1,
      keepEvery: 1,
    },
  });
  for await (const _ of pretrain(config, { out }));
  const { tensors } = io.loadSafetensors(join(out, 'checkpoint', 'state.safetensors'));
  for (const file of ['coTrained', 'coTrained-epoch1']) {
    const { encoder, card } = loadEncoder(join(out, 'encoder', `${file}.safetensors`));
    const { backbone, width, channels } = card.architecture;
    assert.deepEqual([backbone, width, channels, card.size], ['resnet10', 8, 3, 16]);
    scope(() => {
      for (const [name, x] of Object.entries(encoder.stateDict())) {
        assert.deepEqual(elements(x), elements(tensors[`coTrained.encoder.${name}`] as Tensor), name);
      }
    });
    encoder.dispose();
  }
});
