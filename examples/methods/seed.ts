// SEED: a student is as similar to the pictures of past batches as a trained teacher is.
// In the toolkit: packages/tandem/src/methods/seed.ts
// node examples/methods/dist/seed.js <pictures> <teacher> <encoder> [epochs]
import { optim, type Tensor } from 'tandem-torch';
import {
  buildEncoder,
  distillationLoss,
  frozenTeacher,
  Head,
  KeyQueue,
  l2Normalize,
  loadEncoder,
  newBranch,
  queueScores,
  sumOfTerms,
} from 'tandem-vision';
import { architecture, learn, readPictures, save, view } from './shared.js';

const [folder = 'pictures', from = 'teacher.safetensors', out = 'encoder.safetensors', epochs = '10'] =
  process.argv.slice(2);
const pictures = await readPictures(folder);
const trained = loadEncoder(from);
const features = new Head({ widths: [trained.encoder.featureWidth], norm: false }); // as they are
const teacher = frozenTeacher({ encoder: trained.encoder, head: features, own: trained.card }, view);
const encoder = buildEncoder(architecture);
const student = newBranch(encoder, { projLayers: 2, projHidden: 64, projDim: teacher.width });
const queue = new KeyQueue(256, teacher.width);
const [past] = queue.tensors as [Tensor];
const optimizer = new optim.SGD(student.parameters(), { lr: 0.03, momentum: 0.9, weightDecay: 5e-4 });

learn(pictures, Number(epochs), ({ draw }) => {
  const x = draw(0);
  const own = l2Normalize(teacher.project([x])[0]);
  const [found, wanted] = [queueScores(student.forward(x), own, past), queueScores(own, own, past)];
  const loss = sumOfTerms(distillationLoss(found, wanted, { student: 0.2, teacher: 0.05 }));
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  queue.enqueue(own); // in place of the oldest
  return loss;
});
save(out, encoder);
