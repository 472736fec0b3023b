import { _upsampleBicubic2dAa, arange, cat, type Tensor } from 'tandem-torch';
import type { Resampling } from './form.js';

/** A grid of patches. */
export interface Grid {
  readonly rows: number;
  readonly columns: number;
}

/** Added to a size before it becomes a factor, as DINO has it against rounding. */
const offset = 0.1;

/**
 * Positions of `from` brought to the places of another grid: [1, prefix + rows columns, width] to
 * [1, prefix + rows' columns', width]. Those of the prefix, the class token's, stay.
 */
export function resampled(positions: Tensor, prefix: number, from: Grid, to: Grid, way: Resampling): Tensor {
  if (from.rows === to.rows && from.columns === to.columns) return positions;
  const width = positions.shape[2] as number;
  const map = positions
    .narrow(1, prefix, from.rows * from.columns)
    .reshape([1, from.rows, from.columns, width])
    .permute([0, 3, 1, 2]);
  const patches = bicubic(map, from, to, way)
    .permute([0, 2, 3, 1])
    .reshape([1, to.rows * to.columns, width]);
  return prefix === 0 ? patches : cat([positions.narrow(1, 0, prefix), patches], { dim: 1 });
}

function bicubic(map: Tensor, from: Grid, to: Grid, way: Resampling): Tensor {
  const size = [to.rows, to.columns];
  if (way === 'antialias') return _upsampleBicubic2dAa(map, size, false);
  if (way === 'plain') return map.upsampleBicubic2d(size, false);
  return map.upsampleBicubic2d(size, false, {
    scalesH: (to.rows + offset) / from.rows,
    scalesW: (to.columns + offset) / from.columns,
  });
}

/** Cosines and sines by which queries and keys of patches are turned: [patches, size] each. */
export interface Rotation {
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/** The largest period, as DINOv3 has it. */
const base = 100;

/**
 * Angles by place: the patches' middles in [-1, 1], rows first, times 2 pi and frequencies from 1
 * to nearly 1 / 100, a quarter of a head's size of them (Siméoni et al., 2025;
 * facebookresearch/dinov3).
 */
export function rotation({ rows, columns }: Grid, size: number, { device, dtype }: Tensor): Rotation {
  const options = { device, dtype };
  const middles = (count: number) =>
    arange(count, options)
      .add(0.5)
      .mul(2 / count)
      .sub(1);
  const frequencies = arange(size / 4, options)
    .mul((-4 * Math.log(base)) / size)
    .exp()
    .mul(2 * Math.PI);
  const along = (places: Tensor) => places.unsqueeze(-1).mul(frequencies);
  const down = along(middles(rows))
    .unsqueeze(1)
    .expand([rows, columns, size / 4]);
  const across = along(middles(columns))
    .unsqueeze(0)
    .expand([rows, columns, size / 4]);
  const angles = cat([down, across, down, across], { dim: -1 }).reshape([rows * columns, size]);
  return { cos: angles.cos(), sin: angles.sin() };
}

/** The last tokens turned: [n, heads, prefix + patches, size] to the same. */
export function rotated(x: Tensor, { cos, sin }: Rotation): Tensor {
  const tokens = x.shape[2] as number;
  const [patches, size] = cos.shape as [number, number];
  const own = x.narrow(2, tokens - patches, patches);
  const [first, second] = own.split(size / 2, { dim: -1 }) as [Tensor, Tensor];
  const turned = own.mul(cos).add(cat([second.neg(), first], { dim: -1 }).mul(sin));
  return cat([x.narrow(2, 0, tokens - patches), turned], { dim: 2 });
}
