// MoCo v3: each view's prediction finds a slow teacher's projection of the other view in the batch.
// In the toolkit: packages/tandem/src/methods/mocov3.ts
// node examples/methods/dist/mocov3.js <pictures> <encoder> [epochs]
import { optim } from 'tandem-torch';
import { Branch, buildEncoder, Head, infoNce, mlpHead, slowTeacher } from 'tandem-vision';
import { architecture, learn, readPictures, save } from './shared.js';

const [folder = 'pictures', out = 'encoder.safetensors', epochs = '10'] = process.argv.slice(2);
const pictures = await readPictures(folder);
const encoder = buildEncoder(architecture);
const projector = new Head({ ...mlpHead(encoder.featureWidth, 2, 64, 64), lastNorm: 'plain' });
const predictor = new Head({ ...mlpHead(64, 2, 64, 64), lastNorm: 'plain' });
const student = new Branch(encoder, projector, predictor);
const teacher = slowTeacher(student); // without gradient and predictor
const optimizer = new optim.SGD(student.parameters(), { lr: 0.03, momentum: 0.9, weightDecay: 5e-4 });
const contrast = { temperature: 0.2, negatives: 'opposite-view' } as const;

learn(pictures, Number(epochs), ({ draw }) => {
  const [a, b] = [draw(0), draw(1)];
  const keys = teacher.project([a, b]);
  const [qa, qb] = [student.predict(student.forward(a)), student.predict(student.forward(b))];
  const loss = infoNce([qa, qb], keys, contrast).mul(4 * contrast.temperature);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  teacher.follow(0.01); // a hundredth of the way to the student
  return loss;
});
save(out, encoder);
