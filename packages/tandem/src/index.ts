/**
 * Self-supervised learning of image encoders: all that is public, by what it is for. What stands
 * here changes only with a note in the changelog; `tandem-vision/internal` may change any day.
 * @module tandem
 */

// Errors: what a user can mend comes as a UserError, one line that says what, where and the cure.

export { UsageError, UserError } from './errors.js';
export { TooManySkippedError } from './images/index.js';
export { AtEndError } from './pretrain/index.js';
export { DivergedError } from './train/index.js';

// Images: from a folder, an archive or a known data set to bytes of one size, at once or in parts.

export {
  type Batch,
  Batches,
  type DataSet,
  dataSets,
  defineImages,
  type ImageChunk,
  type ImageDefinition,
  type ImageFacts,
  type ImageLike,
  type ImageSet,
  type ImageSource,
  type ImageStream,
  type ImagesInOrder,
  type IndexedImages,
  type OpenOptions,
  type OwnImage,
  openImages,
  type PixelFormat,
  type Pixels,
  pngOf,
  type RawPixels,
  type SkippedFile,
  streamImages,
} from './images/index.js';

// Views: from bytes to random or fixed views, float32 tensors on a device.

export {
  defineView,
  type ImageBatch,
  type ImageRandom,
  type ImageShape,
  type Interpolation,
  type Jitter,
  makeView,
  makeViews,
  type Normalisation,
  type Stage,
  smallView,
  type View,
  type ViewDefinition,
  type ViewKey,
  type ViewOptions,
  type ViewParts,
  type ViewPresetName,
  type ViewPresetOptions,
  type ViewStep,
  viewsPreset,
} from './views/index.js';

// Networks: encoders, and the projectors, predictors and classifiers that learn with them.

export {
  type Architecture,
  type BackboneDefinition,
  type BackboneParts,
  type BackboneSettings,
  Branch,
  type BranchShape,
  backbones,
  buildEncoder,
  classifierHead,
  type DinoHeadShape,
  defineBackbone,
  dinoHead,
  type Encoder,
  Head,
  type HeadShape,
  mlpHead,
  type NewEncoder,
  newArchitecture,
  newBranch,
  PrototypeHead,
  type PrototypeHeadShape,
  type Stem,
  type TrainingForm,
  ViT,
} from './networks/index.js';

// Losses: from projections, predictions or scores to a number or named terms.

export {
  barlowTwinsLoss,
  classCrossEntropy,
  compareCrops,
  cosineDistance,
  cropDistillationLoss,
  distillationLoss,
  infoNce,
  koleoLoss,
  type LossTerms,
  maskedPatchLoss,
  type Negatives,
  negativeCosine,
  ntXent,
  queueContrast,
  queueScores,
  sinkhornKnopp,
  sumOfTerms,
  type Temperatures,
  type VicRegWeights,
  vicRegLoss,
} from './losses/index.js';
export { l2Normalize } from './math.js';

// Step: what a method sees of a step, and what it keeps from one to the next.

export {
  eagerContext,
  KeyQueue,
  type Position,
  projectShuffled,
  RunningMean,
  type Stash,
  type StepContext,
  type StepInfo,
} from './step/index.js';

// Teachers: networks that follow the student, or stand still.

export {
  type BilevelHooks,
  type BilevelOptions,
  bilevelTeacher,
  type EmaOptions,
  type EmaTeacher,
  emaTeacher,
  type FrozenNetwork,
  type FrozenTeacher,
  frozenTeacher,
  type SlowTeacher,
  slowTeacher,
} from './teachers/index.js';

// Methods: all that there are, and what one consists of.

export {
  /** The zod that Tandem reads options of one's own with. */
  z,
} from 'zod';
export {
  type AuxiliaryNetwork,
  defineMethod,
  type Method,
  type MethodConfig,
  type MethodDefinition,
  type MethodName,
  type MethodParts,
  methods,
  type NewMethod,
  type OneView,
  type Rounds,
  type RunFacts,
  type Supervision,
  type TwoViews,
  type Use,
  type ViewCount,
  type Views,
} from './methods/index.js';

// Training: the loop below `pretrain`, for any method, with its plan and its checkpoints.

export { chooseDevice } from './device.js';
export {
  type Checkpoint,
  type DecayOptions,
  decaySchedule,
  type GradientClip,
  loadCheckpoint,
  type Plan,
  type Schedule,
  type StepReport,
  saveCheckpoint,
  train,
} from './train/index.js';

// Evaluation: features, and what they are worth, from tensors or from files.

