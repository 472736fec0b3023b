// SimCLR v2, last stage: a new network learns the classes that a trained one gives, without labels.
// In the toolkit: packages/tandem/src/methods/simclr-v2.ts
// node examples/methods/dist/simclr-v2.js <pictures> <teacher> <head> <encoder> [epochs]
import { optim } from 'tandem-torch';
import {
  Branch,
  buildEncoder,
  distillationLoss,
  frozenTeacher,
  Head,
  loadEncoder,
  loadHead,
  sumOfTerms,
} from 'tandem-vision';
import { architecture, learn, readPictures, save, view } from './shared.js';

const [folder = 'pictures', from = 'teacher.safetensors', headFrom = 'head.safetensors', ...rest] =
  process.argv.slice(2);
const [out = 'encoder.safetensors', epochs = '10'] = rest;
const pictures = await readPictures(folder);
const trained = loadEncoder(from);
const { head } = loadHead(headFrom);
const teacher = frozenTeacher({ encoder: trained.encoder, head, own: trained.card }, view);
const encoder = buildEncoder(architecture);
const student = new Branch(encoder, new Head({ widths: [encoder.featureWidth, teacher.width], norm: false }));
const optimizer = new optim.SGD(student.parameters(), { lr: 0.03, momentum: 0.9, weightDecay: 5e-4 });

learn(pictures, Number(epochs), ({ draw }) => {
  const x = draw(0);
  const terms = distillationLoss(student.forward(x), teacher.project([x])[0], { student: 1, teacher: 1 });
  const loss = sumOfTerms(terms);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  return loss;
});
save(out, encoder);
