import { didYouMean, UserError } from '../../../errors.js';
import type { ColumnOptions } from '../../options.js';
import { isImage } from '../formats.js';

/** One row of a list, by the names of its columns. */
export type Row = Readonly<Record<string, unknown>>;

/** Which column says what. */
export interface Columns {
  readonly path: string;
  readonly label?: string | undefined;
  readonly split?: string | undefined;
}

/** What people call the columns, the likeliest first. */
const usual = {
  path: [
    ...['path', 'file_path', 'filepath', 'file_name', 'filename', 'file', 'image_path', 'img_path', 'image_file'],
    ...['image', 'img', 'image_name', 'img_name', 'image_url', 'img_url', 'url', 'uri', 'image_id', 'id', 'name'],
  ],
  label: [
    ...['label', 'class', 'label_name', 'class_name', 'classname', 'category', 'category_name', 'target', 'cls'],
    ...['breed', 'species', 'labels', 'class_id', 'category_id', 'label_id', 'y'],
  ],
  split: ['split', 'set', 'subset', 'partition', 'phase', 'data_set', 'dataset', 'usage'],
} as const;

/**
 * Which columns of a list are meant: those asked for, those with a usual name, and for paths any
 * that holds names of images.
 *
 * @param rows some of the list
 * @param names all columns
 * @throws UserError where one that is asked for is not there, or none holds paths
 */
export function columnsOf(
  where: string,
  names: readonly string[],
  rows: readonly Row[],
  asked: ColumnOptions,
  usable = hasImages,
): Columns {
  const given = (role: keyof typeof usual, name: string | undefined) => {
    if (name === undefined || names.includes(name) || (name.includes('.') && names.includes(name.split('.')[0] ?? '')))
      return name;
    throw new UserError(
      `${where}: no column '${name}' for its ${role}s; there are ${names.join(', ')}.${didYouMean(name, [...names])}`,
    );
  };
  const named = (role: keyof typeof usual) =>
    usual[role].flatMap((name) => names.find((one) => one.trim().toLowerCase() === name) ?? []);
  const asPath = given('path', asked.imageColumn);
  const path = asPath ?? [...named('path'), ...names].find((name) => usable(rows, name));
  if (path === undefined) {
    throw new UserError(
      `${where}: none of its columns (${names.join(', ')}) holds paths or URLs of images; name it with --image-column`,
    );
  }
  const others = (role: 'label' | 'split') => named(role).find((name) => name !== path);
  const split = given('split', asked.splitColumn) ?? others('split');
  const label = given('label', asked.labelColumn) ?? others('label') ?? theOther(names, path, split);
  return { path, label, split };
}

/** A list of two columns without a head says classes in the second. */
function theOther(names: readonly string[], path: string, split: string | undefined): string | undefined {
  const rest = names.filter((name) => name !== path && name !== split);
  return names.every((name) => /^\d+$/.test(name)) && rest.length === 1 ? rest[0] : undefined;
}

/** Whether most rows of a column are paths or URLs of images. */
export function hasImages(rows: readonly Row[], name: string): boolean {
  const hits = rows.filter((row) => isReference(textOf(row, name))).length;
  return hits > 0 && hits >= rows.length / 2;
}

/** Whether a text is the path or the URL of an image, by its ending; URLs may have none. */
export function isReference(text: string | undefined): boolean {
  return text !== undefined && (isImage(text) || /^(https?|s3):\/\/\S+$/i.test(text));
}

/** A cell as text; `a.b` is b of a column a; undefined where it is empty. */
export function textOf(row: Row, name: string): string | undefined {
  const value = name in row ? row[name] : name.split('.').reduce<unknown>(inside, row);
  if (typeof value === 'string') return value.trim() || undefined;
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}

function inside(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

/** What was guessed, for the user; nothing where all was asked for. */
export function columnsNote(columns: Columns, asked: ColumnOptions): string[] {
  const { path, label, split } = columns;
  const said = [
    `images are column '${path}'`,
    label === undefined ? 'there is no column of labels' : `labels '${label}'`,
    ...(split === undefined ? [] : [`split '${split}'`]),
  ];
  const isAsked = asked.imageColumn !== undefined && asked.labelColumn !== undefined;
  return isAsked ? [] : [`${said.join(', ')} (--image-column, --label-column and --split-column say others)`];
}
