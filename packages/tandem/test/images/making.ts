import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { type Header, pack } from 'tar-stream';
import { bytesOf, type ImageSet } from '../../src/images/index.js';

/** Where real data for tests lie, whether or not they are there. */
export const sharedData =
  process.env.TANDEM_TEST_DATA ?? fileURLToPath(new URL('../../../../../../shared/data', import.meta.url));

/** Skips a test, with a clear word, where one of its files of real data is missing. */
export function needs(...names: readonly string[]): { skip: string | false } {
  const missing = names.map((name) => join(sharedData, name)).find((file) => !existsSync(file));
  return { skip: missing !== undefined && `${missing} is missing` };
}

/** A folder that goes when the test ends. */
export function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-images-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a file, making the folders it lies in. */
export function write(root: string, path: string, bytes: Uint8Array | string): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  return file;
}

/** An image of one colour. */
export function plain(width: number, height: number, [r, g, b]: readonly [number, number, number]): Sharp {
  return sharp({ create: { width, height, channels: 3, background: { r, g, b } } });
}

/** A PNG of one colour. */
export function png(colour: readonly [number, number, number] = [200, 100, 50], side = 8): Promise<Buffer> {
  return plain(side, side, colour).png().toBuffer();
}

/** Red, green and blue of one pixel of one image. */
export function pixel(set: ImageSet, image: number, y: number, x: number): number[] {
  const area = set.height * set.width;
  return Array.from(
    { length: set.channels },
    (_, c) => bytesOf(set)[(image * set.channels + c) * area + y * set.width + x] as number,
  );
}

/** Asserts-by-number: the largest difference between two lists. */
export function apart(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((x, i) => Math.abs(x - (b[i] ?? Number.NaN))));
}

/** A tar of the given entries, in order. */
export async function tarOf(
  entries: readonly (Partial<Header> & { readonly name: string; readonly body?: Uint8Array | string })[],
): Promise<Buffer> {
  const tar = pack();
  const chunks: Buffer[] = [];
  const done = (async () => {
    for await (const chunk of tar) chunks.push(chunk as Buffer);
  })();
  for (const { body, ...header } of entries) {
    await new Promise<void>((resolve, reject) => {
      const content = body === undefined ? '' : Buffer.from(body as Uint8Array);
      tar.entry(header, content, (error) => (error ? reject(error) : resolve()));
    });
  }
  tar.finalize();
  await done;
  return Buffer.concat(chunks);
}

/** An idx file of unsigned bytes. */
export function idx(dimensions: readonly number[], data: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * dimensions.length);
  header.writeUInt32BE(0x0800 + dimensions.length, 0);
  for (const [i, n] of dimensions.entries()) header.writeUInt32BE(n, 4 + 4 * i);
  return Buffer.concat([header, data]);
}

/**
 * An entry of a zip; `mode` is Unix's (a link is 0o120777), `claims` a false length for its
 * unpacked bytes.
 */
export interface ZipEntry {
  readonly name: string;
  readonly body?: Uint8Array | string;
  readonly mode?: number;
  readonly flags?: number;
  readonly claims?: number;
  readonly stored?: boolean;
}

/** A zip of the given entries, in order, by the letter of its specification (APPNOTE 6.3). */
export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const files: Buffer[] = [];
  const list: Buffer[] = [];
  let offset = 0;
  for (const { name, body = '', mode = 0o100644, flags = 0x800, claims, stored = false } of entries) {
    const plain = Buffer.from(body as Uint8Array);
    const packed = stored ? plain : deflateRawSync(plain);
    const path = Buffer.from(name);
    // From the version needed to the length of the extra field: the same in both headers.
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(stored ? 0 : 8, 4);
    common.writeUInt32LE(crc32(plain), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(claims ?? plain.length, 18);
    common.writeUInt16LE(path.length, 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE((mode << 16) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, path, packed]);
    files.push(local);
    list.push(Buffer.from('PK\x01\x02'), Buffer.from([20, 3]), common, tail, path);
    offset += local.length;
  }
  const directory = Buffer.concat(list);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...files, directory, end]);
}

export function crc32(bytes: Uint8Array): number {
  let sum = 0xffff_ffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb8_8320 : 0);
  }
  return ~sum >>> 0;
}
