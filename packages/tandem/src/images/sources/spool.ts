import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../../files/make-folder.js';
import { cacheHome } from '../cache/cache-home.js';
import type { Encoded } from './source.js';

/** Bytes that are kept in memory; what comes after them goes to a file. */
const inMemory = 2 ** 28;

/** Closes files that nobody can read any more. */
const opened = new FinalizationRegistry<number>(closeSync);

/** Where the bytes of an image lie in the file, and how to make it of them. */
interface Filed {
  readonly at: number;
  readonly length: number;
  of(bytes: Uint8Array<ArrayBuffer>): Encoded;
}

/**
 * Images that come once, kept until they are decoded. The file that takes what is too much for the
 * memory has no name while it is used: whatever ends the process, nothing stays.
 */
export class Spool {
  readonly #images: (Encoded | Filed)[] = [];
  readonly #most: number;
  #held = 0;
  #file: number | undefined;
  #written = 0;

  /** @param most bytes to keep in memory */
  constructor(most = inMemory) {
    this.#most = most;
  }

  /** @param index defaults to one more than the last */
  add(image: Encoded, index = this.#images.length): void {
    const bytes = bytesIn(image);
    if (bytes === undefined || this.#held + bytes.length <= this.#most) {
      this.#held += bytes?.length ?? 0;
      this.#images[index] = bytes === undefined ? image : made(image, bytes.slice());
      return;
    }
    const at = this.#written;
    this.#file ??= this.#open();
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#file, bytes, done);
    this.#written += bytes.length;
    const about = withoutBytes(image);
    this.#images[index] = { at, length: bytes.length, of: (read) => made(about, read) };
  }

  read(index: number): Encoded {
    const image = this.#images[index] as Encoded | Filed;
    if (!('of' in image)) return image;
    const bytes = new Uint8Array(image.length);
    for (let done = 0; done < image.length; ) {
      done += readSync(this.#file as number, bytes, done, image.length - done, image.at + done);
    }
    return image.of(bytes);
  }

  /** Gives its disk space back; nothing can be read any more. */
  close(): void {
    if (this.#file === undefined) return;
    opened.unregister(this);
    closeSync(this.#file);
    this.#file = undefined;
  }

  #open(): number {
    const folder = cacheHome();
    makeFolder(folder);
    const path = join(folder, `${randomUUID()}.spool`);
    const file = openSync(path, 'wx+');
    rmSync(path);
    opened.register(this, file, this);
    return file;
  }
}

/** Undefined where there are none to keep: a path, or a reason. */
function bytesIn(image: Encoded): Uint8Array | undefined {
  if ('pixels' in image) {
    const { data } = image.pixels;
    return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : undefined;
  }
  return 'input' in image && typeof image.input !== 'string' ? image.input : undefined;
}

/** The same image with its bytes in another place. */
function made(image: Encoded, bytes: Uint8Array<ArrayBuffer>): Encoded {
  if (!('pixels' in image)) return { input: bytes };
  const { data, ...about } = image.pixels;
  return { pixels: { ...about, data: data instanceof Uint16Array ? new Uint16Array(bytes.buffer) : bytes } };
}

/** Enough of an image to know what to make of its bytes. */
function withoutBytes(image: Encoded): Encoded {
  if (!('pixels' in image)) return { input: new Uint8Array(0) };
  const { data, ...about } = image.pixels;
  return { pixels: { ...about, data: data instanceof Uint16Array ? new Uint16Array(0) : new Uint8Array(0) } };
}
