// Supervised learning: classes from the names of folders.
// In the toolkit: packages/tandem/src/methods/supervised.ts
// node examples/methods/dist/supervised.js <pictures> <encoder> <head> [epochs]
import { optim, tensor } from 'tandem-torch';
import { Branch, buildEncoder, classCrossEntropy, classifierHead, Head, saveHead } from 'tandem-vision';
import { architecture, learn, readPictures, save } from './shared.js';

const [folder = 'pictures', out = 'encoder.safetensors', headOut = 'head.safetensors', epochs = '10'] =
  process.argv.slice(2);
const pictures = await readPictures(folder);
const { labels, classes } = pictures;
if (!labels || !classes) throw new Error(`${folder} has no folders of classes`);
const encoder = buildEncoder(architecture);
const features = new Head({ widths: [encoder.featureWidth], norm: false }); // as they are
const student = new Branch(encoder, classifierHead(features, { layers: 0, classes: classes.length }));
const optimizer = new optim.SGD(student.parameters(), { lr: 0.03, momentum: 0.9, weightDecay: 5e-4 });

learn(pictures, Number(epochs), ({ draw, batch }) => {
  const known = tensor(BigInt64Array.from(batch.indices, (i) => BigInt(labels[i] ?? -1)));
  const loss = classCrossEntropy(student.forward(draw(0)), known);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  return loss;
});
save(out, encoder);
saveHead(headOut, { head: student.head, classes });
