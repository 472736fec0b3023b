import { appendFile, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { objectIn } from '../../files/json.js';
import { makeFolder } from '../../files/make-folder.js';
import type { Part } from './part.js';

/**
 * How many images each part has, as far as it is known. A file keeps it, so that a run that resumes
 * finds its place without reading what lies before; a part is read again where it is gone.
 */
export class Counts {
  readonly #byPart: (number | undefined)[];
  readonly #keys: readonly string[];
  readonly #file: string;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(file: string, keys: readonly string[], known: ReadonlyMap<string, number>) {
    this.#file = file;
    this.#keys = keys;
    this.#byPart = keys.map((key) => known.get(key));
  }

  static async open(file: string, parts: readonly Part[]): Promise<Counts> {
    const known = new Map<string, number>();
    const text = await readFile(file, 'utf8').catch(() => '');
    for (const line of text.split('\n')) {
      const { part, images } = objectIn(line) ?? {};
      if (typeof part === 'string' && Number.isSafeInteger(images)) known.set(part, Number(images));
    }
    return new Counts(
      file,
      parts.map(({ name, version }) => `${name} ${version}`),
      known,
    );
  }

  of(part: number): number | undefined {
    return this.#byPart[part];
  }

  note(part: number, images: number): void {
    if (this.#byPart[part] === images) return;
    this.#byPart[part] = images;
    const line = `${JSON.stringify({ part: this.#keys[part], images })}\n`;
    // Where it cannot be kept, it is counted again.
    this.#writing = this.#writing
      .then(() => makeFolder(dirname(this.#file)))
      .then(() => appendFile(this.#file, line))
      .catch(() => {});
  }
}
