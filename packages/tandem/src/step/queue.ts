import { arange, noGrad, type Placement, randn, type Tensor, zeros } from '@tandem/torch';

/**
 * The keys of past batches: one bank or several that share a pointer, first in, first out
 * (facebookresearch/moco; MoBY has a bank for each view). Rows are unit vectors, random ones at
 * first.
 */
export class MemoryBank {
  /** [size, width] each. */
  readonly banks: readonly Tensor[];
  /**
   * Where the next keys go: int64 [1]. A tensor, so that checkpoints hold it and no step waits for
   * it.
   */
  readonly pointer: Tensor;

  constructor(size: number, width: number, { banks = 1, ...placement }: { banks?: number } & Placement = {}) {
    this.banks = Array.from({ length: banks }, () => randomUnitRows(size, width, placement));
    this.pointer = zeros([1], { ...placement, dtype: 'int64' }).keep();
  }

  /** What a checkpoint must hold. */
  get state(): Record<string, Tensor> {
    return { ...Object.fromEntries(this.banks.map((bank, i) => [`bank${i + 1}`, bank])), pointer: this.pointer };
  }

  /**
   * The newest keys take the place of the oldest.
   * @param keys unit rows for each bank, [m, width]; m divides the size
   */
  enqueue(...keys: readonly Tensor[]): void {
    const count = (keys[0] as Tensor).shape[0] as number;
    const size = (this.banks[0] as Tensor).shape[0] as number;
    noGrad(() => {
      const places = arange(count, { dtype: 'int64', device: this.pointer.device }).add(this.pointer);
      this.banks.forEach((bank, i) => {
        bank.indexCopy_(0, places, (keys[i] as Tensor).to({ dtype: bank.dtype }));
      });
      this.pointer.copy_(this.pointer.add(count).remainder(size));
    });
  }
}

function randomUnitRows(size: number, width: number, placement: Placement): Tensor {
  return noGrad(() => {
    const rows = randn([size, width], placement);
    return rows.div(rows.norm(2, [1], { keepdim: true })).keep();
  });
}
