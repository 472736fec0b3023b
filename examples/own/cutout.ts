// A step of views of one's own: a square of each image becomes gray (DeVries and Taylor, 2017).
//   tandem pretrain pictures --use examples/own/dist/cutout.js steps=cutout:share=0.3
import { arange } from 'tandem-torch';
import { defineView, z } from 'tandem-vision';

export const cutout = defineView({
  name: 'cutout',
  summary: 'a square of each image becomes gray',
  options: z.strictObject({
    share: z.number().positive().max(1).default(0.5).describe('of the side that the square has'),
  }),
  apply(images, random, { share }) {
    const side = images.shape[3] as number;
    const line = arange(side, { dtype: 'float32', device: images.device }).div(side);
    const [left, top] = [random.uniform(0, 1 - share), random.uniform(0, 1 - share)];
    const [across, down] = [line.view([1, 1, 1, side]).sub(left), line.view([1, 1, side, 1]).sub(top)];
    const inside = [across, down].map((x) => x.ge(0).mul(x.lt(share)));
    const [a, b] = inside as [typeof across, typeof down];
    const covered = a.mul(b);
    return images.mul(covered.mul(-1).add(1)).add(covered.mul(0.5));
  },
});
