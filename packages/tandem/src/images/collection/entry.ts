/** An image and all that may say its class and split. */
export interface Entry {
  /** Below the folder, archive or list, `/` between parts. */
  readonly path: string;
  /** The folders that may name classes and splits, outermost first. */
  readonly folders: readonly string[];
  /** The class that a file says: a list, a sidecar, a column. */
  readonly label?: string | undefined;
  /** The split that a file says. */
  readonly split?: string | undefined;
}

/** The outermost folder. */
export function top(entry: Entry): string | undefined {
  return entry.folders[0];
}

/** Without the folders that all images lie in together. */
export function unwrapped(entries: readonly Entry[]): readonly Entry[] {
  const first = entries[0] && top(entries[0]);
  if (first === undefined || entries.some((entry) => top(entry) !== first)) return entries;
  return unwrapped(entries.map((entry) => ({ ...entry, folders: entry.folders.slice(1) })));
}

/** Some names for a message: `'a', 'b', 'c' and 7 more`. */
export function someOf(names: Iterable<string>, most = 3): string {
  const all = [...names];
  const shown = all.slice(0, most).map((name) => `'${name}'`);
  return all.length > most ? `${shown.join(', ')} and ${all.length - most} more` : shown.join(', ');
}
