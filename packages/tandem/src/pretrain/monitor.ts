import { cat, type Device, noGrad, scope, type Tensor } from '@tandem/torch';
import { accuracy, type Diagnostics, diagnose, features, knn } from '../evaluate/index.js';
import { type DataSet, type ImageSet, inOrder, slice } from '../images/index.js';
import type { Method } from '../methods/method.js';
import type { Encoder } from '../networks/index.js';
import { makeViews, type View } from '../views/index.js';

/** How and on what the encoders are looked at. */
export interface Look {
  readonly view: View;
  readonly device: Device;
  readonly memoryFormat: 'contiguous' | 'channelsLast';
}

/** Share of queries whose nearest neighbour in the bank has their class; undefined where the data has no labels. */
export function knnAccuracy(encoder: Encoder, { bank, queries }: DataSet, look: Look): number | undefined {
  if (!bank?.labels || !queries?.labels) return undefined;
  const { labels } = bank;
  const wanted = queries.labels;
  return scope(() => {
    const remembered = features(encoder, bank, look);
    const asked = features(encoder, queries, look);
    try {
      return accuracy(knn(remembered, labels, asked), wanted);
    } finally {
      remembered.dispose();
      asked.dispose();
    }
  });
}

const diagnosedImages = 2048;

/** Diagnostics of the student's projections, in evaluation mode, of two training views of up to 2,048 images. */
export function diagnoseStudent(method: Method, set: ImageSet, seed: number, look: Look): Diagnostics {
  const { learns: student } = method;
  const some = slice(set, 0, Math.min(set.count, diagnosedImages));
  const views = method.views.slice(0, 2);
  const training = student.training;
  student.eval();
  try {
    return scope(() => {
      const parts = [...inOrder(some, 256)].map((batch) =>
        scope(() =>
          noGrad(() =>
            makeViews(batch, set, views, { seed, draw: 0 }, look.device).map((x) => student.forward(placed(x, look))),
          ),
        ),
      );
      const [a, b] = views.map((_, i) => cat(parts.map((part) => part[i] as Tensor)));
      return diagnose(a as Tensor, b ?? (a as Tensor));
    });
  } finally {
    student.train(training);
  }
}

function placed(x: Tensor, { memoryFormat }: Look): Tensor {
  return memoryFormat === 'channelsLast' ? x.to({ memoryFormat }) : x;
}
