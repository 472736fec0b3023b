import { cat, noGrad, type Tensor } from 'tandem-torch';
import { type Family, type Layout, layouts, reader } from '../layouts/index.js';

type Tensors = Readonly<Record<string, Tensor>>;

/** A network that was found among the tensors of a file. */
export interface Recognised {
  readonly family: Family;
  readonly layout: Layout;
  /** What stands before their names in the file, such as `teacher.backbone.`. */
  readonly prefix: string;
  /** Under the names here; those that the layout does not know keep theirs, without the prefix. */
  readonly tensors: Record<string, Tensor>;
  /** Names in the file of what does not stand under the prefix. */
  readonly elsewhere: readonly string[];
}

/**
 * Networks that their authors do not evaluate: MoCo takes the query encoder, MoCo v3 the base
 * encoder, BYOL the online network, DINO the teacher.
 */
const secondary =
  /(^|\.)(encoder_k|momentum_encoder|momentum_backbone|backbone_momentum|student|target(_network|_encoder)?(_state_dict)?)\./;

/**
 * Finds the network in a file by the names of its tensors, whatever stands before them.
 * @returns undefined where there is none of a known layout; parts that were joined belong to the
 * scope, the others are the file's
 * @throws Error where there are several
 */
export function recognise(tensors: Tensors): Recognised | undefined {
  const foreign = Object.keys(tensors).find((name) => /\.conv\d\.paths\.\d\.conv\.weight$/.test(name));
  if (foreign !== undefined) {
    throw new Error(`it is timm's skresnet (${foreign}), whose kernels see half of the channels each; none here do`);
  }
  refuseUnconverted(Object.keys(tensors));
  const candidates = Object.values(layouts as Readonly<Record<string, Layout>>).flatMap((layout) =>
    Object.keys(tensors)
      .filter((name) => name === layout.anchor || name.endsWith(`.${layout.anchor}`))
      .map((name) => ({ layout, prefix: name.slice(0, -layout.anchor.length) })),
  );
  const prefixes = [...new Set(candidates.map(({ prefix }) => prefix))];
  const first = prefixes.filter((prefix) => !secondary.test(prefix));
  const [prefix, ...others] = first.length > 0 ? first : prefixes;
  if (prefix === undefined) return undefined;
  if (others.length > 0) {
    throw new Error(
      `there are several networks in it (${[prefix, ...others].map((one) => `'${one}*'`).join(', ')}); give a file with one`,
    );
  }
  const own = Object.keys(tensors).filter((name) => name.startsWith(prefix));
  const elsewhere = Object.keys(tensors).filter((name) => !name.startsWith(prefix));
  const bare = Object.fromEntries(own.map((name) => [unchunked(name.slice(prefix.length)), tensors[name] as Tensor]));
  const [layout] = candidates
    .filter((one) => one.prefix === prefix)
    .map((one) => one.layout)
    .sort((a, b) => known(b, bare) - known(a, bare)) as [Layout, ...Layout[]];
  return { family: layout.family, layout, prefix, tensors: renamed(layout, bare), elsewhere };
}

/** @throws Error for files that only changed their ending, not their names and their order */
function refuseUnconverted(names: readonly string[]): void {
  const tensorflow = names.find((name) => /(^|\/)base_model\/(conv2d|batch_normalization)/.test(name));
  if (tensorflow !== undefined) {
    throw new Error(
      `it has TensorFlow's names and order of numbers (${tensorflow}); give what a converter to PyTorch makes of it`,
    );
  }
  const haiku = names.find((name) => name.includes('/~/'));
  if (haiku !== undefined) {
    throw new Error(
      `it has Haiku's names (${haiku}), as BYOL's files have, whose convolutions pad one side; no ResNet here does`,
    );
  }
}

/** DINOv2's own training numbers blocks within chunks, and the blocks go on counting. */
function unchunked(name: string): string {
  return name.replace(/^blocks\.\d+\.(\d+\.)/, 'blocks.$1');
}

/** How many names a layout knows. */
function known(layout: Layout, tensors: Tensors): number {
  const read = reader(layout);
  return Object.keys(tensors).filter((name) => read(name).length > 0).length;
}

/** Under the names here; of rows that fit a tensor, the first whose parts are all there. */
function renamed(layout: Layout, tensors: Tensors): Record<string, Tensor> {
  const read = reader(layout);
  const found = Object.keys(tensors).map((name) => ({ name, places: read(name) }));
  const whole = new Map<string, string[]>();
  for (const { name, places } of found) {
    for (const { own, row, part } of places) {
      const key = `${row} ${own}`;
      const parts = whole.get(key) ?? [];
      parts[part] = name;
      whole.set(key, parts);
    }
  }
  const out: Record<string, Tensor> = Object.create(null);
  for (const { name, places } of found) {
    const place = places.find(({ row, own, parts }) => {
      const there = whole.get(`${row} ${own}`) ?? [];
      return Object.keys(there).length === parts;
    });
    if (place === undefined) out[name] = tensors[name] as Tensor;
    else if (place.part === 0) {
      const names = whole.get(`${place.row} ${place.own}`) as string[];
      out[place.own] =
        names.length === 1 ? (tensors[name] as Tensor) : noGrad(() => cat(names.map((one) => tensors[one] as Tensor)));
    }
  }
  return out;
}
