interface Folder<T> {
  readonly paths: string[];
  /** Of each path, in order. */
  readonly values: T[];
}

/**
 * Something for each of a million paths. They are kept folder by folder, since many short lists are
 * sorted in half the time of a long one, and since what holds for all of a folder needs no map.
 */
export class ByFolder<T> {
  readonly #folders = new Map<string, Folder<T>>();
  readonly #maps = new Map<string, Map<string, T>>();
  #added = 0;

  /** How many paths were added, those that came twice counted twice. */
  get added(): number {
    return this.#added;
  }

  /** Of a path that comes twice the last value counts. */
  add(path: string, value: T): void {
    const name = folderOf(path);
    let folder = this.#folders.get(name);
    if (!folder) {
      folder = { paths: [], values: [] };
      this.#folders.set(name, folder);
    }
    folder.paths.push(path);
    folder.values.push(value);
    this.#added++;
  }

  get(path: string): T | undefined {
    const name = folderOf(path);
    return this.#maps.get(name)?.get(path) ?? this.#folders.get(name)?.values[0];
  }

  /** All paths, each once, in the order of their characters. Nothing may be added after. */
  sorted(): string[] {
    const names = [...this.#folders.keys()].sort();
    const all: string[] = [];
    for (const name of names) {
      const { paths, values } = this.#folders.get(name) as Folder<T>;
      if (values.some((value) => value !== values[0])) {
        this.#maps.set(name, new Map(paths.map((path, i) => [path, values[i] as T])));
      }
      paths.sort();
      for (let i = 0; i < paths.length; i++) if (paths[i] !== paths[i - 1]) all.push(paths[i] as string);
    }
    // Of folders one of which lies in another, paths come mixed.
    const isMixed = names.some((name, i) => i > 0 && name.startsWith(names[i - 1] as string));
    return isMixed ? all.sort() : all;
  }
}

/** With its last `/`. */
function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}
