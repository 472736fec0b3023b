// DINO: in every crop the student finds the prototypes that the teacher finds in the large crops.
// In the toolkit: packages/tandem/src/methods/dino.ts
// node examples/methods/dist/dino.js <pictures> <encoder> [epochs]
import { cat, optim } from 'tandem-torch';
import {
  Branch,
  buildEncoder,
  cropDistillationLoss,
  dinoHead,
  makeViews,
  PrototypeHead,
  RunningMean,
  slowTeacher,
  sumOfTerms,
  viewsPreset,
} from 'tandem-vision';
import { architecture, learn, readPictures, save, size } from './shared.js';

const [folder = 'pictures', out = 'encoder.safetensors', epochs = '10'] = process.argv.slice(2);
const pictures = await readPictures(folder);
const views = viewsPreset('multi-crop', { size, locals: 4 }); // two large crops, four small ones
const encoder = buildEncoder(architecture);
const shape = { layers: 2, hidden: 64, bottleneck: 32, norm: true, fixedGain: true };
const student = new Branch(encoder, new PrototypeHead(dinoHead(encoder.featureWidth, 256, shape)));
const teacher = slowTeacher(student); // without gradient
const centre = new RunningMean(256, 0.9);
const optimizer = new optim.SGD(student.parameters(), { lr: 0.03, momentum: 0.9, weightDecay: 5e-4 });

learn(pictures, Number(epochs), ({ batch, epoch }) => {
  const crops = makeViews(batch, pictures, views, { seed: 0, draw: epoch });
  const [scores] = teacher.project([cat(crops.slice(0, 2))]);
  const found = student.forwardAll(crops).chunk(crops.length);
  const wanted = scores.sub(centre.mean).chunk(2);
  const loss = sumOfTerms(cropDistillationLoss(found, wanted, { student: 0.1, teacher: 0.04 }));
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  centre.update(scores);
  teacher.follow(0.004);
  return loss;
});
save(out, teacher.branch.encoder);
