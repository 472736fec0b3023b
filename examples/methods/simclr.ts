// SimCLR: both views of a picture find each other among all views of the batch.
// In the toolkit: packages/tandem/src/methods/simclr.ts
// node examples/methods/dist/simclr.js <pictures> <encoder> [epochs]
import { optim } from 'tandem-torch';
import { buildEncoder, newBranch, ntXent } from 'tandem-vision';
import { architecture, learn, readPictures, save } from './shared.js';

const [folder = 'pictures', out = 'encoder.safetensors', epochs = '10'] = process.argv.slice(2);
const pictures = await readPictures(folder);
const encoder = buildEncoder(architecture);
const student = newBranch(encoder, { projLayers: 2, projHidden: 64, projDim: 64 });
const optimizer = new optim.SGD(student.parameters(), { lr: 0.03, momentum: 0.9, weightDecay: 5e-4 });

learn(pictures, Number(epochs), ({ draw }) => {
  const [a, b] = [draw(0), draw(1)];
  const loss = ntXent([student.forward(a), student.forward(b)], { temperature: 0.5 });
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  return loss;
});
save(out, encoder);
