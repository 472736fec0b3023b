// BYOL: a student predicts a slow teacher's projection of the other view.
// In the toolkit: packages/tandem/src/methods/byol.ts
// node examples/methods/dist/byol.js <pictures> <encoder> [epochs]
import { optim } from 'tandem-torch';
import { buildEncoder, cosineDistance, newBranch, slowTeacher } from 'tandem-vision';
import { architecture, learn, readPictures, save } from './shared.js';

const [folder = 'pictures', out = 'encoder.safetensors', epochs = '10'] = process.argv.slice(2);
const pictures = await readPictures(folder);
const encoder = buildEncoder(architecture);
const student = newBranch(encoder, { projLayers: 2, projHidden: 64, projDim: 64, predHidden: 64 });
const teacher = slowTeacher(student); // without gradient and predictor
const optimizer = new optim.SGD(student.parameters(), { lr: 0.03, momentum: 0.9, weightDecay: 5e-4 });

learn(pictures, Number(epochs), ({ draw }) => {
  const [a, b] = [draw(0), draw(1)];
  const [ta, tb] = teacher.project([a, b]);
  const [pa, pb] = [student.predict(student.forward(a)), student.predict(student.forward(b))];
  const loss = cosineDistance(pa, tb).add(cosineDistance(pb, ta));
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  teacher.follow(0.01); // a hundredth of the way to the student
  return loss;
});
save(out, encoder);
