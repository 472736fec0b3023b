// A method of one's own: alignment and uniformity (Wang and Isola, 2020). The two views of an image
// lie close together, and all images spread over the sphere.
//   tandem pretrain pictures --use examples/own/dist/align-uniform.js --method align-uniform
import type { Tensor } from 'tandem-torch';
import { cosineDistance, defineMethod, l2Normalize, newBranch, z } from 'tandem-vision';

/** log mean exp(-2 |u - v|^2) over all pairs of unit rows: lowest where they are spread evenly. */
function uniformity(rows: Tensor): Tensor {
  return l2Normalize(rows).pdist().square().mul(-2).exp().mean().log();
}

export const alignUniform = defineMethod({
  name: 'align-uniform',
  summary: 'views lie close together, images spread over the sphere',
  options: z.strictObject({
    projHidden: z.int().positive().default(512).describe('hidden width of the projector'),
    projDim: z.int().positive().default(128).describe('width of the projection'),
    uniformWeight: z.number().min(0).default(1).describe('of the uniformity'),
  }),
  build(newEncoder, views, o) {
    const student = newBranch(newEncoder(), { projLayers: 2, ...o });
    return {
      name: 'align-uniform',
      student,
      result: 'student',
      views,
      loss([a, b]) {
        const [za, zb] = [student.forward(a), student.forward(b)];
        return {
          together: cosineDistance(za, zb),
          apart: uniformity(za)
            .add(uniformity(zb))
            .mul(o.uniformWeight / 2),
        };
      },
    };
  },
});
