// Barlow Twins: the correlations between the dimensions of two views become the identity.
// In the toolkit: packages/tandem/src/methods/barlow-twins.ts
// node examples/methods/dist/barlow-twins.js <pictures> <encoder> [epochs]
import { optim } from 'tandem-torch';
import { barlowTwinsLoss, buildEncoder, newBranch, sumOfTerms } from 'tandem-vision';
import { architecture, learn, readPictures, save } from './shared.js';

const [folder = 'pictures', out = 'encoder.safetensors', epochs = '10'] = process.argv.slice(2);
const pictures = await readPictures(folder);
const encoder = buildEncoder(architecture);
const student = newBranch(encoder, { projLayers: 3, projHidden: 64, projDim: 64 });
const optimizer = new optim.SGD(student.parameters(), { lr: 3e-3, momentum: 0.9, weightDecay: 5e-4 });

learn(pictures, Number(epochs), ({ draw }) => {
  const [za, zb] = [student.forward(draw(0)), student.forward(draw(1))];
  const loss = sumOfTerms(barlowTwinsLoss(za, zb, { redundancy: 0.0051 }));
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  return loss;
});
save(out, encoder);
