import type { ColumnOptions, LayoutOptions } from '../options.js';
import type { Source } from '../sources/source.js';
import { saidOf } from './annotations.js';
import { type Layout, layoutOf } from './layout.js';
import { metadataOf, tablesOf } from './tables.js';

/**
 * Classes and split of a source's images: tables beside them are asked where their folders do not
 * tell all.
 *
 * @throws UserError where what the user says does not fit the images
 */
export async function laidOut(
  source: Source,
  images: readonly string[],
  choice: LayoutOptions,
  columns: ColumnOptions,
): Promise<Layout> {
  const metadata = await metadataOf(source, columns);
  const said = metadata?.said ?? (await saidOf(source));
  const layout = layoutOf(images, said, choice, source.where);
  const isWhole = layout.classes !== undefined && layout.misfit === undefined;
  const tables = isWhole || choice.classes !== undefined ? undefined : await tablesOf(source, columns);
  const found = tables ?? metadata;
  if (!found) return layout;
  const better = tables ? layoutOf(images, tables.said, choice, source.where) : layout;
  return better.classes ? { ...better, notes: [...found.notes, ...better.notes] } : layout;
}
