// SimSiam: each view predicts the other, whose gradient is stopped.
// In the toolkit: packages/tandem/src/methods/simsiam.ts
// node examples/methods/dist/simsiam.js <pictures> <encoder> [epochs]
import { optim } from 'tandem-torch';
import { buildEncoder, negativeCosine, newBranch } from 'tandem-vision';
import { architecture, learn, readPictures, save } from './shared.js';

const [folder = 'pictures', out = 'encoder.safetensors', epochs = '10'] = process.argv.slice(2);
const pictures = await readPictures(folder);
const encoder = buildEncoder(architecture);
// Batch norm without scale and shift ends the projector.
const heads = { projLayers: 2, projHidden: 64, projDim: 64, lastNorm: 'plain', predHidden: 16 } as const;
const student = newBranch(encoder, heads);
const optimizer = new optim.SGD(student.parameters(), { lr: 0.03, momentum: 0.9, weightDecay: 5e-4 });

learn(pictures, Number(epochs), ({ draw }) => {
  const [za, zb] = [student.forward(draw(0)), student.forward(draw(1))];
  const [pa, pb] = [student.predict(za), student.predict(zb)];
  const loss = negativeCosine(pa, zb.detach()).add(negativeCosine(pb, za.detach())).div(2);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  return loss;
});
save(out, encoder);
