import { didYouMean, shownName, UsageError, UserError } from '../errors.js';
import { barlowTwins, barlowTwinsOptions } from './barlow-twins.js';
import { byol, byolOptions } from './byol.js';
import { checkClbo, clbo, clboOptions } from './clbo.js';
import { defineMethod, type MethodDefinition } from './definition.js';
import { dino, dinoOptions } from './dino.js';
import { checkDinoV2, dinov2, dinov2Options } from './dinov2.js';
import { checkFeatureMatching, featureMatching, featureMatchingOptions } from './feature-matching.js';
import type { ViewCount } from './method.js';
import { checkMoby, moby, mobyOptions } from './moby.js';
import { checkMoco, moco, mocoOptions } from './moco.js';
import { checkMocoV3, mocov3, mocov3Options } from './mocov3.js';
import { checkWarmup } from './options/prototypes.js';
import { type OwnMethod, ownMethod } from './own.js';
import { checkS2bnn, s2bnn, s2bnnOptions, viewsOfS2bnn } from './s2bnn.js';
import { checkSeed, seed, seedOptions } from './seed.js';
import { simclr, simclrOptions } from './simclr.js';
import { checkSimclrV2, simclrV2, simclrV2Options } from './simclr-v2.js';
import { simsiam, simsiamOptions } from './simsiam.js';
import { checkSupervised, supervised, supervisedOptions } from './supervised.js';
import { vicreg, vicregOptions } from './vicreg.js';

const one: ViewCount = { least: 1, most: 1 };

/** Every method by its name on the command line. */
export const methods = {
  clbo: defineMethod({
    name: 'clbo',
    summary: 'contrastive learning by bilevel optimisation of a student and a teacher',
    options: clboOptions,
    build: clbo,
    check: checkClbo,
  }),
  simclr: defineMethod({
    name: 'simclr',
    summary: 'both views find each other among all of the batch',
    options: simclrOptions,
    build: simclr,
  }),
  moco: defineMethod({
    name: 'moco',
    summary: 'both views find each other among the keys of past batches',
    options: mocoOptions,
    build: moco,
    check: checkMoco,
  }),
  mocov3: defineMethod({
    name: 'mocov3',
    summary: "each view's prediction finds a moving average's projection of the other among the batch's",
    options: mocov3Options,
    build: mocov3,
    check: checkMocoV3,
  }),
  byol: defineMethod({
    name: 'byol',
    summary: "a student predicts a moving average's projection of the other view, without negatives",
    options: byolOptions,
    build: byol,
  }),
  simsiam: defineMethod({
    name: 'simsiam',
    summary: 'each view predicts the other, whose gradient is stopped',
    options: simsiamOptions,
    build: simsiam,
  }),
  moby: defineMethod({
    name: 'moby',
    summary: "BYOL's networks with MoCo's loss",
    options: mobyOptions,
    build: moby,
    check: checkMoby,
  }),
  'barlow-twins': defineMethod({
    name: 'barlow-twins',
    summary: 'correlations between views become the identity',
    options: barlowTwinsOptions,
    build: barlowTwins,
  }),
  vicreg: defineMethod({
    name: 'vicreg',
    summary: 'views agree, dimensions vary and do not covary',
    options: vicregOptions,
    build: vicreg,
  }),
  dino: defineMethod({
    name: 'dino',
    summary: "a student finds the prototypes of a moving average's large crops in all crops",
    options: dinoOptions,
    build: dino,
    views: { least: 2, most: Number.POSITIVE_INFINITY },
    check: checkWarmup,
  }),
  dinov2: defineMethod({
    name: 'dinov2',
    summary: "DINO on a vit's class tokens, and the same of patches that are masked",
    options: dinov2Options,
    build: dinov2,
    views: { least: 2, most: Number.POSITIVE_INFINITY },
    check: checkDinoV2,
  }),
  seed: defineMethod({
    name: 'seed',
    summary: "similarities to past images are a trained teacher's",
    options: seedOptions,
    build: seed,
    views: one,
    teacher: 'needed',
    check: checkSeed,
  }),
  'feature-matching': defineMethod({
    name: 'feature-matching',
    summary: "features, and those of places, are a trained teacher's",
    options: featureMatchingOptions,
    build: featureMatching,
    views: one,
    teacher: 'needed',
    check: checkFeatureMatching,
  }),
  s2bnn: defineMethod({
    name: 's2bnn',
    summary: "a binary student's coordinates are a teacher's, or it is contrasted, or both",
    options: s2bnnOptions,
    build: s2bnn,
    views: viewsOfS2bnn,
    teacher: 'optional',
    check: checkS2bnn,
  }),
  'simclr-v2': defineMethod({
    name: 'simclr-v2',
    summary: 'the classes that a fine-tuned teacher gives to images without labels',
    options: simclrV2Options,
    build: simclrV2,
    views: one,
    teacher: 'needed',
    labels: 'optional',
    check: checkSimclrV2,
  }),
  supervised: defineMethod({
    name: 'supervised',
    summary: 'classes from labels: from scratch, or fine-tuning a network',
    options: supervisedOptions,
    build: supervised,
    views: one,
    labels: 'needed',
    check: checkSupervised,
  }),
};

