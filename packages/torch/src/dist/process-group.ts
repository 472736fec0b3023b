import { noGrad } from '../autograd.js';
import { binding } from '../binding.js';
import { tensor } from '../create.js';
import { empty, stack, zeros } from '../ops.generated.js';
import { scope } from '../scope.js';
import { slotOf, Tensor } from '../tensor.js';
import type { Place } from './environment.js';
import { GradientSums, type SumOptions } from './gradient-sums.js';
import type { Member, Monitor } from './monitor.js';

/** How numbers of all processes become one. */
export type Operation = 'sum' | 'min' | 'max';

/** Another process of the group is gone; the message says which, on which host. */
export class LostProcessError extends Error {}

/** A collective under way. Between its start and its end nobody may touch its tensor. */
export class Collective {
  readonly #group: ProcessGroup;
  readonly #work: number;
  readonly #end: () => Tensor;

  /** @internal */
  constructor(group: ProcessGroup, work: number, end: () => Tensor) {
    this.#group = group;
    this.#work = work;
    this.#end = end;
  }

  /**
   * Waits for its end; once.
   * @returns the tensor with the result
   * @throws LostProcessError, or Error once the group's limit is over
   */
  wait(): Tensor {
    this.#group.guarded(() => binding.waitForWork(this.#work));
    return this.#end();
  }
}

/**
 * A wait for a collective, in seconds of the clock of this host, which all of its processes share:
 * while all of them wait, they communicate; before that, one is behind.
 */
export interface Wait {
  readonly begun: number;
  readonly ended: number;
}

/** A batch norm, as `nn` has it. */
interface NormStatistics {
  readonly weight: Tensor | null;
  readonly bias: Tensor | null;
  readonly runningMean: Tensor;
  readonly runningVar: Tensor;
  readonly momentum: number;
  readonly eps: number;
}

/** Types that Gloo adds up as they are. */
const summed: readonly string[] = ['float32', 'float64', 'float16', 'int64', 'int32', 'int8', 'uint8'];
const floating: readonly string[] = ['float32', 'float64', 'float16', 'bfloat16'];
/** How a check writes down what a process is about to do. */
const kinds: readonly string[] = ['allReduce sum', 'allReduce min', 'allReduce max', 'allGather', 'broadcast'];
const types: readonly string[] = [...summed, 'bfloat16', 'int16', 'bool'];

/**
 * Processes that work together, by c10d's Gloo, and by its NCCL for tensors on GPUs where the
 * engine has it and each process a GPU of its own; other GPUs' go through the host's memory. All
 * processes make the same calls in the same order, with tensors of equal shape, type and kind of
 * device. Tensors may lie in memory as they like: what is sent is contiguous.
 */
export class ProcessGroup {
  readonly #id: number;
  readonly #monitor: Monitor;
  readonly #place: Place;
  readonly #checks: boolean;
  /** Each process, by its rank. */
  readonly members: readonly Member[];

  /** @internal */
  constructor(id: number, place: Place, members: readonly Member[], monitor: Monitor, checks: boolean) {
    this.#id = id;
    this.#place = place;
    this.members = members;
    this.#monitor = monitor;
    this.#checks = checks;
  }

  /** The number of this process, from 0. */
  get rank(): number {
    return this.#place.rank;
  }

  /** Its number among those of its host, from 0. */
  get localRank(): number {
    return this.#place.localRank;
  }

  /** How many there are. */
  get size(): number {
    return this.#place.size;
  }

  /** Who started them, in words. */
  get launcher(): string {
    return this.#place.launcher;
  }

