import { zipOf } from '../making.js';

const shape = [20, 24, 3] as const;
const numbers = Array.from({ length: 20 * 24 * 3 }, (_, i) => (i * 7) % 256);
const bytes = npy('|u1', shape, Uint8Array.from(numbers));
const deep = Buffer.from(Uint16Array.from(numbers, (x) => 257 * x).buffer);
const floats = Buffer.from(Float32Array.from(numbers, (x) => x / 255).buffer);

/** NumPy's arrays of several types and orders, alone and in archives. */
export const arrays: readonly { readonly name: string; readonly bytes: Buffer }[] = [
  { name: 'bytes.npy', bytes },
  { name: 'floats.npy', bytes: npy('<f4', shape, floats) },
  { name: 'big-endian.npy', bytes: npy('>u2', shape, Buffer.from(deep).swap16()) },
  { name: 'fortran.npy', bytes: npy('<u2', shape, deep, { fortran: true }) },
  { name: 'planes.npy', bytes: npy('<i2', [3, 20, 24], Buffer.from(Int16Array.from(numbers, (x) => 128 * x).buffer)) },
  {
    name: 'gray.npy',
    bytes: npy(
      '|b1',
      [36, 40],
      Uint8Array.from(numbers, (x) => x & 1),
    ),
  },
  { name: 'version-2.npy', bytes: npy('>f4', shape, Buffer.from(floats).swap32(), { version: 2 }) },
  { name: 'stored.npz', bytes: zipOf([{ name: 'arr_0.npy', body: bytes, stored: true }]) },
  { name: 'packed.npz', bytes: zipOf([{ name: 'arr_0.npy', body: bytes }]) },
  {
    name: 'several.npz',
    bytes: zipOf([
      { name: 'label.npy', body: npy('<i8', [], new Uint8Array(8)) },
      { name: 'arr_0.npy', body: bytes },
    ]),
  },
];

/** A file as NumPy writes it (`numpy.lib.format`). */
export function npy(
  type: string,
  sides: readonly number[],
  data: Uint8Array,
  { fortran = false, version = 1 } = {},
): Buffer {
  const inside = `${sides.join(', ')}${sides.length === 1 ? ',' : ''}`;
  const fields = `{'descr': '${type}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${inside}), }`;
  const start = version === 1 ? 10 : 12;
  const head = Buffer.alloc(128, ' ');
  head.write(`\x93NUMPY${String.fromCharCode(version)}\0`, 'latin1');
  if (version === 1) head.writeUInt16LE(head.length - start, 8);
  else head.writeUInt32LE(head.length - start, 8);
  head.write(fields, start, 'latin1');
  head.write('\n', head.length - 1);
  return Buffer.concat([head, data]);
}
