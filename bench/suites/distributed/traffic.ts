import { distributed, type Tensor } from 'tandem-torch';
import { type DataSet, methods } from 'tandem-vision';
import { stopwatch } from '../../harness/stopwatch.js';
import type { Context } from '../../harness/suite.js';
import { tryTrainer } from '../../harness/trainer.js';

/** What a process has for others in one step, in bytes, and how often. */
export interface Traffic {
  readonly method: string;
  readonly gradient: number;
  /** Of each image of the batch: projections, keys, images that all processes get. */
  readonly gathered: number;
  /** Of each image: gradients of these that are added up. */
  readonly returned: number;
  /** Means and variances of batch norms in libtorch's passes, which all processes get. */
  readonly means: number;
  /** Sums of batch norms that are added up: of gradients, and in our own passes of values too. */
  readonly sums: number;
  /** Collectives that the step waits for at once: all but those of gradients. */
  readonly calls: number;
  /** Of the step's time here, that of the backward pass. */
  readonly backwardShare: number;
}

const batch = 16;
const lone = { rank: 0, size: 1, localRank: 0, host: '127.0.0.1', port: 0, launcher: 'the bench' };

/** Of every method that needs no trained teacher, by counting in a group of one. */
export async function trafficOf(
  images: DataSet,
  settings: Readonly<Record<string, unknown>>,
  say: Context['say'],
  names: readonly string[] = Object.keys(methods),
): Promise<Traffic[]> {
  const found: Traffic[] = [];
  for (const method of names) {
    say(`what ${method} sends`);
    const group = await distributed.initProcessGroup({ place: { ...lone, job: method } });
    if (!group) break;
    const counted = count(group);
    const trainer = tryTrainer({ ...settings, method, batch }, images, say, group);
    if (trainer) {
      const { phases } = await trainer.step();
      const all = Object.values(phases).reduce((sum, seconds) => sum + seconds, 0);
      found.push({ method, ...counted(), backwardShare: phases.backward / all });
      await trainer.end();
    }
    await group.destroy();
  }
  return found;
}

const bytesOf = (x: Tensor) => x.numel * (x.dtype === 'float64' || x.dtype === 'int64' ? 8 : 4);

/** Counts what a group is asked for from now on. */
function count(group: distributed.ProcessGroup): () => Omit<Traffic, 'method' | 'backwardShare'> {
  let [gradient, gathered, returned, means, sums, calls] = [0, 0, 0, 0, 0, 0];
  const { gradientSums, gatherRows, batchNorm, across, allReduceAsync } = group;
  const counting: Partial<distributed.ProcessGroup> = {
    gradientSums(parameters, options) {
      const all = gradientSums.call(group, parameters, options);
      const backward = all.backward.bind(all);
      all.backward = (loss) => {
        stopwatch.during('backward', () => backward(loss));
        gradient = parameters.reduce((bytes, { grad }) => bytes + (grad ? bytesOf(grad) : 0), 0);
      };
      return all;
    },
    allReduceAsync(...given) {
      calls += 1;
      return allReduceAsync.apply(group, given);
    },
    gatherRows(...given) {
      gathered += bytesOf(given[0]);
      if (given[0].requiresGrad) returned += bytesOf(given[0]);
      calls += given[0].requiresGrad ? 2 : 1;
      return gatherRows.apply(group, given);
    },
    batchNorm(...given) {
      const [x, { weight }] = given;
      const bytes = 2 * 4 * (x.shape[1] as number);
      const isLearned = x.requiresGrad || weight?.requiresGrad === true;
      means += bytes;
      if (isLearned) sums += bytes;
      calls += isLearned ? 2 : 1;
      return batchNorm.apply(group, given);
    },
    across(counts) {
      const { normalise, measuring } = across.call(group, counts);
      return {
        normalise,
        measuring(operator, norm) {
          const y = measuring(operator, norm);
          const times = y.requiresGrad ? 2 : 1;
          sums += times * 8 * (2 * norm.runningMean.numel + 1);
          calls += times;
          return y;
        },
      };
    },
  };
  Object.assign(group, counting);
  return () => ({ gradient, gathered: gathered / batch, returned: returned / batch, means, sums, calls });
}
