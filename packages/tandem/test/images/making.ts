import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import sharp, { type Sharp } from 'sharp';
import { type Header, pack } from 'tar-stream';
import type { ImageSet } from '../../src/images/index.js';

/** Where real data for tests lie, whether or not they are there. */
export const DATA =
  process.env.TANDEM_TEST_DATA ?? fileURLToPath(new URL('../../../../../../shared/data', import.meta.url));

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
    (_, c) => set.pixels[(image * set.channels + c) * area + y * set.width + x] as number,
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
