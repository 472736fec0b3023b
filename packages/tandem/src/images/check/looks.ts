/** What a picture looks like, in a few numbers that others can be compared by. */

/** Samples as planes, one channel after another. */
export interface Planes {
  readonly samples: Uint8Array | Uint16Array;
  readonly channels: number;
  readonly width: number;
  readonly height: number;
  /** The largest value: 255 or 65535. */
  readonly white: number;
}

/** What is compared of a picture. */
export interface Looks {
  /**
   * A difference hash of 64 bits in two halves: whether each of 8 x 8 places is darker than its
   * right neighbour (Neal Krawetz, 2013).
   */
  readonly hash: readonly [number, number];
  /**
   * 8 x 8 means of each channel up to the third, from the least (0) to the greatest (255): hashes
   * alone mean little where pictures are plain.
   */
  readonly thumb: Uint8Array;
  /** Whether all pixels are alike. */
  readonly isConstant: boolean;
  /** Share of the picture in whole blocks, of 8 x 8, that are black or exactly medium gray. */
  readonly blank: number;
}

const blocks = 8;

/** Looks at a picture. */
export function looksOf(planes: Planes): Looks {
  const shown = Math.min(planes.channels, 3);
  const means = Array.from({ length: shown }, (_, c) => boxMeans(planes, c, blocks, blocks));
  const wide = Array.from({ length: shown }, (_, c) => boxMeans(planes, c, blocks + 1, blocks));
  const all = means.flatMap((plane) => [...plane]);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const thumb = Uint8Array.from(all, (value) => (most > least ? (255 * (value - least)) / (most - least) : 0));
  return { hash: hashOf(wide), thumb, isConstant: isConstant(planes), blank: blankShare(planes) };
}

/** Means of a plane over a grid of boxes. */
function boxMeans({ samples, width, height }: Planes, channel: number, columns: number, rows: number): Float64Array {
  const start = channel * width * height;
  const means = new Float64Array(columns * rows);
  for (let row = 0; row < rows; row++) {
    const [top, bottom] = span(row, rows, height);
    for (let column = 0; column < columns; column++) {
      const [left, right] = span(column, columns, width);
      let sum = 0;
      for (let y = top; y < bottom; y++) {
        for (let x = left; x < right; x++) sum += samples[start + y * width + x] as number;
      }
      means[row * columns + column] = sum / ((bottom - top) * (right - left));
    }
  }
  return means;
}

/** The pixels of part `i` of `parts`, at least one. */
function span(i: number, parts: number, length: number): [number, number] {
  const from = Math.min(length - 1, Math.floor((i * length) / parts));
  return [from, Math.max(from + 1, Math.floor(((i + 1) * length) / parts))];
}

function hashOf(planes: readonly Float64Array[]): [number, number] {
  const halves: [number, number] = [0, 0];
  const at = (i: number) => planes.reduce((sum, plane) => sum + (plane[i] as number), 0);
  for (let bit = 0; bit < blocks ** 2; bit++) {
    const place = Math.floor(bit / blocks) * (blocks + 1) + (bit % blocks);
    if (at(place) < at(place + 1)) halves[bit >> 5] = (halves[bit >> 5] as number) | (1 << (bit & 31));
  }
  return halves;
}

function isConstant({ samples, channels, width, height }: Planes): boolean {
  const area = width * height;
  for (let c = 0; c < channels; c++) {
    for (let i = c * area + 1; i < (c + 1) * area; i++) if (samples[i] !== samples[c * area]) return false;
  }
  return true;
}

/** What decoders leave where data are missing: black, or the gray that is in the middle. */
function blankShare({ samples, channels, width, height, white }: Planes): number {
  const area = width * height;
  const middle = (white + 1) / 2;
  let blank = 0;
  for (let row = 0; row < blocks; row++) {
    const [top, bottom] = span(row, blocks, height);
    for (let column = 0; column < blocks; column++) {
      const [left, right] = span(column, blocks, width);
      const value = samples[top * width + left] as number;
      let isBlank = value === 0 || value === middle;
      for (let c = 0; isBlank && c < channels; c++) {
        for (let y = top; isBlank && y < bottom; y++) {
          for (let x = left; isBlank && x < right; x++) isBlank = samples[c * area + y * width + x] === value;
        }
      }
      if (isBlank) blank++;
    }
  }
  return blank / blocks ** 2;
}

/** Bits that differ. */
export function hashDistance(a: Looks['hash'], b: Looks['hash']): number {
  return ones(a[0] ^ b[0]) + ones(a[1] ^ b[1]);
}

function ones(word: number): number {
  let bits = word >>> 0;
  let count = 0;
  for (; bits !== 0; bits &= bits - 1) count++;
  return count;
}

/** Mean difference of two thumbs, 0 to 255. */
export function thumbDistance(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return 255;
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs((a[i] as number) - (b[i] as number));
  return sum / a.length;
}
