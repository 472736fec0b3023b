import { PickleError } from './values.js';

/** Reads bytes of a file from one place to another. */
export type Read = (from: number, to: number) => Buffer;

/** Where a file of an archive lies. */
export interface Entry {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

/** End of the directory, with at most 64 KiB of comment. */
const tail = 22 + 0xffff;
const directoryLimit = 64 * 2 ** 20;

/**
 * The files of a ZIP archive by its central directory; only those stored as they are, which is how
 * PyTorch writes them. (PKWARE, APPNOTE.TXT, 4.3)
 */
export function zipEntries(read: Read, size: number): Entry[] {
  const from = Math.max(0, size - tail);
  const end = read(from, size);
  const at = end.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (at < 0 || end.length - at < 22) throw new PickleError('is cut: its archive has no directory at its end');
  let count = end.readUInt16LE(at + 10);
  let length = end.readUInt32LE(at + 12);
  let start = end.readUInt32LE(at + 16);
  if (start === 0xffffffff || count === 0xffff || length === 0xffffffff) {
    const locator = at - 20;
    if (locator < 0 || end.readUInt32LE(locator) !== 0x07064b50) throw damaged();
    const place = number(end.readBigUInt64LE(locator + 8));
    const record = readWithin(read, place, place + 56, size);
    if (record.readUInt32LE(0) !== 0x06064b50) throw damaged();
    count = number(record.readBigUInt64LE(32));
    length = number(record.readBigUInt64LE(40));
    start = number(record.readBigUInt64LE(48));
  }
  if (length > directoryLimit) throw damaged();
  const directory = readWithin(read, start, start + length, size);
  const entries: Entry[] = [];
  for (let place = 0; entries.length < count; ) {
    if (place + 46 > directory.length || directory.readUInt32LE(place) !== 0x02014b50) throw damaged();
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((x) => directory.readUInt16LE(place + x)) as [
      number,
      number,
      number,
    ];
    const next = place + 46 + nameLength + extraLength + commentLength;
    if (next > directory.length) throw damaged();
    const name = directory.toString('utf8', place + 46, place + 46 + nameLength);
    if (directory.readUInt16LE(place + 10) !== 0) {
      throw new PickleError(
        `is a compressed archive (${JSON.stringify(name.slice(0, 80))}), which PyTorch does not write`,
      );
    }
    const extra = directory.subarray(place + 46 + nameLength, place + 46 + nameLength + extraLength);
    const [bytes, header] = sizes(directory.readUInt32LE(place + 24), directory.readUInt32LE(place + 42), extra);
    // The local header has a length of its own for what stands before the bytes.
    const local = readWithin(read, header, header + 30, size);
    if (local.readUInt32LE(0) !== 0x04034b50) throw damaged();
    const begin = header + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
    if (begin + bytes > size) throw damaged();
    entries.push({ name, begin, end: begin + bytes });
    place = next;
  }
  return entries;
}

/** Size and place, of which those too large for 32 bits stand in the extra field. */
function sizes(size: number, place: number, extra: Buffer): [size: number, place: number] {
  if (size !== 0xffffffff && place !== 0xffffffff) return [size, place];
  for (let at = 0; at + 4 <= extra.length; ) {
    const [id, length] = [extra.readUInt16LE(at), extra.readUInt16LE(at + 2)];
    if (id === 1) {
      const wide = extra.subarray(at + 4, at + 4 + length);
      let next = 0;
      const take = (short: number, isCounted: boolean) => {
        if (short !== 0xffffffff) return short;
        if (!isCounted || next + 8 > wide.length) throw damaged();
        next += 8;
        return number(wide.readBigUInt64LE(next - 8));
      };
      const whole = take(size, true);
      // The compressed size, which is the same, stands between where it too is too large.
      if (size === 0xffffffff && wide.length >= next + 16) next += 8;
      return [whole, take(place, true)];
    }
    at += 4 + length;
  }
  throw damaged();
}

function readWithin(read: Read, from: number, to: number, size: number): Buffer {
  if (from < 0 || to > size) throw damaged();
  return read(from, to);
}

function number(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged();
  return Number(value);
}

function damaged(): PickleError {
  return new PickleError('is cut or damaged: its archive is not whole');
}
