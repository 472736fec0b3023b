import { arange, noGrad, type Placement, randn, scope, type Tensor, zeros } from 'tandem-torch';

/**
 * The keys of past batches, first in, first out: in one tensor or in several that share a pointer
 * (facebookresearch/moco; MoBY has a queue for each view). Rows are unit vectors, random ones at
 * first.
 */
export class KeyQueue {
  /** [size, width] each. */
  readonly tensors: readonly Tensor[];
  /**
   * Where the next keys go: int64 [1]. A tensor, so that checkpoints hold it and no step waits for
   * it.
   */
  readonly pointer: Tensor;

  constructor(size: number, width: number, { count = 1, ...placement }: { count?: number } & Placement = {}) {
    this.tensors = Array.from({ length: count }, () => randomUnitRows(size, width, placement));
    this.pointer = zeros([1], { ...placement, dtype: 'int64' }).keep();
  }

  /** What a checkpoint must hold. Its names are those of the files that there are. */
  get state(): Record<string, Tensor> {
    return { ...Object.fromEntries(this.tensors.map((keys, i) => [`bank${i + 1}`, keys])), pointer: this.pointer };
  }

  /**
   * The newest keys take the place of the oldest.
   * @param keys unit rows for each tensor, [m, width]; m divides the size
   */
  enqueue(...keys: readonly Tensor[]): void {
    const count = (keys[0] as Tensor).shape[0] as number;
    const size = (this.tensors[0] as Tensor).shape[0] as number;
    noGrad(() => {
      const rows = arange(count, { dtype: 'int64', device: this.pointer.device }).add(this.pointer);
      this.tensors.forEach((past, i) => {
        past.indexCopy_(0, rows, (keys[i] as Tensor).to({ dtype: past.dtype }));
      });
      this.pointer.copy_(this.pointer.add(count).remainder(size));
    });
  }
}

function randomUnitRows(size: number, width: number, placement: Placement): Tensor {
  return noGrad(() =>
    scope(() => {
      const rows = randn([size, width], placement);
      return rows.div(rows.norm(2, [1], { keepdim: true }));
    }),
  ).keep();
}
