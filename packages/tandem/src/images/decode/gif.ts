/**
 * Whether the first frame of a GIF is whole, and where it lies. The decoder keeps a frame whose
 * codes are damaged, leaves out what it cannot read, and has black where there is no frame. The
 * format's definition is "Graphics Interchange Format, Version 89a" (CompuServe, 1990).
 */

/** The first frame within the picture, in pixels. */
export interface GifFrame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Pixels of the picture to its right. */
  readonly right: number;
  /** Pixels of the picture below it. */
  readonly bottom: number;
}

/** The first frame, or what is wrong with it. */
export function gifFrame(bytes: Uint8Array): GifFrame | string {
  const [width, height] = [shortAt(bytes, 6), shortAt(bytes, 8)];
  let at = 13 + colours(bytes[10]);
  while (bytes[at] === 0x21) at = blocksAt(bytes, at + 2).end; // extensions
  if (bytes[at] !== 0x2c) return 'GIF: there is no frame, or what comes before it is damaged';
  const [left, top, w, h] = [1, 3, 5, 7].map((offset) => shortAt(bytes, at + offset)) as [
    number,
    number,
    number,
    number,
  ];
  if (left + w > width || top + h > height) return 'GIF: the first frame is larger than the picture';
  at += 10 + colours(bytes[at + 9]);
  const bits = bytes[at] ?? 0;
  if (bits < 1 || bits > 11) return `GIF: codes of ${bits} bits`;
  const { data, end } = blocksAt(bytes, at + 1);
  if (end > bytes.length) return 'GIF: the file ends within the first frame';
  const found = pixelsOf(data, bits, w * h);
  return found === w * h
    ? { left, top, width: w, height: h, right: width - left - w, bottom: height - top - h }
    : `GIF: the first frame is damaged: ${found ?? 'wrong codes instead'} of ${w * h} pixels`;
}

function shortAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

/** Bytes of the table of colours that packed flags announce. */
function colours(flags = 0): number {
  return flags & 0x80 ? 3 << ((flags & 7) + 1) : 0;
}

/** Blocks of at most 255 bytes, each after its length, up to one of none. */
function blocksAt(bytes: Uint8Array, start: number): { data: Uint8Array; end: number } {
  const blocks: Uint8Array[] = [];
  let at = start;
  for (let length = bytes[at]; length !== 0; length = bytes[at]) {
    if (length === undefined) return { data: new Uint8Array(), end: Number.POSITIVE_INFINITY };
    blocks.push(bytes.subarray(at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { data: Buffer.concat(blocks), end: at + 1 };
}

/**
 * The pixels that LZW codes stand for, where there are no more than `most`, and all codes have a
 * meaning; otherwise undefined. Only lengths are followed, not colours.
 */
function pixelsOf(data: Uint8Array, bits: number, most: number): number | undefined {
  const clear = 1 << bits;
  const lengths = new Uint16Array(4096).fill(1, 0, clear);
  let [next, width, last] = [clear + 2, bits + 1, -1];
  let [held, count, pixels] = [0, 0, 0];
  for (const byte of data) {
    held |= byte << count;
    count += 8;
    while (count >= width) {
      const code = held & ((1 << width) - 1);
      held >>>= width;
      count -= width;
      if (code === clear + 1) return pixels;
      if (code === clear) {
        [next, width, last] = [clear + 2, bits + 1, -1];
        continue;
      }
      if (code > next || (code === next && last < 0) || code === clear) return undefined;
      if (last >= 0 && next < 4096) {
        lengths[next] = (lengths[last] as number) + 1;
        next++;
        if (next === 1 << width && width < 12) width++;
      }
      if (code >= next) return undefined;
      pixels += lengths[code] as number;
      if (pixels > most) return undefined;
      last = code;
    }
  }
  return pixels;
}