/** The name of a method, as on the command line. */
export type MethodName = keyof typeof methods;

/** Any method with its options: `in` tells whose they are. */
export type MethodConfig =
  | { [Name in MethodName]: ReturnType<(typeof methods)[Name]['configure']> }[MethodName]
  | ReturnType<OwnMethod['configure']>;

const isMethodName = (name: string): name is MethodName => Object.hasOwn(methods, name);

/** Methods that are defined elsewhere, by name. */
const own = new Map<string, OwnMethod>();

/** All methods that are known, those that are defined elsewhere last. */
export function knownMethods(): readonly AnyMethod[] {
  return [...Object.values(methods), ...own.values()];
}

/** One of ours, or one that is defined elsewhere. */
export type AnyMethod = (typeof methods)[MethodName] | OwnMethod;

/**
 * Makes a method known by its name.
 * @param taken names that its options may not have: those of a run's settings
 * @throws UserError where the name, or one of its options, is taken
 */
export function useMethod(definition: MethodDefinition, taken: readonly string[]): void {
  const { name } = definition;
  if (isMethodName(name))
    throw new UserError(`the method ${shownName(name)} has the name of one of Tandem's; choose another`);
  const known = own.get(name);
  if (known !== undefined && known.definition !== definition) {
    throw new UserError(`there are two different methods called ${shownName(name)}`);
  }
  own.set(name, known ?? ownMethod(definition, taken));
}

/**
 * The method of a name.
 * @throws UsageError for an unknown name, with the nearest known
 */
export function findMethod(name: string): AnyMethod {
  const found = isMethodName(name) ? methods[name] : own.get(name);
  if (found) return found;
  const names = knownMethods().map((method) => method.name);
  const near = didYouMean(name, names);
  const hint = near === '' ? " One of one's own is known by its file: give that as --use" : near;
  throw new UsageError(`unknown method ${shownName(name)}; there is ${names.join(', ')}.${hint}`);
}

export { type Averaging, averaged, keptNetwork } from './averaged.js';
export { defineMethod, type MethodDefinition, type MethodParts, type Use } from './definition.js';
export {
  type AuxiliaryNetwork,
  learnersOf,
  type Method,
  type NewMethod,
  networksOf,
  type OneView,
  type Rounds,
  type Supervision,
  type TwoViews,
  type ViewCount,
  type Views,
} from './method.js';
export { type Aliases, aliasesOf } from './options/aliases.js';
export type { RunFacts } from './options/shared.js';
export { MethodError } from './own.js';
export { type MethodPreset, methodPresets } from './presets.js';
