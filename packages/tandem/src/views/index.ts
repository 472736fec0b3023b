export { type ContactSheet, contactSheet, type Picture } from './contact-sheet.js';
export { byteShape, type ImageBatch, makeView, makeViews } from './make.js';
export { type Normalisation, normalisationOf } from './normalisation.js';
export { drawParameters, operations, plainParameters, type ViewKey, type ViewParameters } from './parameters.js';
export {
  aboutPreset,
  defaultPreset,
  smallView,
  type ViewOptions,
  type ViewPresetName,
  type ViewPresetOptions,
  viewPresetNames,
  viewsPreset,
} from './presets.js';
export { render } from './render.js';
export { residentImages } from './resident.js';
export { ViewStepError } from './steps/apply.js';
export {
  defineView,
  type Stage,
  useView,
  type ViewDefinition,
  type ViewParts,
  type ViewStep,
} from './steps/definition.js';
export { type NamedStep, stepNamed, stepsIn } from './steps/named.js';
export type { ImageRandom } from './steps/random.js';
export type { Interpolation } from './taps.js';
export {
  checkNames,
  checkView,
  type EvaluationViewOptions,
  evaluationView,
  type ImageShape,
  type Jitter,
  type Range,
  unchanged,
  type View,
  withoutColour,
} from './view.js';
