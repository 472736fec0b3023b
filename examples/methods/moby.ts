// MoBY: BYOL's networks with MoCo's loss, in both directions.
// In the toolkit: packages/tandem/src/methods/moby.ts
// node examples/methods/dist/moby.js <pictures> <encoder> [epochs]
import { optim, type Tensor } from 'tandem-torch';
import { buildEncoder, KeyQueue, l2Normalize, newBranch, queueContrast, slowTeacher } from 'tandem-vision';
import { architecture, learn, readPictures, save } from './shared.js';

const [folder = 'pictures', out = 'encoder.safetensors', epochs = '10'] = process.argv.slice(2);
const pictures = await readPictures(folder);
const encoder = buildEncoder(architecture);
const student = newBranch(encoder, { projLayers: 2, projHidden: 64, projDim: 64, predHidden: 64 });
const teacher = slowTeacher(student); // without gradient and predictor
const queue = new KeyQueue(256, 64, { count: 2 }); // of each view
const [pastA, pastB] = queue.tensors as [Tensor, Tensor];
const optimizer = new optim.SGD(student.parameters(), { lr: 0.03, momentum: 0.9, weightDecay: 5e-4 });

learn(pictures, Number(epochs), ({ draw }) => {
  const [a, b] = [draw(0), draw(1)];
  const [ta, tb] = teacher.project([a, b]);
  const [ka, kb] = [l2Normalize(ta), l2Normalize(tb)];
  const [pa, pb] = [student.predict(student.forward(a)), student.predict(student.forward(b))];
  const oneWay = queueContrast(pa, kb, pastB, { temperature: 0.2 });
  const loss = oneWay.add(queueContrast(pb, ka, pastA, { temperature: 0.2 }));
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  queue.enqueue(ka, kb);
  teacher.follow(0.01); // a hundredth of the way to the student
  return loss;
});
save(out, encoder);
