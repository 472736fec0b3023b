import type { z } from 'zod';
import { barlowTwins, barlowTwinsOptions } from './barlow-twins.js';
import { byol, byolOptions } from './byol.js';
import { checkClbo, clbo, clboOptions } from './clbo.js';
import { dino, dinoOptions } from './dino.js';
import type { NewMethod, ViewCount, Views } from './method.js';
import { checkMoby, moby, mobyOptions } from './moby.js';
import { checkMoco, moco, mocoOptions } from './moco.js';
import type { RunFacts } from './options/shared.js';
import { simclr, simclrOptions } from './simclr.js';
import { simsiam, simsiamOptions } from './simsiam.js';
import { vicreg, vicregOptions } from './vicreg.js';

/** What the registry knows of a method. */
export interface MethodEntry {
  readonly summary: string;
  /** Its options: types, ranges, defaults and one line on each. */
  readonly options: z.ZodObject;
  /** Whether it imitates a network that is trained already. */
  readonly teacher: 'none' | 'needed' | 'optional';
  /** How many views it takes, with such options. */
  views(options: unknown): ViewCount;
  /** Throws UserError for options that are possible one by one, but not together or not in such a run. */
  check(options: unknown, run: RunFacts): void;
  /** The options as parsed by the schema above. */
  readonly build: NewMethod<unknown, Views>;
}

/** What an entry may say beside; two views and no teacher unless told otherwise. */
interface Traits<Options> {
  readonly views?: ViewCount | ((options: Options) => ViewCount);
  readonly teacher?: MethodEntry['teacher'];
  readonly check?: (options: Options, run: RunFacts) => void;
}

const two: ViewCount = { least: 2, most: 2 };

function entry<Schema extends z.ZodObject, Seen extends Views>(
  summary: string,
  options: Schema,
  build: NewMethod<z.infer<Schema>, Seen>,
  { views = two, teacher = 'none', check = () => {} }: Traits<z.infer<Schema>> = {},
): MethodEntry {
  return {
    summary,
    options,
    teacher,
    views: (given) => (typeof views === 'function' ? views(given as z.infer<Schema>) : views),
    check: (given, run) => check(given as z.infer<Schema>, run),
    build: (newEncoder, views, given, trained) => build(newEncoder, views, given as z.infer<Schema>, trained),
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
  }),
};

export type { Method, Rounds, ViewCount, Views } from './method.js';
export { type Preset, presets } from './presets.js';
