// VICReg: views agree, dimensions vary, and no two dimensions vary together.
// In the toolkit: packages/tandem/src/methods/vicreg.ts
// node examples/methods/dist/vicreg.js <pictures> <encoder> [epochs]
import { optim } from 'tandem-torch';
import { buildEncoder, newBranch, sumOfTerms, vicRegLoss } from 'tandem-vision';
import { architecture, learn, readPictures, save } from './shared.js';

const [folder = 'pictures', out = 'encoder.safetensors', epochs = '10'] = process.argv.slice(2);
const pictures = await readPictures(folder);
const encoder = buildEncoder(architecture);
const student = newBranch(encoder, { projLayers: 3, projHidden: 64, projDim: 64 });
const optimizer = new optim.SGD(student.parameters(), { lr: 3e-3, momentum: 0.9, weightDecay: 5e-4 });

learn(pictures, Number(epochs), ({ draw }) => {
  const [za, zb] = [student.forward(draw(0)), student.forward(draw(1))];
  const loss = sumOfTerms(vicRegLoss(za, zb));
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  return loss;
});
save(out, encoder);
