// MoCo: a query finds the key of the other view among the keys of past batches.
// In the toolkit: packages/tandem/src/methods/moco.ts
// node examples/methods/dist/moco.js <pictures> <encoder> [epochs]
import { optim, type Tensor } from 'tandem-torch';
import {
  buildEncoder,
  KeyQueue,
  l2Normalize,
  newBranch,
  projectShuffled,
  queueContrast,
  slowTeacher,
} from 'tandem-vision';
import { architecture, learn, readPictures, save } from './shared.js';

const [folder = 'pictures', out = 'encoder.safetensors', epochs = '10'] = process.argv.slice(2);
const pictures = await readPictures(folder);
// Batch norm by parts, which are others for the teacher: else it would give the answer away.
const encoder = buildEncoder(architecture, { splits: 4 });
const student = newBranch(encoder, { projLayers: 2, projHidden: 64, projDim: 64, splits: 4 });
const teacher = slowTeacher(student); // without gradient and predictor
const queue = new KeyQueue(256, 64);
const [past] = queue.tensors as [Tensor];
const optimizer = new optim.SGD(student.parameters(), { lr: 0.03, momentum: 0.9, weightDecay: 5e-4 });

learn(pictures, Number(epochs), ({ draw, ctx }) => {
  const keys = l2Normalize(projectShuffled((x) => teacher.project([x])[0], draw(1), ctx));
  const loss = queueContrast(student.forward(draw(0)), keys, past, { temperature: 0.1 });
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  queue.enqueue(keys); // in place of the oldest
  teacher.follow(0.01); // a hundredth of the way to the student
  return loss;
});
save(out, encoder);
