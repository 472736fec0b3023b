/** What tools put behind the name of an image to name its mask. */
const ending = /[-_. ](masks?|segmentations?|seg|annotations?|trimaps?|labels?|gt|groundtruth)([-_. ]?\d+)?$/i;

/** What folders of masks are called. */
const folder =
  /^(masks?|segmentations?|segmentation(class|object)|annotations?|trimaps?|labels?|gt|ground[-_ ]?truth)$/i;

/**
 * Masks among image files, each with the image that it is of: `a_mask.png` beside `a.png`, and
 * `masks/a.png` beside `images/a.jpg`. They show where things are, and not what the images show.
 */
export function masksAmong(paths: readonly string[]): ReadonlySet<string> {
  const suspects = paths.filter((path) => isSuspect(path));
  if (suspects.length === 0) return new Set();
  const isMask = new Set(suspects);
  const others = paths.filter((path) => !isMask.has(path));
  const stems = new Set(others.map(stemOf));
  const byFolder = new Set(others.flatMap((path) => withoutEachFolder(stemOf(path))));
  return new Set(
    suspects.filter((path) => {
      const stem = stemOf(path).replace(ending, '');
      if (stems.has(stem)) return true;
      const parts = stem.split('/');
      return parts.some((part, i) => i < parts.length - 1 && folder.test(part) && byFolder.has(without(parts, i)));
    }),
  );
}

/** In every name that the two above fit: most paths have none, and this is tried sooner. */
const word = /mask|seg|annotation|trimap|label|gt|ground/i;

function isSuspect(path: string): boolean {
  if (!word.test(path)) return false;
  const parts = stemOf(path).split('/');
  return ending.test(parts.at(-1) as string) || parts.slice(0, -1).some((part) => folder.test(part));
}

function stemOf(path: string): string {
  return path.replace(/\.[^./]*$/, '');
}

/** The path without one of its folders, once for each; the place of the folder stays known. */
function withoutEachFolder(stem: string): string[] {
  const parts = stem.split('/');
  return parts.slice(0, -1).map((_, i) => without(parts, i));
}

function without(parts: readonly string[], i: number): string {
  return parts.with(i, '*').join('/');
}
