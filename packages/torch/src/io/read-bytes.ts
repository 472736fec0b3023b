import { readSync } from 'node:fs';

/**
 * The bytes of an open file from one place to another; by parts, since the system reads 2 GiB at
 * once at most.
 * @param cut what is thrown where the file ends before
 */
export function readBytes(file: number, from: number, to: number, cut: () => Error): Buffer {
  const bytes = Buffer.allocUnsafeSlow(to - from);
  for (let done = 0; done < bytes.length; ) {
    const n = readSync(file, bytes, done, Math.min(bytes.length - done, 2 ** 30), from + done);
    if (n === 0) throw cut();
    done += n;
  }
  return bytes;
}
