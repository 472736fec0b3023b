import { upload } from 'tandem-torch';
import { brightness, contrast, hue, saturation } from './color.js';
import { operations, type ViewParameters } from './parameters.js';
import { type Change, changeRows, pick } from './rows.js';
import type { StagingBuffer } from './staging-buffer.js';

const [b, c, s, h] = [0, 1, 2, 3];

/**
 * Whose turn it is. Each of the 24 orders of four operations can be had by leaving out some of
 * these twelve turns, and none shorter would do; hue, the dearest, comes only twice.
 */
export const turns: readonly number[] = [b, c, s, h, b, c, s, b, h, c, b, s];

/** By the numbers in `order`. */
const change = [brightness, contrast, saturation, hue];

/**
 * The colour jitter of torchvision: brightness, contrast, saturation and hue, for each image in its
 * own order and cut to [0, 1] after each. Images with neutral parameters stay exactly as they are.
 *
 * @param staging brings what is needed
 * @returns what changes float32 [n, channels, h, w] in [0, 1], contiguous, in place
 */
export function jitter(parameters: ViewParameters, channels: number, staging: StagingBuffer): Change {
  if (staging.device !== 'cpu' || channels !== 3) return jitterByTurns(parameters, channels, staging);
  const { count, order } = parameters;
  const amounts = amountsOf(parameters);
  return (x) => x.jitter_(upload(order, [count, 4], 'cpu'), upload(amounts, [4, count], 'cpu'));
}

/** How strong each operation is, one after the other, [4, n]. */
export function amountsOf(parameters: ViewParameters): Float32Array {
  const amounts = new Float32Array(4 * parameters.count);
  for (const [k, name] of operations.entries()) amounts.set(parameters[name], k * parameters.count);
  return amounts;
}

/**
 * The same by libtorch's operators, for every device and number of channels. Images do not wait for
 * each other: at each turn all those whose next operation it is are done together.
 */
export function jitterByTurns(parameters: ViewParameters, channels: number, staging: StagingBuffer): Change {
  const { count } = parameters;
  const orders = ordersOf(parameters, channels);
  const done = new Uint8Array(count);
  const changes = turns.map((turn) => {
    const rows: number[] = [];
    for (const [i, order] of orders.entries()) {
      if (order[done[i] as number] !== turn) continue;
      rows.push(i);
      done[i] = (done[i] as number) + 1;
    }
    const amounts = pick(parameters[operations[turn] as (typeof operations)[number]], rows);
    const put = staging.put(amounts, [rows.length, 1, 1, 1]);
    return changeRows(count, rows, staging, (some) => (change[turn] as typeof hue)(some, put()));
  });
  return (x) => {
    for (const own of changes) own(x);
  };
}

/** For each image the operations that change anything, in its order. */
function ordersOf(parameters: ViewParameters, channels: number): number[][] {
  const { count, order } = parameters;
  const amounts = operations.map((name) => parameters[name]);
  const neutral = [1, 1, 1, 0];
  const exists = channels === 3 ? [true, true, true, true] : [true, true, false, false];
  const orders: number[][] = [];
  for (let i = 0; i < count; i++) {
    const own = Array.from(order.subarray(4 * i, 4 * i + 4));
    orders.push(own.filter((operation) => exists[operation] && amounts[operation]?.[i] !== neutral[operation]));
  }
  return orders;
}
