import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { pretrain, resolveConfig, resume } from '../../src/pretrain/index.js';
import { crc32c } from '../../src/pretrain/log/event-file.js';
import { metricsOf, pictures, temporary } from '../cli/running.js';

const root = temporary({ after });
const images = join(root, 'pictures');
before(() => pictures(images, 40).then(() => {}));

const config = (more: object) =>
  resolveConfig({
    ...{ images, backbone: 'resnet8', width: 4, stem: 'strided', size: 16, projHidden: 8, projDim: 8 },
    ...{ batch: 12, epochs: 5, keepEvery: 1, lr: 2, ...more },
  });

/** @param until the epoch in which it is interrupted */
async function run(name: string, more: object, until = Number.POSITIVE_INFINITY): Promise<string> {
  const out = join(root, name);
  const controller = new AbortController();
  for await (const event of pretrain(config(more), { out, signal: controller.signal })) {
    if (event.kind === 'step' && event.epoch > until) controller.abort();
  }
  return out;
}

const bytes = (out: string, file: string) => readFileSync(join(out, 'encoder', `${file}.safetensors`));

/** The first of the epochs with the best k-NN of the kept encoder, the teacher. */
function bestEpoch(out: string): number {
  const shares = metricsOf(out).map(({ knnTeacher }) => knnTeacher as number);
  return 1 + shares.indexOf(Math.max(...shares));
}

test('keepBest=knn keeps the encoder of the best epoch, also where the run was cut and resumed', async () => {
  const whole = await run('whole', { keepBest: 'knn' });
  const best = bestEpoch(whole);
  assert.ok(bytes(whole, 'best').equals(bytes(whole, `teacher-epoch${best}`)));
  const cut = await run('cut', { keepBest: 'knn' }, 2);
  for await (const _ of resume(cut)) {
  }
  assert.ok(bytes(cut, 'best').equals(bytes(whole, 'best')));
  const without = await run('without', { epochs: 1 });
  assert.equal(existsSync(join(without, 'encoder', 'best.safetensors')), false);
  assert.equal('keepBest' in JSON.parse(readFileSync(join(without, 'config.json'), 'utf8')), false);
});

test('keepBest without labels is refused in one line', async () => {
  const alone = await pictures(join(root, 'alone'), 30, ['alone']);
  await assert.rejects(
    run('refused', { images: alone, keepBest: 'knn' }),
    /^UsageError: keepBest=knn needs labels, and .* has none; keepEvery=N keeps encoders without$/,
  );
});

test('what there is no way to log to is said', () => {
  for (const log of ['mlflow', 'wandb']) {
    assert.throws(() => config({ log }), /^UsageError: log must be tensorboard \(of mlflow and wandb no maintained/);
  }
});

test('crc32c is that of RFC 3720', () => {
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
});

const python = [process.env.TANDEM_TENSORBOARD_PYTHON, 'python3'].find(
  (one) => one !== undefined && spawnSync(one, ['-c', 'import tensorboard']).status === 0,
);
const reader = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
log = EventAccumulator(sys.argv[1], size_guidance={'scalars': 0})
log.Reload()
print(json.dumps({tag: [[one.step, one.value] for one in log.Scalars(tag)] for tag in log.Tags()['scalars']}))
`;

test('TensorBoard itself reads what log=tensorboard writes, of a resumed run each step once', {
  skip: python === undefined && 'no python3 here holds tensorboard: pip install tensorboard',
}, async () => {
  const out = await run('logged', { log: 'tensorboard', keepEvery: 0 }, 2);
  for await (const _ of resume(out)) {
  }
  assert.equal(readdirSync(join(out, 'tensorboard')).length > 0, true);
  const { status, stdout, stderr } = spawnSync(python as string, ['-c', reader, join(out, 'tensorboard')]);
  assert.equal(status, 0, String(stderr));
  const found = JSON.parse(String(stdout)) as Record<string, [number, number][]>;
  const metrics = metricsOf(out);
  for (const name of ['loss', 'knnTeacher', 'lr', 'embeddingStd', 'imagesSeen']) {
    const wanted = metrics.map((line) => [line.step, Math.fround(line[name] as number)]);
    assert.deepEqual(found[name], wanted, name);
  }
  assert.equal('step' in found, false);
});
