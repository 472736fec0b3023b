// Feature matching: a student's features, projected, are those of a trained teacher.
// In the toolkit, with the teacher's patches too: packages/tandem/src/methods/feature-matching.ts
// node examples/methods/dist/feature-matching.js <pictures> <teacher> <encoder> [epochs]
import { optim } from 'tandem-torch';
import { buildEncoder, cosineDistance, frozenTeacher, Head, loadEncoder, newBranch } from 'tandem-vision';
import { architecture, learn, readPictures, save, view } from './shared.js';

const [folder = 'pictures', from = 'teacher.safetensors', out = 'encoder.safetensors', epochs = '10'] =
  process.argv.slice(2);
const pictures = await readPictures(folder);
const trained = loadEncoder(from);
const width = trained.encoder.featureWidth;
const features = new Head({ widths: [width], norm: false }); // as they are
const teacher = frozenTeacher({ encoder: trained.encoder, head: features, own: trained.card }, view);
const encoder = buildEncoder(architecture);
const student = newBranch(encoder, { projLayers: 2, projHidden: width, projDim: width });
const optimizer = new optim.SGD(student.parameters(), { lr: 0.03, momentum: 0.9, weightDecay: 5e-4 });

learn(pictures, Number(epochs), ({ draw }) => {
  const x = draw(0);
  const loss = cosineDistance(student.forward(x), teacher.see(x).features);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  return loss;
});
save(out, encoder);
