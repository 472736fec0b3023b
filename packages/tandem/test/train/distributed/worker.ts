// One process of the distributed tests: trains each subject for some steps, alone or with others,
// and leaves what came of it in a file.

import { writeFileSync } from 'node:fs';
import { distributed, io, manualSeed, noGrad, rand, scope, type Tensor, tensor } from 'tandem-torch';
import { learnersOf, type Method } from '../../../src/methods/index.js';
import { trainingState } from '../../../src/train/checkpoint.js';
import { viewsPreset } from '../../../src/views/index.js';
import { labelledNoise, type RunSetup, reports, setUp } from '../../methods/running.js';

/** What a process is to do. */
export interface Task {
  readonly subjects: readonly Subject[];
  readonly dtype: 'float32' | 'float64';
  readonly steps: number;
  readonly batch: number;
  /** Where process 0 leaves what came of each subject. */
  readonly out: string;
  /** Whether one process takes the way of several. */
  readonly isGroup?: boolean;
  /** By which part of itself each parameter is changed before the first step, at most. */
  readonly noise?: number;
  /** Which noise. */
  readonly draw?: number;
}

/** A method and its settings. */
export interface Subject {
  readonly title: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly form?: 'crops' | 'transformer';
  readonly syncBatchNorm?: boolean;
}

const forms: Readonly<Record<NonNullable<Subject['form']>, Partial<RunSetup>>> = {
  crops: { views: viewsPreset('multi-crop', { size: 8, locals: 3 }) },
  transformer: { architecture: { backbone: 'vit-micro', width: 32, depth: 2, patch: 4, size: 8, channels: 3 } },
};
const { subjects, dtype, steps, batch, out, isGroup, noise, draw = 0 } = JSON.parse(process.argv[2] ?? '') as Task;
// Two steps an epoch, and some left over.
const pictures = labelledNoise(2 * batch + 2, { channels: 3, side: 8 });

const lone = { rank: 0, size: 1, localRank: 0, host: '127.0.0.1', port: 0, launcher: 'a test' };
const place = isGroup ? { ...lone, job: '' } : undefined;
const group = await distributed.initProcessGroup({ joinSeconds: 60, checks: true, place });
for (const [number, { title, settings, form, syncBatchNorm }] of subjects.entries()) {
  const run = setUp({
    settings: { batch, epochs: Math.ceil(steps / 2), seed: 3, lr: 0.05, schedule: 'step', ...settings },
    ...{ pictures, dtype, group, ...(form && forms[form]) },
    ...(syncBatchNorm !== undefined && { syncBatchNorm }),
  });
  if (noise !== undefined) disturb(run.method, noise);
  const told = await reports(run, steps);
  const gradients = learnersOf(run.method).flatMap((network) => network.namedParameters());
  const tensors: Record<string, Tensor> = {
    'loss.loss': tensor(
      told.map(({ loss = Number.NaN }) => loss),
      { dtype: 'float64' },
    ),
    ...Object.fromEntries(
      Object.keys(told[0]?.terms ?? {}).map((term) => [
        `loss.${term}`,
        tensor(
          told.map(({ terms }) => terms?.[term] ?? Number.NaN),
          { dtype: 'float64' },
        ),
      ]),
    ),
    ...Object.fromEntries(gradients.flatMap(([name, { grad }], i) => (grad ? [[`gradient.${i}.${name}`, grad]] : []))),
    ...Object.fromEntries(
      Object.entries(trainingState(run.method, run.plan.optimizer)).map(([name, x]) => [`state.${name}`, x]),
    ),
  };
  // The same bits on every process: what is different is told by the sum of the digests.
  const digest = io.digestTensors(tensors, '');
  const own = tensor(Array.from(Buffer.from(digest, 'hex')), { dtype: 'int64' });
  const first = group ? group.broadcast(own.clone()) : own;
  if (!first.equal(own)) throw new Error(`${title}: process ${group?.rank} has another state than process 0`);
  if ((group?.rank ?? 0) === 0) io.saveSafetensors(`${out}.${number}.safetensors`, tensors, {});
}
await group?.destroy();
writeFileSync(`${out}.done.${group?.rank ?? 0}`, '');

function disturb(method: Method, noise: number): void {
  const parameters = learnersOf(method).flatMap((network) => network.parameters());
  manualSeed(1 + draw);
  scope(() => noGrad(() => parameters.forEach((x) => void x.mul_(rand(x.shape).mul(2).sub(1).mul(noise).add(1)))));
}
