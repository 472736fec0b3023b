// One process of the test of shared evaluation: measures a network alone or with others, and prints
// what it found.

import { distributed, liveTensors, manualSeed } from 'tandem-torch';
import { methods } from '../../../src/methods/index.js';
import { classAccuracy } from '../../../src/pretrain/evaluation/class-accuracy.js';
import { diagnoseStudent } from '../../../src/pretrain/evaluation/diagnose-student.js';
import { knnAccuracy } from '../../../src/pretrain/evaluation/knn-accuracy.js';
import { smallView } from '../../../src/views/index.js';
import { context as alone, newEncoder, noise, side, through } from './evaluating.js';

const group = await distributed.initProcessGroup({ joinSeconds: 60, checks: true });
const context = { ...alone, group };
manualSeed(0);
const view = smallView({ size: side, channels: 1, data: 'noise' });
const method = methods.clbo.configure({ projHidden: 8, projDim: 8 }).build(newEncoder, [view, view]);
const [reference, queries] = [noise(2100, 1), noise(1201, 2)];
const before = liveTensors().count;
const found = {
  knn: through(knnAccuracy(method.student.encoder, { reference, queries }, context)).result,
  diagnostics: through(diagnoseStudent(method, reference, 7, context)).result,
  classes: through(classAccuracy(method.student, { queries }, context)).result,
};
console.log(JSON.stringify({ found, left: liveTensors().count - before }));
await group?.destroy();
