import { splitWithin } from '../../set/split-names.js';

/** What Hugging Face's writers say of a data set's columns, as far as it matters for images. */
export interface Features {
  /** Columns of images, in order. */
  readonly images: readonly string[];
  /** The names of classes, by column. */
  readonly classNames: ReadonlyMap<string, readonly string[]>;
}

/**
 * Reads the `features` of `dataset_info.json`, or of a schema's `huggingface` entry.
 *
 * @param json undefined or not what it should be: nothing is known then
 */
export function featuresIn(json: unknown): Features {
  const images: string[] = [];
  const classNames = new Map<string, readonly string[]>();
  for (const [name, feature] of Object.entries(record(json))) {
    const { _type, names, feature: inner } = record(feature);
    const isList = Array.isArray(feature) ? record(feature[0])._type : record(inner)._type;
    if (_type === 'Image' || isList === 'Image') images.push(name);
    if (_type === 'ClassLabel' && Array.isArray(names)) classNames.set(name, names.map(String));
  }
  return { images, classNames };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** The name of a class: ClassLabel's where the value is a number, none where it is -1 or null. */
export function labelName(value: unknown, names: readonly string[] | undefined): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'boolean') return undefined;
  const index = Number(value);
  if (!names) return String(value);
  return index >= 0 ? (names[index] ?? String(index)) : undefined;
}

/** The split that a file is of: `train-00000-of-00002.parquet`, `test/data-....arrow`. */
export function splitOfFile(path: string): string | undefined {
  const parts = path.split('/');
  const name = (parts.at(-1) as string).replace(/\.[^.]*$/, '').replace(/-\d+-of-\d+$/, '');
  return [name, ...parts.slice(0, -1).reverse()].find((part) => splitWithin(part) !== undefined);
}
