// CLBO: a student is contrasted with a slow teacher and pulled to it; the teacher is kept.
// In the toolkit: packages/tandem/src/methods/clbo.ts
// node examples/methods/dist/clbo.js <pictures> <encoder> [epochs]
import { optim } from 'tandem-torch';
import { bilevelTeacher, buildEncoder, infoNce, methods, newBranch } from 'tandem-vision';
import { architecture, learn, readPictures, save } from './shared.js';

const [folder = 'pictures', out = 'encoder.safetensors', epochs = '10'] = process.argv.slice(2);
const pictures = await readPictures(folder);
const encoder = buildEncoder(architecture);
const student = newBranch(encoder, { projLayers: 2, projHidden: 64, projDim: 64 });
const teacher = bilevelTeacher(student, methods.clbo.configure({ lookahead: 2, lambda0: 1e-3 }).options);
const optimizer = new optim.SGD(student.parameters(), { lr: 0.03, momentum: 0.9, weightDecay: 5e-4 });

learn(pictures, Number(epochs), ({ draw, ctx }) => {
  const [a, b] = [draw(0), draw(1)];
  const [ta, tb] = teacher.project([a, b]);
  const options = { temperature: 0.2, negatives: 'all-others' } as const;
  const loss = infoNce([student.forward(a), student.forward(b)], [ta, tb], options);
  optimizer.zeroGrad();
  loss.backward();
  teacher.hooks.beforeStep(ctx); // gradient += lambda (student - teacher)
  optimizer.step();
  teacher.hooks.afterStep(ctx); // every second step teacher += tau lambda (student - teacher)
  return loss;
});
save(out, teacher.branch.encoder);
