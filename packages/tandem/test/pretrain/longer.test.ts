import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { continuedTo, turnsOf } from '../../src/pretrain/config/continuation.js';
import { type Longer, type PretrainEvent, pretrain, resolveConfig, resume } from '../../src/pretrain/index.js';
import { pace } from '../../src/pretrain/optimizer.js';
import { metricsOf, pictures, temporary } from '../cli/running.js';
import { whatCameOut } from '../faults/runs.js';
import { assertClose } from '../support.js';

const root = temporary({ after });
const images = join(root, 'pictures');
before(() => pictures(images, 20).then(() => {}));

const training = (more: object) => resolveConfig({ images: 'pictures', lr: 0.1, ...more }).training;
const rates = (more: object, perEpoch = 1) => {
  const settings = training(more);
  const { lr } = pace(settings, perEpoch);
  return Array.from({ length: settings.epochs * perEpoch }, (_, step) => lr(step));
};

test('restart: up again and down over what is added; constant: as in the last epoch; stretch: as if planned so', () => {
  const [first, rest] = [rates({ epochs: 4 }), rates({ epochs: 6 })];
  assert.deepEqual(rates({ epochs: 10, continued: '4:restart' }), [...first, ...rest]);
  assert.deepEqual(rates({ epochs: 6, continued: '4:constant' }), [...first, ...Array(2).fill(first[3])]);
  assert.deepEqual(rates({ epochs: 6, continued: '4:stretch' }), [...first, ...rest.slice(4)]);
  const twice = rates({ epochs: 12, continued: '4:restart,10:constant' });
  assert.deepEqual(twice, [...first, ...rest, rest[5], rest[5]]);
  const warm = rates({ epochs: 8, continued: '4:restart', warmup: 1, schedule: 'step' }, 3);
  assert.deepEqual(warm.slice(12), rates({ epochs: 4, warmup: 1, schedule: 'step' }, 3));
  assertClose(warm[12] as number, 0.1 / 3, { rtol: 1e-12 });
});

test('what does not go together is refused in one line', () => {
  const refused = (more: object, message: RegExp) => assert.throws(() => training(more), message);
  refused({ epochs: 10, continued: '4:up' }, /^UsageError: continued must be epochs and how the rate goes on after/);
  refused({ epochs: 10, continued: '10:restart' }, /must name epochs in order, before the last, 10$/);
  refused({ epochs: 10, continued: '4:restart,4:constant' }, /must name epochs in order/);
  refused(
    { epochs: 10, continued: '8:restart', warmup: 3 },
    /warmup must be shorter than each part of the run: 3 of 2/,
  );
  const longer = (settings: object, to: Longer) => continuedTo('runs/x', training(settings), to);
  assert.throws(() => longer({ epochs: 9 }, { epochs: 12 }), /falls until epoch 9; say how it goes on: --then restart/);
  assert.throws(
    () => longer({ epochs: 9 }, { epochs: 5 }),
    /has 9 epochs, which --epochs 5 cannot take back; stopAt=5/,
  );
  assert.equal(longer({ epochs: 9 }, { epochs: 9 }), undefined);
  assert.deepEqual(longer({ epochs: 9, decay: 'constant' }, { epochs: 12 }), { epochs: 12, continued: '9:constant' });
  assert.deepEqual(turnsOf({ continued: '9:constant,12:restart' }), [
    { after: 9, how: 'constant' },
    { after: 12, how: 'restart' },
  ]);
});

const network = { backbone: 'resnet8', width: 4, stem: 'strided', size: 16, projHidden: 8, projDim: 8 };
const settings = { images, ...network, method: 'byol', batch: 6, lr: 0.1, averageWeights: 0.9 };

async function events(of: AsyncIterable<PretrainEvent>, stop?: (event: PretrainEvent) => void): Promise<string[]> {
  const texts: string[] = [];
  for await (const event of of) {
    if (event.kind === 'warning') texts.push(event.text);
    stop?.(event);
  }
  return texts;
}

test('a run at its end goes on to more epochs; interrupted there, it comes to the same bits; so does a second time', async () => {
  const out = async (name: string) => {
    await events(pretrain(resolveConfig({ ...settings, epochs: 2 }), { out: join(root, name) }));
    return join(root, name);
  };
  const longer = { epochs: 4, how: 'restart' } as const;
  const [one, two] = [await out('one'), await out('two')];
  await assert.rejects(events(resume(one)), /is at its end: all 2 epochs are done; .*--epochs 4 --then restart/);
  await assert.rejects(events(resume(one, { longer: { epochs: 4 } })), /say how it goes on/);
  const [text] = await events(resume(one, { longer }));
  assert.match(text ?? '', /^after epoch 2 it goes on to 4 \(restart\): the learning rate goes from 0\.100 to 0\.05/);
  const metrics = metricsOf(one);
  assert.deepEqual(
    metrics.map(({ epoch }) => epoch),
    [1, 2, 3, 4],
  );
  assert.equal(metrics[2]?.lr, metrics[0]?.lr);
  const { epochs, continued } = JSON.parse(readFileSync(join(one, 'config.json'), 'utf8'));
  assert.deepEqual([epochs, continued], [4, '2:restart']);

  const controller = new AbortController();
  await events(resume(two, { longer, signal: controller.signal }), (event) => {
    if (event.kind === 'step' && event.epoch === 3 && !event.endsEpoch) controller.abort();
  });
  assert.deepEqual(await events(resume(two, { longer })), []);
  assert.deepEqual(whatCameOut(two), whatCameOut(one));
  await events(resume(two, { longer: { epochs: 5, how: 'constant' } }));
  assert.equal(metricsOf(two).at(-1)?.lr, metricsOf(two).at(-2)?.lr);
});
