// NumPy's own format: a magic word and version, the length of a header, the header (a Python
// dictionary padded with blanks so that the data begin at a multiple of 64), the elements.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

/**
 * What stands before the elements of an array in row-major order.
 * @param kind such as `<f4`, little-endian float32
 */
export function npyHeader(kind: string, shape: readonly number[]): Buffer {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dictionary = `{'descr': '${kind}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const padding = 64 - ((10 + dictionary.length + 1) % 64);
  const header = Buffer.alloc(10 + dictionary.length + padding + 1, ' ');
  header.write('\x93NUMPY\x01\x00', 0, 'latin1');
  header.writeUInt16LE(header.length - 10, 8);
  header.write(dictionary, 10, 'latin1');
  header.write('\n', header.length - 1, 'latin1');
  return header;
}

/**
 * Texts as an array of NumPy's fixed-width Unicode: four bytes a letter, as many letters as the
 * longest has.
 */
export function npyTexts(texts: readonly string[]): Buffer {
  const letters = texts.map((text) => Array.from(text, (letter) => letter.codePointAt(0) as number));
  const width = Math.max(1, ...letters.map(({ length }) => length));
  const elements = new Uint32Array(texts.length * width);
  for (const [i, codes] of letters.entries()) elements.set(codes, i * width);
  return Buffer.concat([npyHeader(`<U${width}`, [texts.length]), Buffer.from(elements.buffer)]);
}

/** A .npy file of int32 [n]. */
export function npyIntegers(values: readonly number[]): Buffer {
  return Buffer.concat([npyHeader('<i4', [values.length]), Buffer.from(Int32Array.from(values).buffer)]);
}
