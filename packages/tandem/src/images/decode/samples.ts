/** From the numbers that a file holds to bytes: what is black, what is white, what is refused. */

/** Larger images are not decoded: a few kilobytes can claim to be gigabytes. */
export const mostPixels = 2 ** 27;

/** Numbers of a picture or of several bands, pixel by pixel. */
export interface Samples {
  readonly values: ArrayLike<number>;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** Numbers of a pixel. */
  readonly channels: number;
  readonly kind: SampleKind;
}

/** Numbers that a file holds, as bands or as the colours of a picture. */
export interface Bands extends Samples {
  /** 3 where the first bands are red, green and blue, 1 where the first is gray; 0 for others. */
  readonly colours: 0 | 1 | 3;
  /** Whether the band after the colours says how much of them is seen. */
  readonly alpha: boolean;
  /** How it is to be turned, from 1 to 8 as in EXIF. */
  readonly orientation: number;
}

/** How numbers are written in a file. */
export interface SampleKind {
  readonly type: 'uint' | 'int' | 'float';
  readonly bits: number;
}

/** Numbers of 8 or 16 bits. */
export type Numbers = Uint8Array | Uint16Array;

/** Which numbers are black and white. */
export type SampleRange = readonly [black: number, white: number];

/**
 * The range of a kind of numbers where none is asked for: unsigned ones to their largest, signed
 * ones from 0 to theirs, floats from 0 to 1; of integers of 32 bits and more nobody fills the whole
 * range, so there is none.
 */
export function rangeOf({ type, bits }: SampleKind): SampleRange | undefined {
  if (type === 'float') return [0, 1];
  if (bits > 16) return undefined;
  return [0, 2 ** (type === 'int' ? bits - 1 : bits) - 1];
}

/**
 * Numbers as bytes, or as 16 bits, rounded.
 *
 * @param range what is asked for; numbers outside become black or white. Bytes keep their own.
 * @param most 255 or 65535
 * @returns the reason where a number is none, or outside of the kind's own range
 */
export function scaled(
  { values, kind }: Pick<Samples, 'values' | 'kind'>,
  range: SampleRange | undefined,
  most: 255 | 65535,
): Numbers | string {
  const said = kind.type === 'uint' && kind.bits <= 8 ? undefined : range;
  const [black, white] = said ?? rangeOf(kind) ?? [Number.NaN, Number.NaN];
  const factor = most / (white - black);
  // Floats of resized pictures may miss their ends by rounding.
  const slack = said ? Number.POSITIVE_INFINITY : kind.type === 'float' ? 0.5 / 255 : 0;
  const [lowest, highest] = [black - slack, white + slack];
  const bytes = most === 255 ? new Uint8Array(values.length) : new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!(value >= lowest && value <= highest)) return misfit(values, kind);
    bytes[i] = Math.min(most, Math.max(0, Math.round((value - black) * factor)));
  }
  return bytes;
}

function misfit(values: ArrayLike<number>, kind: SampleKind): string {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!Number.isFinite(value)) return `it holds ${value}, which is no brightness`;
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
  }
  const ends = [least, greatest].map((value) => Number(value.toPrecision(6)));
  const name = `${kind.type}${kind.bits}`;
  const usual = rangeOf(kind);
  const why = usual ? `, not within ${usual[0]} to ${usual[1]}` : '';
  return `${name} numbers from ${ends[0]} to ${ends[1]}${why}: say what is black and white, as in range=${ends.join(',')}`;
}