  /**
   * When this process waited for others since the last call; not its GPU. They are recorded from
   * the first call on, which gives none.
   */
  takeWaits(): Wait[] {
    const times = binding.takeWaits(this.#id).map((nanoseconds) => 1e-9 * nanoseconds);
    return Array.from({ length: times.length / 2 }, (_, i) => ({
      begun: times[2 * i] as number,
      ended: times[2 * i + 1] as number,
    }));
  }

  /** Which process is gone and how; undefined while all are there. */
  get lost(): string | undefined {
    return this.#monitor.lost;
  }

  /** Calls a listener, once, when another process is gone. */
  onLost(listener: (text: string) => void): void {
    this.#monitor.onLost(listener);
  }

  /**
   * The sum, least or greatest of the tensors of all processes, in place, for all of them the same
   * bits. A NaN anywhere is one in the result.
   * @throws TypeError for bool; LostProcessError, or Error after the group's limit
   */
  allReduce(x: Tensor, options: { readonly operation?: Operation } = {}): Tensor {
    return this.allReduceAsync(x, options).wait();
  }

  /** The same, begun: it goes on while this thread computes. */
  allReduceAsync(x: Tensor, { operation = 'sum' }: { readonly operation?: Operation } = {}): Collective {
    if (x.dtype === 'bool') throw new TypeError(`allReduce(${x}): bool has no sum; convert with x.to('uint8')`);
    this.#agree(`allReduce ${operation}`, x);
    const dtype = summed.includes(x.dtype) ? x.dtype : floating.includes(x.dtype) ? 'float32' : 'int32';
    const device = this.#wire(x);
    const isInPlace = x.dtype === dtype && x.device === device && binding.isContiguous(slotOf(x, 'allReduce'), false);
    if (operation !== 'sum' && floating.includes(dtype)) return this.#extreme(x, operation);
    // In row-major order on every process, whatever the strides are here: Gloo ignores them.
    const sent = isInPlace ? x : noGrad(() => x.detach().to({ dtype, device }).contiguous()).keep();
    const work = this.guarded(() => binding.allReduce(this.#id, slotOf(sent, 'allReduce'), operation));
    return new Collective(this, work, () => (isInPlace ? x : putBack(x, sent)));
  }

  /** Gloo's own loses a NaN of most processes, so where they are goes apart. */
  #extreme(x: Tensor, operation: 'min' | 'max'): Collective {
    const [nan, sent] = noGrad(() => {
      const values = x.detach().to({ dtype: x.dtype === 'float64' ? 'float64' : 'float32', device: this.#wire(x) });
      const nan = values.isnan();
      const least = operation === 'max' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
      return [nan.to('uint8').contiguous().keep(), values.maskedFill(nan, least).contiguous().keep()] as const;
    });
    const first = this.guarded(() => binding.allReduce(this.#id, sent.slot, operation));
    const flags = this.guarded(() => binding.allReduce(this.#id, nan.slot, 'max'));
    return new Collective(this, flags, () => {
      this.guarded(() => binding.waitForWork(first));
      noGrad(() => void sent.maskedFill_(nan.to('bool'), Number.NaN));
      nan.dispose();
      return putBack(x, sent);
    });
  }

  /**
   * The tensors of all processes: [size, ...].
   * @throws LostProcessError, or Error after the group's limit
   */
  allGather(x: Tensor): Tensor {
    this.#agree('allGather', x);
    return noGrad(() => {
      const device = this.#wire(x);
      const sent = x.detach().to({ device }).contiguous();
      const all = empty([this.size, ...x.shape], { dtype: x.dtype, device });
      this.guarded(() => binding.waitForWork(binding.allGather(this.#id, sent.slot, all.slot)));
      return all.to({ device: x.device });
    });
  }

  /**
   * Overwrites a tensor by that of one process.
   * @throws LostProcessError, or Error after the group's limit
   */
  broadcast(x: Tensor, { from = 0 }: { readonly from?: number } = {}): Tensor {
    this.#agree('broadcast', x);
    const device = this.#wire(x);
    const isInPlace = x.device === device && binding.isContiguous(slotOf(x, 'broadcast'), false);
    const sent = isInPlace ? x : noGrad(() => x.detach().to({ device }).contiguous()).keep();
    this.guarded(() => binding.waitForWork(binding.broadcast(this.#id, slotOf(sent, 'broadcast'), from)));
    return isInPlace ? x : putBack(x, sent);
  }

  /** A text of one process, for all of them. */
  broadcastText(text: string, { from = 0 }: { readonly from?: number } = {}): string {
    return scope(() => {
      const own = new TextEncoder().encode(text);
      const length = this.broadcast(tensor([own.length], { dtype: 'int64' }), { from }).item();
      const bytes = zeros([length], { dtype: 'uint8' });
      if (this.rank === from) bytes.copy_(tensor(own, { dtype: 'uint8' }));
      return new TextDecoder().decode(this.broadcast(bytes, { from }).data() as Uint8Array);
    });
  }

  /**
   * This process's part of the sum of the tensors of all processes: [n, ...] to [n / size, ...].
   * @throws RangeError where n does not divide
   */
  reduceScatter(x: Tensor): Tensor {
    const { size, rank } = this;
    const [n = 0] = x.shape;
    if (n % size !== 0) throw new RangeError(`reduceScatter(${x}): ${n} rows do not divide into ${size} parts`);
    // Gloo has none: all of the sum is made.
    const all = noGrad(() => x.detach().clone({ memoryFormat: 'contiguous' }));
    return this.allReduce(all).narrow(0, (rank * n) / size, n / size);
  }

  /** Waits until all processes are here. */
  barrier(): void {
    this.allReduce(zeros([1])).dispose();
  }

  /**
   * The rows of all processes, in the order of their ranks: [n, ...] to [sum of counts, ...]. A
   * row's gradient is the sum of what all processes have for it, so each may go on as it likes.
   * @param counts rows of each process
   * @throws RangeError where this one has not as many as they say
   */
  gatherRows(x: Tensor, counts: readonly number[]): Tensor {
    if (x.shape[0] !== counts[this.rank]) {
      throw new RangeError(
        `gatherRows(${x}): process ${this.rank} has ${counts[this.rank]} rows by the counts ${counts}`,
      );
    }
    return this.guarded(() => new Tensor(binding.gatherRows(this.#id, slotOf(x, 'gatherRows'), counts), 'gatherRows'));
  }

  /** Adds up gradients of these parameters while a backward pass goes on. */
  gradientSums(parameters: readonly Tensor[], { compress = false }: SumOptions = {}): GradientSums {
    const slots = parameters.map((x) => slotOf(x, 'gradientSums'));
    return new GradientSums(binding.openSums(this.#id, slots, compress), (work) => this.guarded(work));
  }

  /**
   * Batch norm in training over the rows of all processes; moves the running statistics.
   * @param x [n, c, ...]
   * @param counts rows of each process in a batch; x may hold several views of them
   */
  batchNorm(x: Tensor, norm: NormStatistics, counts: readonly number[]): Tensor {
    const { weight, bias, runningMean, runningVar, momentum, eps } = norm;
    const slot = (tensor: Tensor | null) => (tensor ? slotOf(tensor, 'batchNorm') : -1);
    const slots = [weight, bias, runningMean, runningVar].map(slot) as [number, number, number, number];
    return this.guarded(
      () =>
        new Tensor(
          binding.syncBatchNorm(this.#id, slotOf(x, 'batchNorm'), ...slots, momentum, eps, counts),
          'batchNorm',
        ),
    );
  }

  /**
   * How batch norms take the rows of all processes, in our own passes and in libtorch's.
   * @param counts rows of each process in a batch
   */
  across(counts: readonly number[]) {
    return {
      normalise: (x: Tensor, norm: NormStatistics) => this.batchNorm(x, norm, counts),
      measuring: (operator: () => Tensor, _norm: NormStatistics): Tensor =>
        this.guarded(() => {
          binding.measureAcross(this.#id);
          try {
            return operator();
          } finally {
            binding.measureAcross(-1);
          }
        }),
    };
  }

  /**
   * What failed in a call that several processes take part in: the loss of one of them where there
   * was one, else the error itself.
   */
  explain(error: unknown): unknown {
    if (error instanceof LostProcessError || !/dist: /.test((error as Error).message ?? '')) return error;
    // Its neighbours see a connection break before anyone knows who it was.
    const lost = this.#monitor.lostWithin(6000);
    return lost === undefined ? error : new LostProcessError(lost, { cause: error });
  }

  /** @internal */
  guarded<T>(work: () => T): T {
    if (this.lost !== undefined) throw new LostProcessError(this.lost);
    try {
      return work();
    } catch (error) {
      throw this.explain(error);
    }
  }

  /** Tells the others why this process ends before its time. */
  async fail(why: string): Promise<void> {
    this.#monitor.tell({ kind: 'fail', why });
    await this.#monitor.heard('told', 2000);
  }

  /**
   * Ends the group once all processes have come to this point, the first of them last: until then
   * it may be writing what all of them made.
   * @throws LostProcessError on the others, where one is gone before
   */
  async destroy(): Promise<void> {
    this.#monitor.tell({ kind: 'leave' });
    while (this.lost === undefined && !(await this.#monitor.heard('left', 500)));
    await this.#monitor.stop();
    if (this.lost === undefined) binding.closeGroup(this.#id);
    else if (this.rank > 0) throw new LostProcessError(this.lost);
  }

  /** Where a tensor is sent from. */
  #wire(x: Tensor): Tensor['device'] {
    if (x.device === 'cpu') return 'cpu';
    return this.guarded(() => binding.isSentFromGpu(this.#id, slotOf(x, 'isSentFromGpu'))) ? x.device : 'cpu';
  }

  /**
   * Where it is asked for, all processes compare what they are about to do: what does not fit would
   * be added up wrongly, or wait for ever.
   */
  #agree(kind: string, x: Tensor): void {
    if (!this.#checks) return;
    const own = [kinds.indexOf(kind), types.indexOf(x.dtype), x.ndim, ...x.shape.slice(0, 5)];
    const all = noGrad(() => {
      const row = stack(Array.from({ length: 8 }, (_, i) => zeros([], { dtype: 'int64' }).fill_(own[i] ?? 0)));
      const rows = empty([this.size, 8], { dtype: 'int64' });
      this.guarded(() => binding.waitForWork(binding.allGather(this.#id, row.slot, rows.slot)));
      return Array.from(rows.data(), Number);
    });
    const shown = (rank: number) => {
      const [what = 0, type = 0, dims = 0, ...sizes] = all.slice(8 * rank, 8 * rank + 8);
      return `${kinds[what]} of ${types[type]}[${sizes.slice(0, dims)}] on process ${rank}`;
    };
    const other = Array.from({ length: this.size }, (_, r) => r).find(
      (r) => shown(r).replace(/ on .*/, '') !== shown(0).replace(/ on .*/, ''),
    );
    if (other !== undefined) throw new Error(`the processes do not do the same: ${shown(0)}, ${shown(other)}`);
  }
}

function putBack(x: Tensor, sent: Tensor): Tensor {
  noGrad(() => void x.copy_(sent));
  sent.dispose();
  return x;
}
