/** An image file and its class, an index into the class names. */
export interface Item {
  /** Below the folder or archive. */
  readonly path: string;
  /** Its class, where the folders name classes. */
  readonly label?: number;
}

/** What the folders of a collection say about its images. */
export interface Layout {
  /** Sorted class names, numbers by their size; absent where the folders name no classes. */
  readonly classes?: readonly string[];
  /** The images to learn from. */
  readonly train: readonly Item[];
  /** The images of the test folder, with labels; absent where there is no usable one. */
  readonly queries?: readonly Item[];
  /** Why the test folder is not usable, where there is one. */
  readonly misfit?: string;
  /** What the user should know. */
  readonly notes: readonly string[];
}

const testFolders = ['test', 'val', 'valid', 'validation'];

const howToLabel = 'k-NN needs labels: put the images of each class into a folder of its own, such as cats/ and dogs/';

/** An image file and where it lies. */
interface Entry {
  readonly path: string;
  /** The folders above the image, outermost first. */
  readonly folders: readonly string[];
}

/**
 * Reads split and classes from the folders that images lie in.
 *
 * Folders that wrap everything are looked through. At the top, `train` together with `test`, `val`,
 * `valid` or `validation` (any case) is a split, and whatever else lies there is left out; `train`
 * alone may be a class of vehicles. Classes are the folders directly below, when every image lies
 * in one and there are at least two. Queries come from the first of the test folders whose every
 * image lies in a folder of a training class.
 *
 * @param paths image files, `/` between parts; items come out in the order given
 * @param folders the folders that an image counts as lying in, where they are not those of its path
 */
export function layoutOf(paths: readonly string[], folders?: ReadonlyMap<string, readonly string[]>): Layout {
  let entries: Entry[] = paths.map((path) => ({ path, folders: folders?.get(path) ?? path.split('/').slice(0, -1) }));
  while (entries.length > 0 && new Set(entries.map(top)).size === 1 && top(entries[0] as Entry) !== undefined) {
    entries = entries.map(inner);
  }
  const within = (name: string) => entries.filter((entry) => top(entry)?.toLowerCase() === name).map(inner);
  const inTrain = within('train');
  if (inTrain.length === 0 || !testFolders.some((name) => within(name).length > 0)) return labelled(entries);

  const { classes, train, notes } = labelled(inTrain);
  const used = new Set(['train']);
  let queries: readonly Item[] | undefined;
  const why: string[] = [];
  for (const name of testFolders) {
    const inside = within(name);
    if (inside.length === 0 || !classes) continue;
    used.add(name);
    const problem = misfit(inside, classes);
    if (problem === undefined) {
      queries = withLabels(inside, classes);
      break;
    }
    why.push(`'${name}' is not sorted into the classes of 'train' (${problem})`);
  }
  const others = new Set(entries.filter((entry) => !used.has(top(entry)?.toLowerCase() ?? '')).map(top));
  const unused = [...others].map((name) => (name === undefined ? 'images beside it' : `'${name}'`));
  const beside =
    unused.length > 0 ? [`beside 'train', ${unused.join(', ')} ${unused.length > 1 ? 'are' : 'is'} not used`] : [];
  const unusable = queries || why.length === 0 ? undefined : why.join('; ');
  return {
    classes,
    train,
    queries,
    ...(unusable && { misfit: unusable }),
    notes: [...notes, ...(queries ? [] : why), ...beside],
  };
}

function top(entry: Entry): string | undefined {
  return entry.folders[0];
}

function inner(entry: Entry): Entry {
  return { path: entry.path, folders: entry.folders.slice(1) };
}

function labelled(entries: readonly Entry[]): Omit<Layout, 'queries'> {
  const names = new Set(entries.flatMap((entry) => top(entry) ?? []));
  const loose = entries.filter((entry) => top(entry) === undefined).length;
  if (loose === 0 && names.size >= 2) {
    const classes = sorted(names);
    return { classes, train: withLabels(entries, classes), notes: [] };
  }
  const why =
    names.size === 0 || loose === 0
      ? 'no class labels'
      : `no class labels, as ${loose} of ${entries.length} images lie beside the folders`;
  return { train: entries.map(({ path }) => ({ path })), notes: [`${why}; ${howToLabel}`] };
}

function sorted(names: ReadonlySet<string>): string[] {
  const areNumbers = [...names].every((name) => /^\d+$/.test(name));
  return areNumbers ? [...names].sort((a, b) => Number(a) - Number(b)) : [...names].sort();
}

function withLabels(entries: readonly Entry[], classes: readonly string[]): Item[] {
  const index = new Map(classes.map((name, i) => [name, i]));
  return entries.map((entry) => ({ path: entry.path, label: index.get(top(entry) as string) as number }));
}

function misfit(entries: readonly Entry[], classes: readonly string[]): string | undefined {
  const names = new Set<string | undefined>(classes);
  const stray = entries.find((entry) => !names.has(top(entry)));
  if (!stray) return undefined;
  return top(stray) === undefined
    ? `${stray.path} lies in no class folder`
    : `it has '${top(stray)}', which 'train' lacks`;
}
