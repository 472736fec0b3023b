import { type distributed, full, nn, noGrad, stack, type Tensor } from 'tandem-torch';
import type { Share } from '../../images/index.js';
import type { LossTerms } from '../../losses/index.js';
import { type Method, networksOf } from '../../methods/method.js';
import { DropPath } from '../../networks/drop-path.js';
import type { BatchRows } from '../../step/index.js';
import { sharesOf } from './shares.js';

/** How a batch is shared out. */
export interface SharedBatchOptions {
  /** Images in a batch. */
  readonly batch: number;
  /** Images that stay together; defaults to 1. */
  readonly unit?: number;
  /** Whether gradients go as bfloat16; defaults to false. */
  readonly compressGradients?: boolean;
}

/**
 * A batch of which each process has a share, so that a step gives what one process would give with
 * all of it. What is minimised is the sum over processes of their losses, each weighted by its
 * share: that of a loss over rows is the mean over all of them, and that of a loss of gathered
 * rows, equal on every process, is itself.
 */
export class SharedBatch {
  /** All processes. */
  readonly group: distributed.ProcessGroup;
  /** What methods see of it. */
  readonly rows: BatchRows;
  /** Which images of a batch are here. */
  readonly share: Share;
  readonly #counts: readonly number[];
  readonly #batch: number;
  readonly #compress: boolean;
  #sums: distributed.GradientSums | undefined;

  /** @throws UserError for a batch that is too small */
  constructor(group: distributed.ProcessGroup, options: SharedBatchOptions) {
    const { batch, unit = 1, compressGradients = false } = options;
    const counts = sharesOf(batch, group.size, unit);
    const { rank } = group;
    const count = counts[rank] as number;
    const from = counts.slice(0, rank).reduce((sum, x) => sum + x, 0);
    this.group = group;
    this.#counts = counts;
    this.#batch = batch;
    this.#compress = compressGradients;
    this.share = { from, count };
    this.rows = {
      gather: (rows) => group.gatherRows(rows, counts),
      own: (rows) => rows.narrow(0, from, count),
      mean: (rows) => noGrad(() => group.allReduce(rows.mean([0], { keepdim: true }).mul(count / batch))),
    };
  }

  /**
   * Has the networks of a method draw for the whole batch, and, unless that is switched off,
   * normalise over all of it.
   */
  adopt(method: Method, { syncBatchNorm = true }: { readonly syncBatchNorm?: boolean } = {}): void {
    const share = { ...this.share, batch: this.#batch };
    const across = this.group.across(this.#counts);
    for (const part of networksOf(method).flatMap((network) => network.modules())) {
      if (part instanceof DropPath) part.share = share;
      const isNorm = part instanceof nn.BatchNorm1d || part instanceof nn.BatchNorm2d;
      if (syncBatchNorm && isNorm) part.across = across;
    }
  }

  /**
   * Gives parameters the gradient of the loss over the whole batch.
   * @param parameters the same in every call until `release`
   * @returns that loss and its terms, on every process the same bits
   */
  backward(
    { loss, terms = {} }: { readonly loss: Tensor; readonly terms?: LossTerms },
    parameters: readonly Tensor[],
  ): { readonly loss: Tensor; readonly terms?: LossTerms } {
    const weight = this.share.count / this.#batch;
    this.#sums ??= this.group.gradientSums(parameters, { compress: this.#compress });
    this.#sums.backward(loss.mul(weight));
    const names = Object.keys(terms);
    return noGrad(() => {
      const numbers = [loss, ...Object.values(terms)].map((x) => x.detach().to(loss.dtype).view([]));
      const [whole, ...rest] = this.group.allReduce(stack(numbers).mul(weight)).unbind();
      const named = Object.fromEntries(names.map((name, i) => [name, rest[i] as Tensor]));
      return { loss: whole as Tensor, ...(names.length > 0 && { terms: named }) };
    });
  }

  /** Lets go of the parameters: from then on others may be trained. */
  release(): void {
    this.#sums?.dispose();
    this.#sums = undefined;
  }

  /** Whether any process says so: all decide alike. */
  agree(yes: boolean): boolean {
    return noGrad(() => {
      const said = this.group.allReduce(full([1], Number(yes), { dtype: 'float32' }));
      const all = said.item() > 0;
      said.dispose();
      return all;
    });
  }

  /** Has every process begin with the tensors of the first. */
  begin(state: Readonly<Record<string, Tensor>>): void {
    for (const tensor of Object.values(state)) this.group.broadcast(tensor);
  }
}
