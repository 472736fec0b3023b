/** Colours that the library of all other formats shows wrongly: Lab, and YCbCr of every pixel. */

import { type TiffDirectory, tag } from './directory.js';

/** Turns the numbers of each pixel into red, green and blue of sRGB, 0 to 255. */
type ToColours = (a: number, b: number, c: number) => readonly [red: number, green: number, blue: number];

/** What turns the numbers into colours where this reader must; undefined for other files. */
export function colourReader(directory: TiffDirectory): ToColours | undefined {
  const photometric = directory.number(tag.photometric, 1);
  const bits = directory.number(tag.bits, 1);
  if (photometric === 6) {
    const isJpeg = [6, 7].includes(directory.number(tag.compression, 1));
    const isWhole = [0, 1].every((i) => (directory.numbers(tag.subsampling)[i] ?? 2) === 1);
    return isWhole && !isJpeg && bits === 8 ? fromYcbcr(directory) : undefined;
  }
  if (photometric !== 8 && photometric !== 9) return undefined;
  const lightest = photometric === 9 && bits === 16 ? 0xff00 : 2 ** bits - 1;
  const unit = 2 ** (bits - 8);
  const [middle, most] = [128 * unit, 256 * unit];
  // Those of profiles count a and b from 128 on, the others below zero from the end.
  const signed = (n: number) => (photometric === 9 ? n - middle : n < middle ? n : n - most) / unit;
  return (l, a, b) => fromLab((l / lightest) * 100, signed(a), signed(b));
}

/** All pixels of a file; bands behind the third stay as they are, of 8 bits. */
export function asColours(values: ArrayLike<number>, channels: number, bits: number, toColours: ToColours): Uint8Array {
  const colours = new Uint8ClampedArray(values.length);
  const unit = 2 ** (bits - 8);
  for (let i = 0; i < values.length; i += channels) {
    colours.set(toColours(values[i] as number, values[i + 1] as number, values[i + 2] as number), i);
    for (let c = 3; c < channels; c++) colours[i + c] = (values[i + c] as number) / unit;
  }
  return new Uint8Array(colours.buffer);
}

/** YCbCr as in "TIFF Revision 6.0" (Adobe, 1992), section 21. */
function fromYcbcr(directory: TiffDirectory): ToColours {
  const [red, green, blue] = directory.fractions(tag.lumas, [0.299, 0.587, 0.114]) as [number, number, number];
  const range = directory.fractions(tag.blackAndWhite, [0, 255, 128, 255, 128, 255]);
  const [black, white, cbZero, cbMost, crZero, crMost] = range as [number, number, number, number, number, number];
  const isSum = Math.abs(red + green + blue - 1) < 0.05 && green > 0;
  const isRange = white > black && cbMost > cbZero && crMost > crZero && range.every((n) => n >= 0 && n < 256);
  if (!isSum || !isRange) {
    throw new Error('TIFF: damaged: which numbers of YCbCr are black and white');
  }
  return (y, cb, cr) => {
    const light = ((y - black) * 255) / (white - black);
    const r = light + (((cr - crZero) * 127) / (crMost - crZero)) * (2 - 2 * red);
    const b = light + (((cb - cbZero) * 127) / (cbMost - cbZero)) * (2 - 2 * blue);
    return [r, (light - red * r - blue * b) / green, b];
  };
}

/** CIE Lab under D50, as TIFF and profiles have it, to sRGB (IEC 61966-2-1). */
function fromLab(lightness: number, a: number, b: number): readonly [number, number, number] {
  const fy = (lightness + 16) / 116;
  const [x, y, z] = [0.9642 * cubed(fy + a / 500), cubed(fy), 0.8249 * cubed(fy - b / 200)];
  return [
    encoded(3.1338561 * x - 1.6168667 * y - 0.4906146 * z),
    encoded(-0.9787684 * x + 1.9161415 * y + 0.033454 * z),
    encoded(0.0719453 * x - 0.2289914 * y + 1.4052427 * z),
  ];
}

function cubed(f: number): number {
  return f > 6 / 29 ? f ** 3 : 3 * (6 / 29) ** 2 * (f - 4 / 29);
}

function encoded(light: number): number {
  return 255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055);
}
