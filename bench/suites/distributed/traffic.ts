import { distributed, type Tensor } from 'tandem-torch';
import { type DataSet, methods } from 'tandem-vision';
import type { Context } from '../../harness/suite.js';
import { tryTrainer } from '../../harness/trainer.js';

/** What a process hands over to others in one step, in bytes, and how often. */
export interface Traffic {
  readonly method: string;
  readonly gradient: number;
  /** Of each image of the batch: projections, keys, images, forward and back. */
  readonly rowsOfImage: number;
  readonly norms: number;
  readonly calls: number;
}

const batch = 16;
const lone = { rank: 0, size: 1, localRank: 0, host: '127.0.0.1', port: 0, launcher: 'the bench' };

/** Of every method that needs no trained teacher, by counting in a group of one. */
export async function trafficOf(
  images: DataSet,
  settings: Readonly<Record<string, unknown>>,
  say: Context['say'],
): Promise<Traffic[]> {
  const found: Traffic[] = [];
  for (const method of Object.keys(methods)) {
    say(`what ${method} sends`);
    const group = await distributed.initProcessGroup({ place: { ...lone, attempt: method } });
    if (!group) break;
    const counted = count(group);
    const trainer = tryTrainer({ ...settings, method, batch }, images, say, group);
    if (trainer) {
      await trainer.step();
      found.push({ method, ...counted() });
      await trainer.end();
    }
    await group.destroy();
  }
  return found;
}

const bytesOf = (x: Tensor) => x.numel * (x.dtype === 'float64' || x.dtype === 'int64' ? 8 : 4);

/** Counts what a group is asked for from now on. */
function count(group: distributed.ProcessGroup): () => Omit<Traffic, 'method'> {
  let [gradient, rows, norms, calls] = [0, 0, 0, 0];
  const { allReduceAsync, gatherRows, batchNorm } = group;
  const counting: Partial<distributed.ProcessGroup> = {
    allReduceAsync(...given) {
      gradient += bytesOf(given[0]);
      calls += 1;
      return allReduceAsync.apply(group, given);
    },
    gatherRows(...given) {
      const ways = given[0].requiresGrad ? 2 : 1;
      rows += ways * bytesOf(given[0]);
      calls += ways;
      return gatherRows.apply(group, given);
    },
    batchNorm(...given) {
      const [x, { weight }] = given;
      const ways = x.requiresGrad || weight?.requiresGrad ? 2 : 1;
      norms += ways * 2 * 4 * (x.shape[1] as number);
      calls += ways;
      return batchNorm.apply(group, given);
    },
  };
  Object.assign(group, counting);
  return () => ({ gradient, rowsOfImage: rows / batch, norms, calls });
}
