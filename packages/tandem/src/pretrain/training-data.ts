import { UserError } from '../errors.js';
import { classNames, type LabelledSet } from '../evaluate/index.js';
import { type DataSet, type ImageSet, labelledShare, subset } from '../images/index.js';
import type { RunConfig } from './config/options.js';
import { labelled } from './evaluation/monitor.js';

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
  const share = 'labels' in options ? options.labels : 0;
  if (use === 'none' || share === 0) {
    const { labels: _, ...set } = use === 'none' ? data.train : withoutQueries(data);
    return { set };
  }
  const bank = labelledBank(config, data);
  const chosen = labelledShare(bank, share, config.execution.seed);
  const classes = classNames(bank);
  if (use === 'needed') return { set: subset(bank, chosen), classes };
  if (!data.train.labels) {
    throw new UserError(`${data.name}: labels are of other images than those learned from; give labels=0`);
  }
  const labels = new Int32Array(bank.count).fill(-1);
  for (const i of chosen) labels[i] = bank.labels[i] as number;
  return { set: { ...bank, labels }, classes };
}

function labelledBank({ data: { images }, method: { name } }: RunConfig, data: DataSet): LabelledSet {
  if (data.misfit) throw new UserError(`${images}: ${data.misfit}; give both the same class folders`);
  const known = labelled(data);
  if (!known) throw new UserError(`${images}: ${name} needs labels. ${data.note ?? ''}`.trim());
  const { bank } = known;
  if (bank.labels.some((label) => label !== bank.labels[0])) return bank;
  const [only] = [...bank.labels].map((label) => bank.classes?.[label] ?? label);
  throw new UserError(`${images}: all ${bank.count} images are of one class, '${only}'; ${name} needs two or more`);
}

/**
 * The training images, but those held out of them: a teacher that knows classes tells of each image
 * what it is.
 */
function withoutQueries({ train, bank }: DataSet): ImageSet {
  return train.labels && bank ? bank : train;
}
