// S2-BNN: a binary student has the projection of a trained teacher, as a distribution.
// In the toolkit: packages/tandem/src/methods/s2bnn.ts
// node examples/methods/dist/s2bnn.js <pictures> <teacher> <encoder> [epochs]
import { optim } from 'tandem-torch';
import {
  buildEncoder,
  distillationLoss,
  frozenTeacher,
  Head,
  l2Normalize,
  loadEncoder,
  newArchitecture,
  newBranch,
  sumOfTerms,
} from 'tandem-vision';
import { learn, readPictures, save, size, view } from './shared.js';

const [folder = 'pictures', from = 'teacher.safetensors', out = 'encoder.safetensors', epochs = '10'] =
  process.argv.slice(2);
const pictures = await readPictures(folder);
const trained = loadEncoder(from);
const features = new Head({ widths: [trained.encoder.featureWidth], norm: false }); // as they are
const teacher = frozenTeacher({ encoder: trained.encoder, head: features, own: trained.card }, view);
const binary = newArchitecture('react-resnet8', { width: 16, stem: 'strided' }, { size, channels: 3 });
const encoder = buildEncoder(binary);
const student = newBranch(encoder, { projLayers: 2, projHidden: 64, projDim: teacher.width });
const optimizer = new optim.Adam(student.parameters(), { lr: 1e-3 });

learn(pictures, Number(epochs), ({ draw }) => {
  const x = draw(0);
  const [found, wanted] = [l2Normalize(student.forward(x)), l2Normalize(teacher.project([x])[0])];
  const loss = sumOfTerms(distillationLoss(found, wanted, { student: 0.2, teacher: 0.2 }));
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  return loss;
});
save(out, encoder, binary);