export {
  accuracy,
  type Baseline,
  type Calibrated,
  type CalibrateOptions,
  type ClassGuess,
  type ClassTable,
  type ClusterScores,
  calibrateClassifier,
  type Diagnostics,
  type Embedded,
  type EmbedOptions,
  type EpisodeMean,
  type EvaluationRecord,
  embedImages,
  type FeatureOptions,
  type FewLabelsOptions,
  type FewShotMeasurement,
  type FewShotOptions,
  type FewShotResult,
  features,
  type JobHooks,
  type KnnMeasurement,
  type KnnMeasureOptions,
  type KnnOptions,
  knn,
  type LabelledSet,
  type LinearFeaturesSettings,
  type LinearMeasurement,
  type LinearMeasureOptions,
  type LinearResult,
  type LinearViewsResult,
  type LinearViewsSettings,
  linearOnFeatures,
  type MeasureOptions,
  measureFewShot,
  measureKnn,
  measureLinear,
  measureTsne,
  type PictureFiles,
  type Predicted,
  type Prediction,
  type PredictOptions,
  type ProbeContext,
  type ProbeResult,
  predictImages,
  type TsneLayout,
  type TsneMeasurement,
  type TsneMeasureOptions,
  type TsneResult,
  type TsneSettings,
  tsne,
  type Vote,
} from './evaluate/index.js';

// Weights: encoders and heads in files, of runs and of others, and what a file says of them.

export {
  type ClassifierChoice,
  type EncoderChoice,
  type EncoderName,
  findEncoder,
} from './runs/index.js';
export {
  type EncoderCard,
  encoderView,
  type LoadedEncoder,
  loadEncoder,
  loadHead,
  type SavedHead,
  saveEncoder,
  saveHead,
} from './weights/index.js';

// Vectors: a trained encoder, one picture at a time.

export { type ClassifyOptions, type EmbedRowOptions, type LoadOptions, load, type Model } from './load/index.js';

// Gallery: vectors kept where they can be searched.

export {
  type Found,
  type Gallery,
  type GalleryOptions,
  type Indexed,
  type IndexOptions,
  indexImages,
  type Match,
  openGallery,
  type SearchOptions,
} from './gallery/index.js';

// Curation: near-duplicates, outliers, clusters, and what to label, by an encoder's features.

export {
  type Clustering,
  type ClusterMember,
  type ClusterOptions,
  type CurateOptions,
  clusterImages,
  type Duplicate,
  type DuplicateOptions,
  type Duplicates,
  findDuplicates,
  findOutliers,
  type Outlier,
  type OutlierOptions,
  type Outliers,
  type Picture,
  type Selection,
  type SelectOptions,
  selectImages,
} from './curate/index.js';

// Serve: an encoder that answers over HTTP, and a page over runs.

export { type Served, type ServeOptions, serve } from './serve/index.js';
export { type ShownRuns, showRuns, type UiOptions } from './ui/index.js';

// Export: folders that other tools read, and quantized models.

export {
  type Exported,
  type ExportLayout,
  type ExportOptions,
  exportEncoder,
  type Quantization,
} from './export/index.js';

// Pretraining: whole runs with their folder, from settings to the kept encoder.

export {
  type Budget,
  type Change,
  type Continuation,
  type DataSettings,
  type Definition,
  type DrawnViews,
  type DrawViewsOptions,
  drawViews,
  type EpochMetrics,
  type Estimate,
  type ExecutionSettings,
  estimateRun,
  type FinetuneOptions,
  type FinetuneResult,
  type FlatConfig,
  type Forecast,
  type FullViewSpec,
  finetuneConfig,
  flattenConfig,
  type LoadingOptions,
  type Longer,
  type MemoryFacts,
  measureFinetuned,
  type NetworkFacts,
  type NetworkSettings,
  type PretrainEvent,
  type PretrainOptions,
  type PretrainOutcome,
  type PretrainRequest,
  pretrain,
  pretrainWithin,
  type ResumeOptions,
  type RunConfig,
  type RunTime,
  resolveConfig,
  resume,
  type StepLoad,
  type TrainingSettings,
  use,
  type ViewSettings,
  type ViewSpec,
} from './pretrain/index.js';

// Report: what a run folder says, as a page, and several runs side by side.

export {
  type Comparison,
  type ComparisonRow,
  type ComparisonTable,
  compareRuns,
  type ReportOptions,
  type Statistic,
  writeReport,
} from './report/index.js';
export { type Evaluation, type RunRecord, readEvaluations, readRun } from './runs/index.js';
