import type { Tensor } from 'tandem-torch';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { cosineDistance, distillationLoss, type LossTerms, queueScores, whitenedDistance } from '../losses/index.js';
import { l2Normalize } from '../math.js';
import { Branch, type Encoder, Head, mlpHead, type PlacedEncoder, seesPlaces, ViT } from '../networks/index.js';
import { KeyQueue, type StepContext } from '../step/index.js';
import type { FrozenTeacher } from '../teachers/index.js';
import type { NewMethod, OneView } from './method.js';
import { checkQueue, queueSize, type RunFacts, temperature } from './options/shared.js';

/** Options of feature matching. */
export const featureMatchingOptions = z.strictObject({
  compare: z
    .enum(['cosine', 'smooth-l1', 'queue'])
    .default('cosine')
    .describe(
      "how features are compared: by their angle; with the teacher's brought to mean 0 and variance 1, by smooth L1; or by their similarities to those of past images, as in SEED",
    ),
  patches: z
    .number()
    .min(0)
    .optional()
    .describe(
      "of the loss that compares places, the student's last map or patches with the teacher's; defaults to 1 where the teacher has patches, to 0 otherwise",
    ),
  projLayers: z.int().min(1).max(3).default(2).describe("layers from the student's features to the teacher's"),
  projHidden: z.int().positive().optional().describe("their hidden width; defaults to that of the teacher's features"),
  ...temperature(0.2),
  teacherTemperature: z.number().positive().default(0.05).describe("of the teacher's softmax; both with compare=queue"),
  ...queueSize,
});

type Options = z.infer<typeof featureMatchingOptions>;

/**
 * Feature matching: the student's features, projected, are to be those of a frozen teacher, and
 * each place of its last map that of the teacher's patches (Romero et al., 2015, FitNets; Wei et
 * al., 2022; Ranzinger et al., 2024, AM-RADIO). Where the grids differ the student's is brought to
 * the teacher's, bilinearly.
 */
export const featureMatching: NewMethod<Options, OneView> = (newEncoder, views, o, teacher) => {
  if (!teacher) throw new Error('feature-matching needs a teacher');
  const encoder = newEncoder();
  const width = teacher.encoder.featureWidth;
  const both = placesOf(encoder, teacher, o);
  const head = new Head(mlpHead(encoder.featureWidth, o.projLayers, o.projHidden ?? width, width));
  // In the place of a predictor: from the student's places to the teacher's.
  const placeHead = both && new Head({ widths: both.map(({ placeWidth }) => placeWidth), norm: false });
  const student = new Branch(encoder, head, placeHead ?? null);
  const queue = o.compare === 'queue' ? new KeyQueue(o.bank, width, student.placement) : undefined;
  const compare = o.compare === 'smooth-l1' ? whitenedDistance : cosineDistance;

  function ofFeatures(own: Tensor, wanted: Tensor, { stash, gather }: StepContext): LossTerms {
    if (!queue) return { features: compare(own, wanted) };
    const [past] = queue.tensors as [Tensor];
    const anchor = l2Normalize(wanted);
    stash.put(queue, [gather(anchor)]);
    return distillationLoss(queueScores(own, anchor, past), queueScores(anchor, anchor, past), {
      student: o.temperature,
      teacher: o.teacherTemperature,
    });
  }

  return {
    name: 'feature-matching',
    student,
    result: 'student',
    views,
    learnsFromPlaces: both !== undefined,
    ...(queue && { state: queue.state }),
    loss([x], ctx) {
      const wanted = teacher.see(x); // no gradient
      if (!both || !wanted.places) return ofFeatures(student.forward(x), wanted.features, ctx);
      const own = both[0].see(x);
      const grid = wanted.places.shape.slice(2);
      const projected = onGrid(student.predict(rowsOf(own.places)), own.places, grid);
      return {
        ...ofFeatures(head.forward(own.features), wanted.features, ctx),
        places: compare(projected, rowsOf(wanted.places)).mul(o.patches ?? 1),
      };
    },
    ...(queue && { afterStep: ({ stash }) => queue.enqueue(...stash.get(queue)) }),
  };
};

/**
 * Student and teacher where their places are compared.
 * @throws UserError where that is asked for and one of them does not tell of places
 */
function placesOf(
  student: Encoder,
  { encoder: teacher }: FrozenTeacher,
  { patches }: Options,
): readonly [PlacedEncoder, PlacedEncoder] | undefined {
  if ((patches ?? (teacher instanceof ViT ? 1 : 0)) === 0) return undefined;
  if (seesPlaces(student) && seesPlaces(teacher)) return [student, teacher];
  if (patches === undefined) return undefined;
  const whose = seesPlaces(teacher) ? 'student' : 'teacher';
  throw new UserError(`the ${whose} is a network of your own that tells nothing of places; give patches=0`);
}

/** A row for each place: [n, width, rows, columns] to [n rows columns, width]. */
function rowsOf(places: Tensor): Tensor {
  return places.permute([0, 2, 3, 1]).flatten({ endDim: 2 });
}

/** Rows of the places of one map, brought to another grid. */
function onGrid(rows: Tensor, { shape }: Tensor, grid: readonly number[]): Tensor {
  const [n, , height, width] = shape as [number, number, number, number];
  if (String([height, width]) === String(grid)) return rows;
  const map = rows.reshape([n, height, width, rows.shape[1] as number]).permute([0, 3, 1, 2]);
  return rowsOf(map.upsampleBilinear2d(grid, false));
}

/** @throws UserError when a step's images do not divide the queue */
export function checkFeatureMatching({ compare, bank }: Options, { batch }: RunFacts): void {
  if (compare === 'queue') checkQueue(bank, batch);
}
