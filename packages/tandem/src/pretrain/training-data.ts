import { UserError } from '../errors.js';
import { classNames, type LabelledSet, requireLabels, requireTwoClasses } from '../evaluate/index.js';
import { type DataSet, type ImageSet, labelledShare, subset } from '../images/index.js';
import type { RunConfig } from './config/options.js';

/** What a run learns from. */
export interface TrainingData {
  /** With labels only where the method may see them, -1 for those it may not. */
  readonly set: ImageSet;
  /** Names of the classes, where labels are learned from. */
  readonly classes?: readonly string[];
}

/**
 * The images of a run's method, with the share of labels that it asks for.
 * @throws UserError where they have none, or too few
 */
export function selectTrainingData(config: RunConfig, data: DataSet): TrainingData {
  const { labels: use, options } = config.method;
  const share = 'labels' in options ? (options.labels ?? 0) : use === 'needed' ? 1 : 0;
  if (data.stream && use !== 'none' && (share > 0 || use === 'needed')) {
    throw new UserError(
      `${data.name}: ${config.method.name} learns from labels, and streams are learned from without: give stream=off`,
    );
  }
  if (use === 'none' || share === 0) {
    const { labels: _, ...set } = use === 'none' ? data.train : withoutQueries(data);
    return { set };
  }
  const known = labelledImages(config, data);
  const chosen = labelledShare(known, share, config.execution.seed);
  const classes = classNames(known);
  const isOnThoseAlone = use === 'needed' || ('distillOn' in options && options.distillOn === 'labelled');
  if (isOnThoseAlone) return { set: subset(known, chosen), classes };
  if (!data.train.labels) {
    throw new UserError(`${data.name}: labels are of other images than those learned from; give labels=0`);
  }
  const labels = new Int32Array(known.count).fill(-1);
  for (const i of chosen) labels[i] = known.labels[i] as number;
  return { set: { ...known, labels }, classes };
}

function labelledImages({ data: { images }, method: { name } }: RunConfig, data: DataSet): LabelledSet {
  const { reference } = requireLabels(images, data, name);
  requireTwoClasses(images, reference, name);
  return reference;
}

/**
 * The training images, but those held out of them: a teacher that knows classes tells of each image
 * what it is.
 */
function withoutQueries({ train, reference }: DataSet): ImageSet {
  return train.labels && reference ? reference : train;
}
