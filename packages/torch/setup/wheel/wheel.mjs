// PyTorch's own Python package as a libtorch, without Python: of the wheel for Linux, which holds
// CUDA's part too, only what a CPU needs is fetched, a quarter of it.

import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { holdLock } from '../lock.mjs';
import { libtorchHome } from '../places.mjs';
import { Failure, step } from '../run.mjs';
import { PartialFile } from './partial-file.mjs';
import { listArchive, unpack } from './unpack.mjs';

/** The release that this engine was tested with. */
const version = '2.15.0';

/**
 * Its wheels, and the SHA-256 of the list that stands in each: that list has the checksums of all
 * files beside it.
 * @type {Record<string, { tag: string, record: string }>}
 */
const wheels = {
  'linux-x64': {
    tag: 'manylinux_2_28_x86_64',
    record: 'd47522ead2f25d247744476fdcae907477ae602ca98dc1fb02de931f869d66be',
  },
  'linux-arm64': {
    tag: 'manylinux_2_28_aarch64',
    record: 'e29ff7e2a0aae02efef5bc13f3ebd9b7d9f838afd5f4c69814e539ef839e7be8',
  },
  'darwin-arm64': {
    tag: 'macosx_14_0_arm64',
    record: '13590a63c3ddb1a235f60a72ab4ab7335b9c3123aa239098b8c89282687596ae',
  },
};

const machine = `${process.platform}-${process.arch}`;

/** Holds the end of the archive, where its list of contents is. */
const tailBytes = 4 * 2 ** 20;

/**
 * Fetches a libtorch into the user's cache, unless it is there. What an interrupted call has
 * fetched is kept, and the next one continues it.
 * @param {string} command  what the user typed to set up, for messages
 */
export async function fetchWheel(command) {
  const wheel = wheels[machine];
  if (wheel === undefined) {
    throw new Failure(`PyTorch has no wheel for ${machine}.`, { cure: 'Name another libtorch in LIBTORCH.' });
  }
  const target = join(libtorchHome(), `${version}-${machine}`);
  if (existsSync(target)) return;
  await holdLock(join(libtorchHome(), 'fetch.lock'));
  if (existsSync(target)) return;
  const name = `torch-${version}-cp311-cp311-${wheel.tag}.whl`;
  const again = `\`${command} --from wheel\``;
  const { url, size } = await locate(name, again);
  const file = new PartialFile(`${target}.part`, url, size, again);
  const whole = `${target}.${process.pid}.new`;
  try {
    await file.fetch([{ start: Math.max(0, size - tailBytes), end: size }]);
    const archive = await listArchive(file);
    const wanted = archive.rangesOf(isNeeded);
    const bytes = wanted.reduce((sum, { start, end }) => sum + end - start, 0);
    const what = `fetching ${Math.round(bytes / 1e6)} MB of PyTorch ${version}`;
    await step('libtorch', what, (progress) => file.fetch(wanted, progress));
    await step('libtorch', `unpacking into ${target}`, () => unpack(file, whole, { isNeeded, record: wheel.record }));
    renameSync(whole, target);
    file.remove();
  } finally {
    rmSync(whole, { recursive: true, force: true });
    file.close();
  }
}

/** What Python, CUDA and other machines need is left out. @param {string} path in the wheel */
export function isNeeded(path) {
  if (path.endsWith('/')) return false;
  if (path.startsWith('torch/lib/')) {
    return (
      /^torch\/lib\/lib[^/]*\.(so|dylib)[^/]*$/.test(path) &&
      !/cuda|nvrtc|nvshmem|python|libshm|libtorch\.so|global_deps/.test(path)
    );
  }
  const isLicence = /^torch-[^/]*\.dist-info\/licenses\//.test(path);
  return (
    path.startsWith('torch/include/') || path === 'torch/version.py' || isLicence || path.endsWith('.dist-info/RECORD')
  );
}

/**
 * Where a wheel lies, by the index that pip would ask.
 * @param {string} name @param {string} again
 * @returns {Promise<{ url: string, size: number }>}
 */
async function locate(name, again) {
  const index = `${(process.env.PIP_INDEX_URL || 'https://pypi.org/simple').replace(/\/+$/, '')}/torch/`;
  const { origin } = new URL(index);
  /** @type {{ files?: { filename: string, url: string, size?: number }[] }} */
  let page;
  try {
    const response = await fetch(index, { headers: { accept: 'application/vnd.pypi.simple.v1+json' } });
    if (!response.ok) throw new Error(`answer ${response.status}`);
    page = /** @type {any} */ (await response.json());
  } catch (error) {
    throw new Failure(`PyTorch's wheel cannot be fetched: ${origin} is out of reach (${reasonOf(error)}).`, {
      cure: `With a network run ${again} again, or name a mirror of the index in PIP_INDEX_URL.`,
    });
  }
  const found = page.files?.find(({ filename }) => filename === name);
  if (found?.size === undefined) {
    throw new Failure(`The index at ${origin} has no ${name}.`, { cure: 'Name another in PIP_INDEX_URL.' });
  }
  return { url: new URL(found.url, index).href, size: found.size };
}

/** @param {unknown} error */
export function reasonOf(error) {
  const { cause, message } = /** @type {Error & { cause?: NodeJS.ErrnoException }} */ (error);
  return cause?.code ?? message;
}
