// DINOv2: DINO on a transformer's class tokens, and the same of patches that are masked.
// In the toolkit: packages/tandem/src/methods/dinov2.ts
// node examples/methods/dist/dinov2.js <pictures> <encoder> [epochs]
import { arange, cat, noGrad, optim, type Tensor, zeros } from 'tandem-torch';
import * as tv from 'tandem-vision';
import { learn, readPictures, save, size, view } from './shared.js';

const [folder = 'pictures', out = 'encoder.safetensors', epochs = '10'] = process.argv.slice(2);
const pictures = await readPictures(folder);
const built = tv.newArchitecture('vit-micro', { depth: 2, patch: 8 }, { size, channels: 3 });
const encoder = tv.buildEncoder(built, { maskToken: true });
const shape = { layers: 2, hidden: 64, bottleneck: 32, norm: false, fixedGain: true };
const student = new tv.Branch(encoder, new tv.PrototypeHead(tv.dinoHead(encoder.featureWidth, 128, shape)));
const teacher = tv.slowTeacher(student);
const optimizer = new optim.AdamW(student.parameters(), { lr: 1e-3, weightDecay: 0.04 });
const [images, patches] = [2 * 16, (size / 8) ** 2];
// Of each image the same four patches of sixteen; the toolkit draws others at each step.
const hidden = arange(patches).lt(4).expand([images, patches]);
const weights = zeros([images * 4]).add(1 / 4);

/** Scores of class tokens, and of the patches that are hidden from the student. */
function scoresOf({ encoder, head }: tv.Branch, x: Tensor, masked?: Tensor): [Tensor, Tensor] {
  const tokens = (encoder as tv.ViT).tokens(x, masked);
  const rows = [tokens.select(1, 0), tokens.narrow(1, 1, 4).reshape([images * 4, encoder.featureWidth])];
  return head.forward(cat(rows)).split([images, images * 4]) as [Tensor, Tensor];
}

learn(pictures, Number(epochs), ({ batch, epoch }) => {
  const large = cat(tv.makeViews(batch, pictures, [view, view], { seed: 0, draw: epoch }));
  const targets = noGrad(() => scoresOf(teacher.branch, large).map((scores) => tv.sinkhornKnopp(scores, 0.04)));
  const [classes, seen] = scoresOf(student, large, hidden);
  const crops = tv.sumOfTerms(tv.compareCrops(classes.chunk(2), (targets[0] as Tensor).chunk(2), 0.1));
  const loss = crops.add(tv.maskedPatchLoss(seen, targets[1] as Tensor, { temperature: 0.1, weights, images }));
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  teacher.follow(0.01);
  return loss;
});
save(out, teacher.branch.encoder, built);
