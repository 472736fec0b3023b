export { type ImageBatch, makeView, makeViews } from './make.js';
export { type Normalisation, normalisationOf, normalisations } from './normalisation.js';
export { drawParameters, operations, plainParameters, type ViewKey, type ViewParameters } from './parameters.js';
export { render } from './render.js';
export {
  checkView,
  type EvaluationOptions,
  evaluationView,
  type ImageShape,
  type Jitter,
  type Range,
  smallView,
  type View,
  type ViewOptions,
} from './view.js';
