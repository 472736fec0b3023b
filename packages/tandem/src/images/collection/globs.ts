import picomatch from 'picomatch';

/**
 * Whether a path, or one of the folders it lies in, fits a glob: `train/**`, `part1`, `*_test*`.
 * Globs are picomatch's: `*`, `**`, `?`, `[a-c]`, `{a,b}`, `!(a)`.
 */
export function matcher(glob: string): (path: string) => boolean {
  const fits = picomatch(glob.replace(/^\.\//, '').replace(/\/$/, ''), { dot: true });
  return (path) => {
    if (fits(path)) return true;
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      if (fits(path.slice(0, end))) return true;
    }
    return false;
  };
}
