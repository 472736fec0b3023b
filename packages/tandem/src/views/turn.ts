import { arange, gridSampler, scope, stack, type Tensor } from 'tandem-torch';
import type { ViewParameters } from './parameters.js';
import { type Change, changeRows, marked, pick } from './rows.js';
import type { StagingBuffer } from './staging-buffer.js';

// Square images are mirrored and turned about their middle, after they are cropped.

/** Counter-clockwise by so many right angles, 1 to 3: a view of the same pixels. */
function quarterTurned(x: Tensor, turns: number): Tensor {
  if (turns === 2) return x.flip([2, 3]);
  return x.transpose(2, 3).flip([turns === 1 ? 2 : 3]);
}

/**
 * Counter-clockwise by an angle, bilinear, what comes in from outside black, as torchvision's
 * `rotate` has it.
 * @param x [n, c, s, s] @param cosines [n, 1, 1] @param sines [n, 1, 1]
 */
export function rotated(x: Tensor, cosines: Tensor, sines: Tensor): Tensor {
  return scope(() => {
    const side = x.shape[3] as number;
    const { device } = x;
    // Pixel centres from -1 to 1; only element by element, so that no image depends on others.
    const line = arange(side, { dtype: 'float32', device })
      .mul_(2)
      .add_(1 - side)
      .div_(side);
    const [across, down] = [line.view([1, 1, side]), line.view([1, side, 1])];
    const places = [across.mul(cosines).sub(down.mul(sines)), across.mul(sines).add(down.mul(cosines))];
    return gridSampler(x, stack(places, { dim: 3 }), 0, 0, false);
  });
}

/** All turns that the parameters ask for. */
export function turn(parameters: ViewParameters, staging: StagingBuffer): Change {
  const { count, flipVertical, quarters, angle } = parameters;
  const slanted = marked(angle);
  const radians = pick(angle, slanted).map((degrees) => (degrees * Math.PI) / 180);
  const shape = [slanted.length, 1, 1];
  const [cosines, sines] = [radians.map(Math.cos), radians.map(Math.sin)].map((values) => staging.put(values, shape));
  const changes = [
    changeRows(count, marked(flipVertical), staging, (some) => some.flip([2])),
    ...[1, 2, 3].map((turns) => {
      const rows = marked(quarters.map((own) => Number(own === turns)));
      return changeRows(count, rows, staging, (some) => quarterTurned(some, turns));
    }),
    changeRows(count, slanted, staging, (some) =>
      rotated(some, (cosines as () => Tensor)(), (sines as () => Tensor)()),
    ),
  ];
  return (x) => {
    for (const change of changes) change(x);
  };
}
