import { scope, type Tensor } from '@tandem/torch';
import { luma } from './gray.js';
import { turnHue } from './hue.js';
import { operations, type ViewParameters } from './parameters.js';
import { changeRows, upload } from './rows.js';

/** One operation for each image, of which some may have none left to do. */
interface Pass {
  /** [3, n]: the factors of the image itself, of its mean gray, and of its gray; they add up to 1. */
  readonly shares: Float32Array;
  /** The images whose turn it is to have the hue turned, and by how much. */
  readonly rows: number[];
  readonly turns: number[];
}

/**
 * The colour jitter of torchvision: brightness, contrast, saturation and hue, for each image in its own order and cut to
 * [0, 1] after each. The first three are blends, x' = f x + (1 - f) reference, with black, the mean gray or the gray of
 * each pixel for a reference; so a pass over the batch does the next operation of every image, whichever it is.
 *
 * Only operators that round each element by itself are used (`mul`, then `add`, not `addcmul`): so an image comes out the
 * same to the last bit wherever it stands in a batch.
 *
 * @param x [n, c, h, w] in [0, 1], changed in place; images with neutral parameters stay exactly as they are
 */
export function jitter(x: Tensor, parameters: ViewParameters): void {
  for (const { shares, rows, turns } of passesOf(parameters, x.shape[1] as number)) {
    blend(x, shares);
    changeRows(x, rows, (some) => turnHue(some, Float32Array.from(turns)));
  }
}

function blend(x: Tensor, shares: Float32Array): void {
  scope(() => {
    const [n, , h, w] = x.shape as [number, number, number, number];
    const [own, ofMean, ofGray] = upload(shares, [3, n, 1, 1, 1], x.device).unbind() as [Tensor, Tensor, Tensor];
    const gray = luma(x);
    // In two steps, because a sum over one image alone may be split between threads.
    const mean = gray
      .sum(3, { keepdim: true })
      .sum(2, { keepdim: true })
      .div_(h * w);
    const reference = gray.mul(ofGray).add_(mean.mul_(ofMean));
    x.mul_(own).add_(reference).clamp_({ min: 0, max: 1 });
  });
}

/** The k-th pass holds the k-th operation of each image that changes anything. */
function passesOf(parameters: ViewParameters, channels: number): Pass[] {
  const { count, order, brightness, contrast, saturation, hue } = parameters;
  const passes: Pass[] = [];
  for (let i = 0; i < count; i++) {
    let done = 0;
    const next = (): Pass => {
      passes[done] ??= { shares: new Float32Array(3 * count).fill(1, 0, count), rows: [], turns: [] };
      return passes[done++] as Pass;
    };
    const mix = (factor: number, reference: number): void => {
      if (factor === 1) return;
      const { shares } = next();
      shares[i] = factor;
      if (reference > 0) shares[reference * count + i] = 1 - factor;
    };
    for (let step = 0; step < operations.length; step++) {
      const operation = operations[order[4 * i + step] as number];
      if (operation === 'brightness') mix(brightness[i] as number, 0);
      else if (operation === 'contrast') mix(contrast[i] as number, 1);
      else if (channels === 1) continue;
      else if (operation === 'saturation') mix(saturation[i] as number, 2);
      else if (operation === 'hue' && hue[i] !== 0) {
        const { rows, turns } = next();
        rows.push(i);
        turns.push(hue[i] as number);
      }
    }
  }
  return passes;
}
