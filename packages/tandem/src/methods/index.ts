import type { z } from 'zod';
import { barlowTwins, barlowTwinsOptions } from './barlow-twins.js';
import { byol, byolOptions } from './byol.js';
import { checkClbo, clbo, clboOptions } from './clbo.js';
import { checkDino, dino, dinoOptions } from './dino.js';
import type { NewMethod, ViewCount, Views } from './method.js';
import { checkMoby, moby, mobyOptions } from './moby.js';
import { checkMoco, moco, mocoOptions } from './moco.js';
import type { RunFacts } from './options/shared.js';
import { checkS2bnn, s2bnn, s2bnnOptions, viewsOfS2bnn } from './s2bnn.js';
import { checkSeed, seed, seedOptions } from './seed.js';
import { simclr, simclrOptions } from './simclr.js';
import { checkSimclrV2, simclrV2, simclrV2Options } from './simclr-v2.js';
import { simsiam, simsiamOptions } from './simsiam.js';
import { checkSupervised, supervised, supervisedOptions } from './supervised.js';
import { vicreg, vicregOptions } from './vicreg.js';

/** What the registry knows of a method. */
export interface MethodEntry {
  readonly summary: string;
  /** Its options: types, ranges, defaults and one line on each. */
  readonly options: z.ZodObject;
  /** Whether it imitates a network that is trained already. */
  readonly teacher: 'none' | 'needed' | 'optional';
  /**
   * Whether it learns from labels: of the images that have some alone, or of all images with the
   * labels that there are.
   */
  readonly labels: 'none' | 'needed' | 'optional';
  /** How many views it takes, with such options. */
  views(options: unknown): ViewCount;
  /**
   * Throws UserError for options that are possible one by one, but not together or not in such a
   * run.
   */
  check(options: unknown, run: RunFacts): void;
  /** The options as parsed by the schema above. */
  readonly build: NewMethod<unknown, Views>;
}

/** What an entry may say beside; two views, no teacher and no labels unless told otherwise. */
interface Traits<Options> {
  readonly views?: ViewCount | ((options: Options) => ViewCount);
  readonly teacher?: MethodEntry['teacher'];
  readonly labels?: MethodEntry['labels'];
  readonly check?: (options: Options, run: RunFacts) => void;
}

const one: ViewCount = { least: 1, most: 1 };
const two: ViewCount = { least: 2, most: 2 };

function entry<Schema extends z.ZodObject, Seen extends Views>(
  summary: string,
  options: Schema,
  build: NewMethod<z.infer<Schema>, Seen>,
  { views = two, teacher = 'none', labels = 'none', check = () => {} }: Traits<z.infer<Schema>> = {},
): MethodEntry {
  return {
    summary,
    options,
    teacher,
    labels,
    views: (given) => (typeof views === 'function' ? views(given as z.infer<Schema>) : views),
    check: (given, run) => check(given as z.infer<Schema>, run),
    build: (newEncoder, views, given, ...beside) => build(newEncoder, views, given as z.infer<Schema>, ...beside),
  };
}

/** Every method by its name on the command line. */
export const methods: Readonly<Record<string, MethodEntry>> = {
  clbo: entry('contrastive learning by bilevel optimisation of a student and a teacher', clboOptions, clbo, {
    check: checkClbo,
  }),
  simclr: entry('both views find each other among all of the batch', simclrOptions, simclr),
  moco: entry('both views find each other among the keys of past batches', mocoOptions, moco, {
    check: checkMoco,
  }),
  byol: entry(
    "a student predicts a moving average's projection of the other view, without negatives",
    byolOptions,
    byol,
  ),
  simsiam: entry('each view predicts the other, whose gradient is stopped', simsiamOptions, simsiam),
  moby: entry("BYOL's networks with MoCo's loss", mobyOptions, moby, { check: checkMoby }),
  'barlow-twins': entry('correlations between views become the identity', barlowTwinsOptions, barlowTwins),
  vicreg: entry('views agree, dimensions vary and do not covary', vicregOptions, vicreg),
  dino: entry("a student finds the prototypes of a moving average's large crops in all crops", dinoOptions, dino, {
    views: { least: 2, most: Number.POSITIVE_INFINITY },
    check: checkDino,
  }),
  seed: entry("similarities to past images are a trained teacher's", seedOptions, seed, {
    views: one,
    teacher: 'needed',
    check: checkSeed,
  }),
  s2bnn: entry("a binary student's coordinates are a teacher's, or it is contrasted, or both", s2bnnOptions, s2bnn, {
    views: viewsOfS2bnn,
    teacher: 'optional',
    check: checkS2bnn,
  }),
  'simclr-v2': entry(
    'the classes that a fine-tuned teacher gives to images without labels',
    simclrV2Options,
    simclrV2,
    {
      views: one,
      teacher: 'needed',
      labels: 'optional',
      check: checkSimclrV2,
    },
  ),
  supervised: entry('classes from labels: from scratch, or fine-tuning a network', supervisedOptions, supervised, {
    views: one,
    labels: 'needed',
    check: checkSupervised,
  }),
};

export {
  learnersOf,
  type Method,
  networksOf,
  type Rounds,
  type Supervision,
  type ViewCount,
  type Views,
} from './method.js';
export { type Preset, presets } from './presets.js';
