// PyTorch's own Python package as a libtorch, without Python: only what a CPU needs of it is
// fetched, on Linux a quarter.

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { holdLock } from '../lock.mjs';
import { libtorchHome } from '../places.mjs';
import { Failure, step } from '../run.mjs';
import { PartialFile } from './partial-file.mjs';
import { listArchive, unpack } from './unpack.mjs';
import { placeOf, version, wheels } from './wheels.mjs';

const machine = `${process.platform}-${process.arch}`;

/** Holds the end of an archive, where its list of contents is. */
const tailBytes = 4 * 2 ** 20;

/**
 * Fetches a libtorch into the user's cache, unless it is there. What an interrupted call has
 * fetched is kept, and the next one continues it.
 * @param {string} command  what the user typed to set up, for messages
 */
export async function fetchWheel(command) {
  const parts = wheels[machine];
  if (parts === undefined) {
    throw new Failure(`PyTorch has no wheel for ${machine}.`, { cure: 'Name another libtorch in LIBTORCH.' });
  }
  const home = libtorchHome();
  const target = join(home, `${version}-${machine}`);
  if (existsSync(target)) return;
  if (process.env.TANDEM_OFFLINE) {
    throw new Failure('TANDEM_OFFLINE is set, so nothing is fetched.', { cure: 'Unset it, or name a libtorch.' });
  }
  await holdLock(join(home, 'fetch.lock'));
  if (existsSync(target)) return;
  const whole = `${target}.new`;
  rmSync(whole, { recursive: true, force: true });
  mkdirSync(whole);
  for (const wheel of parts) await fetchInto(whole, wheel, `\`${command} --from wheel\``);
  renameSync(whole, target);
  for (const left of readdirSync(home).filter((name) => name.endsWith('.part'))) rmSync(join(home, left));
}

/** @param {string} folder @param {import('./wheels.mjs').Wheel} wheel @param {string} again */
async function fetchInto(folder, wheel, again) {
  const { url, size } = await locate(wheel, again);
  const file = new PartialFile(join(libtorchHome(), `${wheel.file}.part`), url, size, again);
  const isWanted = (/** @type {string} */ path) => placeOf(path) !== null || path.endsWith('.dist-info/RECORD');
  try {
    await file.fetch([{ start: Math.max(0, size - tailBytes), end: size }]);
    const wanted = (await listArchive(file)).rangesOf(isWanted);
    const bytes = wanted.reduce((sum, { start, end }) => sum + end - start, 0);
    const [, release] = wheel.file.split('-');
    const what = `fetching ${Math.ceil(bytes / 1e6)} MB of ${wheel.project} ${release}`;
    await step('libtorch', what, (progress) => file.fetch(wanted, progress));
    await step('libtorch', 'unpacking', () => unpack(file, folder, { placeOf, record: wheel.record }));
  } finally {
    file.close();
  }
}

/**
 * Where a wheel lies, by the index that pip would ask.
 * @param {import('./wheels.mjs').Wheel} wheel @param {string} again
 * @returns {Promise<{ url: string, size: number }>}
 */
async function locate({ project, file }, again) {
  const index = `${(process.env.PIP_INDEX_URL || 'https://pypi.org/simple').replace(/\/+$/, '')}/${project}/`;
  const { origin } = new URL(index);
  const page = await readIndex(index).catch((error) => {
    throw new Failure(`PyTorch's wheel cannot be fetched: ${origin} is out of reach (${reasonOf(error)}).`, {
      cure: `With a network run ${again} again, or name a mirror of the index in PIP_INDEX_URL.`,
    });
  });
  const found = page.files.find(({ filename }) => filename === file);
  if (found === undefined) {
    throw new Failure(`The index at ${origin} has no ${file}.`, { cure: 'Name another in PIP_INDEX_URL.' });
  }
  return { url: new URL(found.url, index).href, size: found.size };
}

/**
 * The files of a project (PEP 700).
 * @param {string} url
 * @returns {Promise<{ files: { filename: string, url: string, size: number }[] }>}
 */
async function readIndex(url) {
  const response = await fetch(url, { headers: { accept: 'application/vnd.pypi.simple.v1+json' } });
  if (!response.ok) throw new Error(`answer ${response.status}`);
  return /** @type {any} */ (await response.json());
}

/** @param {unknown} error */
function reasonOf(error) {
  const { cause, message } = /** @type {Error & { cause?: NodeJS.ErrnoException }} */ (error);
  return cause?.code ?? message;
}
