import { existsSync, statSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { UsageError, UserError } from '../../errors.js';
import { checkOut } from '../../files/out.js';

/** The two forms of one picture. */
export interface PictureFiles {
  /** The path of the drawing. */
  readonly svg: string;
  /** The path of its pixels. */
  readonly png: string;
}

/**
 * Where the picture of an encoder comes to lie.
 * @param out one of the two; defaults to the next free name in the run or, of a file, here
 * @param name without an ending, such as tsne
 * @throws UsageError for another ending; UserError where one of the two exists, or their folder
 * does not
 */
export function pictureFiles(runOrFile: string, out: string | undefined, name: string): PictureFiles {
  if (out === undefined) {
    const folder = statSync(runOrFile, { throwIfNoEntry: false })?.isDirectory() ? runOrFile : '.';
    for (let n = 1; ; n++) {
      const files = filesOf(join(folder, n === 1 ? name : `${name}-${n}`));
      if (!existsSync(files.svg) && !existsSync(files.png)) return files;
    }
  }
  const ending = extname(out);
  if (ending !== '.svg' && ending !== '.png') throw new UsageError(`--out must end in .svg or .png, got ${out}`);
  if (!existsSync(dirname(out))) throw new UserError(`${dirname(out)}: there is no such folder for the picture`);
  const files = filesOf(out.slice(0, -ending.length));
  for (const file of [files.svg, files.png]) checkOut(file);
  return files;
}

function filesOf(stem: string): PictureFiles {
  return { svg: `${stem}.svg`, png: `${stem}.png` };
}
