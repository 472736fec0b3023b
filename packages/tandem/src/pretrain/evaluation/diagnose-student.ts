import { cat, noGrad, scope, type Tensor } from 'tandem-torch';
import { type Diagnostics, diagnoseEmbeddings } from '../../evaluate/index.js';
import { type Batch, type ImageSet, inOrder, subset } from '../../images/index.js';
import type { Method } from '../../methods/method.js';
import type { Branch } from '../../networks/index.js';
import { makeViews, type View } from '../../views/index.js';
import { NotFiniteError } from '../finite.js';
import type { EvaluationContext } from './context.js';
import type { InParts } from './in-parts.js';
import { roundsOf, rowsOf } from './shared.js';

const diagnosedImages = 2048;

/**
 * Diagnostics of the student's projections, in evaluation mode, of two training views of up to
 * 2,048 images.
 * @throws NotFiniteError when a projection is infinite or NaN
 */
export function* diagnoseStudent(
  { student, views }: Method,
  set: ImageSet,
  seed: number,
  context: EvaluationContext,
): InParts<Diagnostics> {
  const [first, second = first] = views as readonly [View, View?]; // of one view two draws
  const some = spread(set, diagnosedImages);
  const projected: Tensor[] = [];
  let done = 0;
  try {
    const width = student.head.embeddingWidth;
    for (const round of roundsOf(batchesOf(some), context)) {
      const make = ({ batch }: { readonly batch: Batch }) =>
        projectionsOf(student, batch, set, [first, second], seed, context);
      const made = rowsOf(round, 2 * width, make, context);
      projected.push(...made);
      done += round.reduce((sum, { count }) => sum + count, 0);
      yield { done, total: some.count };
    }
    return scope(() => {
      const [a, b] = cat(projected)
        .chunk(2, { dim: 1 })
        .map((x) => x.contiguous()) as [Tensor, Tensor];
      if (!a.isfinite().all().item()) throw new NotFiniteError("the student's projections are not finite any more");
      return diagnoseEmbeddings(a, b);
    });
  } finally {
    for (const x of projected) x.dispose();
  }
}

function* batchesOf(set: ImageSet) {
  for (const batch of inOrder(set, 256)) yield { batch, count: batch.indices.length };
}

/** At most `n` images at even distances, since sets often lie class by class. */
function spread(set: ImageSet, n: number): ImageSet {
  if (set.count <= n) return set;
  return subset(
    set,
    Uint32Array.from({ length: n }, (_, i) => Math.floor((i * set.count) / n)),
  );
}

/** The student's embeddings of a batch in each of the views, in evaluation mode, side by side. */
function projectionsOf(
  student: Branch,
  batch: Batch,
  set: ImageSet,
  views: readonly View[],
  seed: number,
  { device, memoryFormat }: EvaluationContext,
): Tensor {
  const { training } = student;
  student.eval();
  try {
    return scope(() =>
      noGrad(() => {
        const seen = makeViews(batch, set, views, { seed, draw: 0 }, device);
        return cat(
          seen.map((x) => student.embed(x.to({ memoryFormat }))),
          { dim: 1 },
        );
      }),
    );
  } finally {
    student.train(training);
  }
}
