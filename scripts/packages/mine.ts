// What someone adds of their own: a method, a step of views and images from code, for `--use` and
// for `pretrain`.

import { readdirSync, readFileSync } from 'node:fs';
import { cosineDistance, defineImages, defineMethod, defineView, l2Normalize, newBranch, z } from 'tandem-vision';

export const spread = defineMethod({
  name: 'spread',
  summary: 'views lie close together, images spread over the sphere',
  options: z.strictObject({
    apart: z.number().min(0).default(1).describe('weight of the spreading'),
  }),
  build(newEncoder, views, { apart }) {
    const student = newBranch(newEncoder(), { projLayers: 1, projHidden: 16, projDim: 16 });
    return {
      name: 'spread',
      student,
      result: 'student',
      views,
      loss([a, b]) {
        const [za, zb] = [student.forward(a), student.forward(b)];
        const uniformity = l2Normalize(za).pdist().square().mul(-2).exp().mean().log();
        return { together: cosineDistance(za, zb), apart: uniformity.mul(apart) };
      },
    };
  },
});

export const dim = defineView({
  name: 'dim',
  summary: 'makes each image darker by a share of its own',
  options: z.strictObject({
    most: z.number().min(0).max(1).default(0.5).describe('largest share'),
  }),
  after: 'jitter',
  apply: (images, random, { most }) => images.mul(random.uniform(1 - most, 1)),
});

export const mine = defineImages({
  name: 'mine',
  images: function* () {
    for (const label of ['dark', 'bright']) {
      for (const name of readdirSync(`pictures/${label}`).sort()) {
        yield { name, label, image: readFileSync(`pictures/${label}/${name}`) };
      }
    }
  },
});
