export {
  type ClassifierChoice,
  exportedClassifier,
  findClassifier,
  linearFile,
  type OpenedClassifier,
  openClassifier,
} from './classifiers.js';
export { findEncoder, findHead } from './encoder-files.js';
export { type EncoderName, encoderNames, knnColumn } from './encoder-names.js';
export {
  type EncoderChoice,
  encoderChoices,
  keptEncoder,
  type OpenedEncoder,
  openEncoder,
  openEncoders,
} from './encoders.js';
export { type Evaluation, readEvaluations, recordEvaluation, settingWord } from './evaluations.js';
export { encoderAt, encoderEpochs } from './kept-epochs.js';
export { type OwnImages, type OwnOpening, ownImages, ownOpening } from './own-images.js';
export { classesOf, numberIn, type RunRecord, readRun } from './run-record.js';
export { keepScatter, readScatter, type Scatter } from './scatter.js';
