// Loaded before a command line (`node --import`): makes its files fail, or ends it, as TANDEM_FAULT
// says. Node's own functions are replaced, so that everything above them is the program as it is.

import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** What goes wrong when a file is written. */
export interface Fault {
  /** Ends the process with SIGKILL, or what the system answers. */
  readonly kind: 'kill' | 'ENOSPC' | 'EIO' | 'EDQUOT' | 'EROFS';
  /** Of the files whose path holds this. */
  readonly path: string;
  /** Which calls: open write sync rename truncate link; defaults to all. */
  readonly calls?: readonly string[];
  /** From this one of those calls on, the first being 1. */
  readonly from: number;
  /** So many of them. */
  readonly times: number;
  /** The file to which the calls are counted, at the end. */
  readonly countTo?: string;
  /** The machine's clock moves by so many milliseconds whenever somebody looks at it. */
  readonly clock?: number;
}

const fault = JSON.parse(process.env.TANDEM_FAULT ?? 'null') as Fault | null;
const paths = new Map<number, string>();
const own = { ...fs };
let seen = 0;

/** Whether the call at hand goes wrong; a killed process does not come back. */
function strikes(call: string, path: string): boolean {
  if (!fault || !path.includes(fault.path) || (fault.calls && !fault.calls.includes(call))) return false;
  seen += 1;
  if (fault.countTo) own.writeFileSync(fault.countTo, String(seen));
  return seen >= fault.from && seen < fault.from + fault.times;
}

function strike(syscall: string, path: string): never {
  const code = fault?.kind ?? 'EIO';
  if (code === 'kill') {
    process.kill(process.pid, 'SIGKILL');
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
  }
  throw Object.assign(new Error(`${code}: injected, ${syscall} '${path}'`), { code, syscall, path, errno: -5 });
}

const isWriting = (flags: unknown) =>
  typeof flags === 'number' ? (flags & 3) !== 0 : flags !== undefined && flags !== 'r';

if (fault?.clock !== undefined) {
  const [begun, step] = [Date.now(), fault.clock];
  let looks = 0;
  Date.now = () => begun + step * ++looks;
}

if (fault) {
  Object.assign(fs, {
    openSync(path: string, flags: string | number, mode?: number) {
      if (isWriting(flags) && strikes('open', String(path))) strike('open', path);
      const file = own.openSync(path, flags, mode);
      paths.set(file, String(path));
      return file;
    },
    closeSync(file: number) {
      paths.delete(file);
      own.closeSync(file);
    },
    /** Half of the bytes reach the file before it fails. */
    writeSync(
      file: number,
      bytes: Uint8Array,
      offset = 0,
      length = bytes.length - offset,
      position: number | null = null,
    ) {
      const path = paths.get(file) ?? '';
      if (!strikes('write', path)) return own.writeSync(file, bytes, offset, length, position);
      own.writeSync(file, bytes, offset, Math.floor(length / 2), position);
      return strike('write', path);
    },
    fsyncSync(file: number) {
      const path = paths.get(file) ?? '';
      if (strikes('sync', path)) strike('fsync', path);
      own.fsyncSync(file);
    },
    ftruncateSync(file: number, length: number) {
      const path = paths.get(file) ?? '';
      if (strikes('truncate', path)) strike('ftruncate', path);
      own.ftruncateSync(file, length);
    },
    renameSync(from: string, to: string) {
      if (strikes('rename', to)) strike('rename', to);
      own.renameSync(from, to);
    },
    linkSync(from: string, to: string) {
      if (strikes('link', to)) strike('link', to);
      own.linkSync(from, to);
    },
    writeFileSync(path: string, text: string) {
      if (strikes('write', String(path))) {
        own.writeFileSync(path, text.slice(0, text.length / 2));
        strike('write', path);
      }
      own.writeFileSync(path, text);
    },
  });
  syncBuiltinESMExports();
}
