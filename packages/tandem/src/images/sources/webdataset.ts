// WebDataset's format: a set is a row of tars, `name-{000..099}.tar`, and files of one tar that
// share a path up to its last part's first dot are one sample: `0017.jpg` beside `0017.cls`, and
// `0017.left.jpg` beside `0017.right.jpg`. https://github.com/webdataset/webdataset

/** Larger files tell of something else than a class; in bytes. */
export const largestClassFile = 2 ** 16;

/** Whether a file beside an image may say its class. */
export function isClassFile(path: string): boolean {
  return /\.(cls|json|txt)$/i.test(path);
}

/** What the files of one sample have in common. */
export function sampleKey(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return path.slice(0, path.length - name.length) + name.split('.', 1)[0];
}

/** Which of its sample's files a file is: what follows the key, such as `left.jpg`. */
export function partOf(path: string): string {
  return path.slice(sampleKey(path).length + 1).toLowerCase();
}

/** The classes that files beside images name. */
export class SampleClasses {
  readonly #byStem = new Map<string, string>();

  /** Remembers what a class file says. */
  add(path: string, bytes: Buffer): void {
    const name = classOf(path, bytes);
    if (name !== undefined) this.#byStem.set(stemOf(path), name);
  }

  /**
   * The class of an image: of the file that has its name but for the ending, so that names may
   * have dots (`img.001.jpg`, `img.001.cls`), otherwise of the one that has the sample's key.
   */
  of(path: string): string | undefined {
    return this.#byStem.get(stemOf(path)) ?? this.#byStem.get(sampleKey(path));
  }
}

function stemOf(path: string): string {
  return path.replace(/\.[^./]*$/, '');
}

/**
 * The class that a file beside an image names: the text of a `.cls`, or of a `.txt` of one word
 * (longer ones are captions), or `cls`, `label` or `class` of a `.json`. Undefined where it names
 * none.
 */
function classOf(path: string, bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8').trim();
  if (/\.json$/i.test(path)) return classOfJson(text);
  const isName = text !== '' && (/\.cls$/i.test(path) ? !text.includes('\n') : /^\S+$/.test(text));
  return isName ? text : undefined;
}

function classOfJson(text: string): string | undefined {
  try {
    const { cls, label = cls, class: name = label } = JSON.parse(text) as Record<string, unknown>;
    return typeof name === 'number' || (typeof name === 'string' && name !== '') ? String(name) : undefined;
  } catch {
    return undefined;
  }
}

/** The images of samples that have several, and what to tell of them. */
export interface ChosenParts {
  readonly paths: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Of samples with several images those of one part, where one is asked for: `left.jpg`, or `left`
 * whatever its ending. Without that all are used, and the user is told.
 */
export function chooseParts(paths: readonly string[], part: string | undefined): ChosenParts {
  const counts = new Map<string, number>();
  for (const path of paths) counts.set(partOf(path), (counts.get(partOf(path)) ?? 0) + 1);
  const listed = [...counts].sort((a, b) => b[1] - a[1]).map(([name, count]) => `${name} ${count}`);
  if (part !== undefined) {
    const wanted = part.toLowerCase().replace(/^\./, '');
    const chosen = paths.filter((path) => [partOf(path), stemOf(partOf(path))].includes(wanted));
    const note =
      chosen.length === 0 ? `no image is '${part}' of its sample; there are ${listed.slice(0, 5).join(', ')}` : [];
    return { paths: chosen, notes: [note].flat() };
  }
  const samples = new Set(paths.map(sampleKey)).size;
  const isSeveral = counts.size > 1 && counts.size <= 20 && paths.length >= 1.5 * samples;
  const note = `samples have several images (${listed.slice(0, 5).join(', ')}) and all are used; --image-column takes one of them`;
  return { paths, notes: isSeveral ? [note] : [] };
}
