// What the system answers where a file cannot be written or read, in words that help.

import { UserError } from '../errors.js';

type Meaning = readonly [why: string, cure: string];

/** Something is lacking for a time: the same place serves again. */
const lacking: Readonly<Record<string, Meaning>> = {
  ENOSPC: ['the disk is full', 'make room'],
  EDQUOT: ['the disk quota is used up', 'make room'],
  EFBIG: ['a file of this size is not allowed', 'raise the limit (ulimit -f)'],
  EMFILE: ['this process has too many files open', 'raise the limit (ulimit -n 4096)'],
  ENFILE: ['the machine has too many files open', 'close other programs'],
  ENOMEM: ['there is not enough memory', 'close other programs'],
  EIO: ['the disk fails', 'look at its health (dmesg)'],
  EBUSY: ['something else uses it', 'wait for that'],
  ESTALE: ['the network disk has lost it', 'mount it anew'],
};

/** Something is wrong with the place: another one may serve. */
const ofThePlace: Readonly<Record<string, Meaning>> = {
  EROFS: ['the disk may only be read', 'write somewhere else, or mount it for writing'],
  EACCES: ['permission is denied', 'allow it (chmod, chown), or use another place'],
  EPERM: ['the system does not permit it', 'change its owner or attributes, or use another place'],
  ENOENT: ['there is nothing of this name', 'look at the path; its folder must be there'],
  EISDIR: ['a folder stands there', 'move it away, or give another name'],
  ENOTDIR: ['a file stands where a folder should be', 'move it away, or give another path'],
  ENOTEMPTY: ['the folder there is not empty', 'move it away, or give another name'],
  EEXIST: ['something of this name is there already', 'move it away, or give another name'],
  ENAMETOOLONG: ['the name is too long', 'give a shorter one'],
  ELOOP: ['its links lead in a circle', 'mend the links'],
  ENOLCK: ['the disk cannot lock files', 'use another one'],
};

/** Calls that do not write; what opens a file may be for either. */
const verbs: Readonly<Record<string, string>> = {
  ...{ open: 'opened', access: 'opened', read: 'read', scandir: 'read', opendir: 'read', realpath: 'read' },
  ...{ stat: 'read', lstat: 'read', fstat: 'read', readlink: 'read' },
};

/** What the system answers to writing alone. */
const ofWriting: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS']);

/** Whether an error came from the system's files. */
export function isOfTheDisk(error: unknown): error is NodeJS.ErrnoException {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  return typeof code === 'string' && typeof syscall === 'string';
}

function isOfNoPackage(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}

/** Why something failed: `the disk is full (ENOSPC)`; of other errors the message. */
export function whyOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const meaning = isOfTheDisk(error) ? (lacking[code] ?? ofThePlace[code]) : undefined;
  return meaning ? `${meaning[0]} (${code})` : message;
}

/**
 * What helps: `make room`. Undefined where nobody can know.
 * @param elsewhere what helps where something is wrong with the place, if the caller knows better
 */
export function cureOf(error: unknown, elsewhere?: string): string | undefined {
  const { code = '' } = error as NodeJS.ErrnoException;
  const cure = isOfTheDisk(error) ? lacking[code]?.[1] : undefined;
  return cure ?? elsewhere ?? (isOfTheDisk(error) ? ofThePlace[code]?.[1] : undefined);
}

/** Both, for the end of a line that says what was tried. */
export function reasonOf(error: unknown, elsewhere?: string): string {
  const cure = cureOf(error, elsewhere);
  return cure === undefined ? whyOf(error) : `${whyOf(error)}; ${cure}`;
}

/**
 * The whole line: which file cannot be written or read, or which package is not found, why, and
 * what helps. Undefined for errors of other kinds.
 */
export function systemMessage(error: unknown): string | undefined {
  if (isOfNoPackage(error)) {
    const [line] = error.message.split('\n');
    return `${line}: install it again; or raise the limit (ulimit -n 4096), as Node says so where no more files may be open`;
  }
  if (!isOfTheDisk(error)) return undefined;
  const { code = '', syscall = '', path } = error;
  if (!lacking[code] && !ofThePlace[code]) return undefined;
  const verb = ofWriting.has(code) ? 'written' : (verbs[syscall] ?? 'written');
  return `${path ?? 'a file'} cannot be ${verb}: ${reasonOf(error)}`;
}

/**
 * What to throw where a file cannot be read: one line that names it. Errors of other kinds, such as
 * the reason of a signal, stay as they are.
 */
export function unreadable(file: string, error: unknown): unknown {
  if (!isOfTheDisk(error)) return error;
  return new UserError(`${file} cannot be read: ${reasonOf(error)}`, { cause: error });
}

/**
 * An error with the name that users know: the system says none where a file is open, and that of a
 * temporary file where one is written beside.
 */
export function named<T>(error: T, path: string): T {
  return isOfTheDisk(error) ? Object.assign(error, { path }) : error;
}
