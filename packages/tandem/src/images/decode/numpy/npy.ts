import type { Bands, SampleKind } from '../samples.js';

/**
 * Arrays as NumPy writes them (`numpy.lib.format`, versions 1 to 3). A picture or bands are height
 * x width, height x width x channels, or channels x height x width; of three dimensions the last
 * counts as channels where it is at most 16, otherwise the first.
 */

type Values = { readonly length: number; readonly [i: number]: number };

/** By NumPy's letters: kind and bytes. */
const kinds: Readonly<Record<string, SampleKind>> = {
  b1: { type: 'uint', bits: 1 },
  u1: { type: 'uint', bits: 8 },
  u2: { type: 'uint', bits: 16 },
  u4: { type: 'uint', bits: 32 },
  i1: { type: 'int', bits: 8 },
  i2: { type: 'int', bits: 16 },
  i4: { type: 'int', bits: 32 },
  f2: { type: 'float', bits: 16 },
  f4: { type: 'float', bits: 32 },
  f8: { type: 'float', bits: 64 },
};

const mostChannels = 16;

/** What the header of an array says. */
export interface NpyHeader {
  readonly kind: SampleKind;
  readonly isBig: boolean;
  readonly isFortran: boolean;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Whether channels come before height and width. */
  readonly isPlanar: boolean;
  /** Where the numbers begin. */
  readonly at: number;
}

/** @returns the reason where an array is no picture, or of numbers that are not read */
export function npyHeader(bytes: Uint8Array): NpyHeader | string {
  const header = fieldsOf(bytes);
  if (!header) return damaged;
  const { type, isFortran, shape, at } = header;
  if (type.startsWith('[')) return 'NumPy: numbers of several fields are not read';
  const [order = '', letters] = [type[1], type.slice(2, -1)];
  if (letters.startsWith('O')) return 'NumPy: an array of Python objects, which are never unpacked';
  const kind = '<>=|'.includes(order) ? kinds[letters] : undefined;
  if (!kind) return `NumPy: numbers of type ${type.slice(1, -1)} are not read`;
  const [a = 0, b = 0, c = 1] = shape;
  if (shape.length !== 2 && shape.length !== 3) return `NumPy: an array of ${shape.length} dimensions, not 2 or 3`;
  const isPlanar = shape.length === 3 && c > mostChannels && a <= mostChannels;
  const [height, width, channels] = isPlanar ? [b, c, a] : [a, b, c];
  if (channels > mostChannels) return `NumPy: ${shape.join(' x ')}, of which no side is of 16 channels or fewer`;
  if (height * width * channels === 0) return 'NumPy: an empty array';
  return { kind, isBig: order === '>', isFortran, width, height, channels, isPlanar, at };
}

const damaged = 'NumPy: its header is damaged';
const field = /\s*(['"])(descr|fortran_order|shape)\1\s*:\s*('[^']*'|\[.*\]|True|False|\([\s\dL,]*\))\s*(?:,|$)/gs;

/** What stands in a header. Undefined where it is not as the format's rules say, to the letter. */
function fieldsOf(bytes: Uint8Array) {
  const [version, minor] = bytes.subarray(6);
  if (bytes.length < 12 || version === undefined || version < 1 || version > 3 || minor !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [start, length] = version === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  const text = Buffer.from(bytes.subarray(start, start + length)).toString('latin1');
  const inside = text.length === length ? /^\s*\{(.*)\}\s*\n$/s.exec(text)?.[1] : undefined;
  if (inside === undefined || inside.replace(field, '').trim() !== '') return undefined;
  const fields = [...inside.matchAll(field)].map(([, , name, value = '']) => [name, value] as const);
  const { descr: type = '', fortran_order: order = '', shape = '' } = Object.fromEntries(fields);
  if (fields.length !== 3 || !/^['[]/.test(type) || !/^[TF]/.test(order)) return undefined;
  // A number alone needs its comma: without it, it is no tuple.
  const sizes = /^\(\s*((?:\d+L?\s*,\s*)+(?:\d+L?\s*)?|)\)$/.exec(shape)?.[1];
  if (sizes === undefined) return undefined;
  return { type, isFortran: order === 'True', shape: (sizes.match(/\d+/g) ?? []).map(Number), at: start + length };
}

/** The numbers of an array, pixel by pixel. @returns the reason where it cannot be read */
export function readNpy(bytes: Uint8Array): Bands | string {
  const header = npyHeader(bytes);
  if (typeof header === 'string') return header;
  const { kind, width, height, channels, at } = header;
  const count = width * height * channels;
  const each = Math.ceil(kind.bits / 8);
  if (bytes.length - at < count * each) return 'NumPy: the file ends within its numbers';
  if (bytes.length - at > count * each) return 'NumPy: the file has more numbers than its header says';
  const values = inOrder(numbersAt(bytes, header, count), header);
  const colours = channels === 3 ? 3 : channels === 1 ? 1 : 0;
  return { values, width, height, channels, kind, colours, alpha: false, orientation: 1 };
}

function numbersAt(bytes: Uint8Array, { kind, isBig, at }: NpyHeader, count: number): Values {
  const { type, bits } = kind;
  const each = Math.ceil(bits / 8);
  const own = new Uint8Array(bytes.subarray(at, at + count * each));
  if (isBig && each === 2) Buffer.from(own.buffer).swap16();
  if (isBig && each === 4) Buffer.from(own.buffer).swap32();
  if (isBig && each === 8) Buffer.from(own.buffer).swap64();
  if (type === 'uint') return each === 1 ? own : each === 2 ? new Uint16Array(own.buffer) : new Uint32Array(own.buffer);
  if (type === 'int') {
    return each === 1
      ? new Int8Array(own.buffer)
      : each === 2
        ? new Int16Array(own.buffer)
        : new Int32Array(own.buffer);
  }
  if (each === 8) return new Float64Array(own.buffer);
  return each === 4 ? new Float32Array(own.buffer) : Float32Array.from(new Uint16Array(own.buffer), halfToNumber);
}

/** IEEE 754's numbers of 16 bits. */
function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Pixel by pixel, row by row, whatever the order in the file. */
function inOrder(numbers: Values, { width, height, channels, isPlanar, isFortran }: NpyHeader): Values {
  if (!isPlanar && !isFortran) return numbers;
  const sides = isPlanar ? [channels, height, width] : [height, width, channels];
  const strides = [1, 1, 1];
  const inward = isFortran ? [0, 1, 2] : [2, 1, 0];
  let stride = 1;
  for (const side of inward) {
    strides[side] = stride;
    stride *= sides[side] as number;
  }
  const [first, second, third] = strides as [number, number, number];
  const [row, column, channel] = isPlanar ? [second, third, first] : [first, second, third];
  const out = new Float64Array(numbers.length);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) out[to++] = numbers[y * row + x * column + c * channel] as number;
    }
  }
  return out;
}
