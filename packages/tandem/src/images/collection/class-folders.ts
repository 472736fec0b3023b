/** An image file and its class, an index into the class names. */
export interface Item {
  readonly path: string;
  readonly label?: number;
}

/** What the folders of a collection say about its images. */
export interface Layout {
  /** Sorted class names, numbers by their size; absent where the folders name no classes. */
  readonly classes?: readonly string[];
  readonly train: readonly Item[];
  /** The images of the test folder, with labels; absent where there is no usable one. */
  readonly queries?: readonly Item[];
  /** Why the test folder is not usable, where there is one. */
  readonly misfit?: string;
  readonly notes: readonly string[];
}

const TEST_FOLDERS = ['test', 'val', 'valid', 'validation'];

const HOW_TO_LABEL =
  'k-NN needs labels: put the images of each class into a folder of its own, such as cats/ and dogs/';

interface Place {
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
 * @param known the folders that an image counts as lying in, where they are not those of its path
 */
export function layoutOf(paths: readonly string[], known?: ReadonlyMap<string, readonly string[]>): Layout {
  let places: Place[] = paths.map((path) => ({ path, folders: known?.get(path) ?? path.split('/').slice(0, -1) }));
  while (places.length > 0 && new Set(places.map(top)).size === 1 && top(places[0] as Place) !== undefined) {
    places = places.map(inner);
  }
  const within = (name: string) => places.filter((place) => top(place)?.toLowerCase() === name).map(inner);
  const trainPlaces = within('train');
  if (trainPlaces.length === 0 || !TEST_FOLDERS.some((name) => within(name).length > 0)) return labelled(places);

  const { classes, train, notes } = labelled(trainPlaces);
  const used = new Set(['train']);
  let queries: readonly Item[] | undefined;
  const why: string[] = [];
  for (const name of TEST_FOLDERS) {
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
  const others = new Set(places.filter((place) => !used.has(top(place)?.toLowerCase() ?? '')).map(top));
  const left = [...others].map((name) => (name === undefined ? 'images beside it' : `'${name}'`));
  const beside =
    left.length > 0 ? [`beside 'train', ${left.join(', ')} ${left.length > 1 ? 'are' : 'is'} not used`] : [];
  const unusable = queries || why.length === 0 ? undefined : why.join('; ');
  return {
    classes,
    train,
    queries,
    ...(unusable && { misfit: unusable }),
    notes: [...notes, ...(queries ? [] : why), ...beside],
  };
}

function top(place: Place): string | undefined {
  return place.folders[0];
}

function inner(place: Place): Place {
  return { path: place.path, folders: place.folders.slice(1) };
}

function labelled(places: readonly Place[]): Omit<Layout, 'queries'> {
  const names = new Set(places.flatMap((place) => top(place) ?? []));
  const loose = places.filter((place) => top(place) === undefined).length;
  if (loose === 0 && names.size >= 2) {
    const classes = sorted(names);
    return { classes, train: withLabels(places, classes), notes: [] };
  }
  const why =
    names.size === 0 || loose === 0
      ? 'no class labels'
      : `no class labels, as ${loose} of ${places.length} images lie beside the folders`;
  return { train: places.map(({ path }) => ({ path })), notes: [`${why}; ${HOW_TO_LABEL}`] };
}

function sorted(names: ReadonlySet<string>): string[] {
  const areNumbers = [...names].every((name) => /^\d+$/.test(name));
  return areNumbers ? [...names].sort((a, b) => Number(a) - Number(b)) : [...names].sort();
}

function withLabels(places: readonly Place[], classes: readonly string[]): Item[] {
  const index = new Map(classes.map((name, i) => [name, i]));
  return places.map((place) => ({ path: place.path, label: index.get(top(place) as string) as number }));
}

function misfit(places: readonly Place[], classes: readonly string[]): string | undefined {
  const known = new Set<string | undefined>(classes);
  const stray = places.find((place) => !known.has(top(place)));
  if (!stray) return undefined;
  return top(stray) === undefined
    ? `${stray.path} lies in no class folder`
    : `it has '${top(stray)}', which 'train' lacks`;
}
