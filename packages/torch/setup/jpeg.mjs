// The addon that decodes JPEGs, native/jpeg: small, compiled in seconds, and optional. Where there
// is no libjpeg-turbo to link it with, pictures go through libvips, more slowly.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { hardeningFlags, isMac } from './compiler.mjs';
import { addonHome, jpegAddon, nodeApiLevel, sourceFiles, sources } from './places.mjs';
import { run, say, step } from './run.mjs';

/** Where systems and Homebrew keep libraries. */
const prefixes = ['/usr', '/usr/local', '/opt/homebrew/opt/jpeg-turbo', '/usr/local/opt/jpeg-turbo'];

/** The folder whose `include` holds the headers of libjpeg; null where there is none. */
export const jpegFolder = () => prefixes.find((folder) => existsSync(join(folder, 'include/jpeglib.h'))) ?? null;

/** How a person gets them. */
const jpegCure = 'the headers of libjpeg-turbo (on Debian and Ubuntu: apt-get install libjpeg-dev)';

/**
 * Compiles it where that can be done and was not; what fails is told, and nothing else happens.
 * @param {import('./compiler.mjs').Compiler | null} compiler
 */
export async function provideJpeg(compiler) {
  const folder = jpegFolder();
  if (compiler === null || folder === null) return;
  const { command, first, version } = compiler;
  const names = sourceFiles();
  const isSystem = folder === '/usr';
  const args = [
    ...first,
    ...['-std=gnu++17', '-O2', '-fPIC', '-fvisibility=hidden', '-Wall', `-DNAPI_VERSION=${nodeApiLevel}`],
    ...hardeningFlags(version),
    `-I${join(dirname(createRequire(import.meta.url).resolve('node-api-headers')), 'include')}`,
    ...(isSystem ? [] : [`-I${join(folder, 'include')}`]),
    ...names.filter((name) => /^jpeg.*\.cc$/.test(name)).map((name) => join(sources, name)),
    ...(isMac ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared', '-Wl,-z,relro,-z,now']),
    ...(isSystem ? [] : [`-L${join(folder, 'lib')}`, '-Xlinker', '-rpath', '-Xlinker', join(folder, 'lib')]),
    '-ljpeg',
  ];
  const key = keyOf([command, version, folder], names);
  const stamp = join(addonHome(), 'jpeg.key');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === key) return;
  await step('jpeg', 'compiling the decoder of JPEGs, a few seconds', async () => {
    const addon = jpegAddon();
    const part = `${addon}.${process.pid}`;
    mkdirSync(dirname(addon), { recursive: true });
    rmSync(addon, { force: true });
    const { code, output } = await run(command, [...args, '-o', part]);
    const why = code === 0 ? await whyItDoesNotLoad(part) : output;
    if (why === undefined) renameSync(part, addon);
    else {
      rmSync(part, { force: true });
      say(
        `jpeg      is decoded by libvips alone, more slowly: ${why.split('\n').find((line) => /error/i.test(line)) ?? why}`,
      );
      say(`jpeg      wanted are ${jpegCure}`);
    }
    writeFileSync(stamp, key);
  });
}

/** @param {string} addon */
async function whyItDoesNotLoad(addon) {
  const script = 'process.dlopen({ exports: {} }, process.argv[1])';
  const { code, output } = await run(process.execPath, ['-e', script, addon]);
  return code === 0 ? undefined : output;
}

/** @param {string[]} said @param {string[]} names  of the sources: all, since they are few */
function keyOf(said, names) {
  const sum = createHash('sha256').update(JSON.stringify(said));
  const own = names.filter(
    (name) => name.startsWith('jpeg') || ['lines.h', 'float-lanes.h', 'clones.h'].includes(name),
  );
  for (const name of own) sum.update(readFileSync(join(sources, name)));
  return sum.digest('hex');
}
