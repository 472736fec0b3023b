import { UserError } from '../../../errors.js';
import { readPlain } from '../../sources/gzip.js';

/** Gray images of an idx file: count x height x width. */
export interface IdxImages {
  /** Images in the file. */
  readonly count: number;
  /** In pixels. */
  readonly height: number;
  /** In pixels. */
  readonly width: number;
  /** Gray, 0 to 255, image by image. */
  readonly pixels: Uint8Array;
}

/**
 * Reads an idx3 file of unsigned bytes (the format of MNIST), gzipped or not.
 *
 * @throws UserError naming the file where its magic number or its length is not what it should be
 */
export async function readIdxImages(file: string): Promise<IdxImages> {
  const { dimensions, data } = await readIdx(file, 3, 'images');
  const [count, height, width] = dimensions as [number, number, number];
  return { count, height, width, pixels: data };
}

/**
 * Reads an idx1 file of unsigned bytes, gzipped or not.
 *
 * @throws UserError naming the file where its magic number or its length is not what it should be
 */
export async function readIdxLabels(file: string): Promise<Uint8Array> {
  return (await readIdx(file, 1, 'labels')).data;
}

async function readIdx(file: string, rank: number, what: string): Promise<{ dimensions: number[]; data: Uint8Array }> {
  const bytes = await readPlain(file);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = 4 + 4 * rank;
  if (bytes.length < header) {
    throw new UserError(`${file}: cut short: ${bytes.length} bytes, where the header alone takes ${header}`);
  }
  const expected = 0x0800 + rank;
  const magic = view.getUint32(0);
  if (magic !== expected) {
    throw new UserError(`${file}: not an idx file of ${what}: begins with ${hex(magic)}, expected ${hex(expected)}`);
  }
  const dimensions = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const size = dimensions.reduce((product, n) => product * n, 1);
  if (size === 0) throw new UserError(`${file}: holds no ${what} (${dimensions.join(' x ')})`);
  if (bytes.length !== header + size) {
    const state = bytes.length < header + size ? 'cut short' : 'too long';
    throw new UserError(
      `${file}: ${state}: its header says ${dimensions.join(' x ')}, which makes ${header + size} bytes, but there are ${bytes.length}`,
    );
  }
  return { dimensions, data: bytes.subarray(header) };
}

function hex(n: number): string {
  return `0x${n.toString(16).padStart(8, '0')}`;
}
