/**
 * A JPEG's width and height as its frame says (ITU-T T.81, B.2.2): the decoder's own look at the
 * header takes ten times as long. Undefined where it does not come to its first scan in order.
 */
export function jpegSize(bytes: Uint8Array): { readonly width: number; readonly height: number } | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let size: ReturnType<typeof jpegSize>;
  for (let at = 2; at + 4 <= file.length && file[at] === 0xff; ) {
    const marker = file[at + 1] as number;
    const length = file.readUInt16BE(at + 2);
    if (marker === 0xda) return at + 2 + length <= file.length ? size : undefined;
    if (isFrame(marker) && at + 9 <= file.length) {
      if (size !== undefined) return undefined;
      size = { height: file.readUInt16BE(at + 5), width: file.readUInt16BE(at + 7) };
      if (size.height === 0 || size.width === 0) return undefined; // the height may come later
    }
    at += marker === 0xff ? 1 : 2 + length;
  }
  return undefined;
}

/**
 * Whether a marker says the size: C0 to CF but for tables of codes and of arithmetic coding, and an
 * extension.
 */
export function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}
