export { type Calibrated, type CalibrateOptions, calibrateClassifier } from './calibrate.js';
export { calibrationError, fitTemperature, softmax } from './calibration.js';
export * from './class-table.js';
export * from './classes.js';
export { type ClassGuess, classScoresOf, guessClasses } from './classify.js';
export * from './diagnostics.js';
export { type Embedded, type EmbedOptions, embedImages } from './embed/embed.js';
export { unitRows } from './embed/unit-rows.js';
export * from './features.js';
export {
  type EpisodeMean,
  type EpisodeSettings,
  type FewShotScores,
  fewShotScores,
  type Labelled,
} from './fewshot/episodes.js';
export {
  type FewShotMeasurement,
  type FewShotOptions,
  type FewShotResult,
  measureFewShot,
} from './fewshot/measure.js';
export * from './hooks.js';
export * from './knn/baselines.js';
export * from './knn/few-labels.js';
export * from './knn/knn.js';
export * from './knn/measure.js';
export * from './labels.js';
export * from './linear/measure.js';
export * from './linear/on-features.js';
export * from './linear/on-views.js';
export type { MeasureOptions, Opening } from './open.js';
export { type Predicted, type Prediction, type PredictOptions, predictImages } from './predict/predict.js';
export type { EvaluationRecord } from './record.js';
export * from './scores.js';
export * from './tsne/clusters.js';
export * from './tsne/measure.js';
export { principalComponents } from './tsne/pca.js';
export { type ScatterPicture, scatterSvg } from './tsne/picture.js';
export type { PictureFiles } from './tsne/picture-files.js';
export { type TsneLayout, type TsneSettings, tsne, tsneDefaults } from './tsne/tsne.js';
