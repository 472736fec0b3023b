import { realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { shown, UserError } from '../../errors.js';
import { readJson } from '../../files/json.js';
import { reasonOf } from '../../files/system-error.js';
import { withoutAliases } from './aliases.js';

const mostAbove = 32;

/** Of Linux; nothing longer names a file. */
const longestPath = 4096;

/** What a file of settings says. */
export interface ConfigFile {
  /** By name, as they stand in the file; none is checked yet. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Whether a run wrote it, or the file it extends: it names every setting. */
  readonly isOfRun: boolean;
}

/**
 * The settings of a JSON file, over those of the file that its `extends` names, seen from its own
 * folder.
 * @throws UserError when a file cannot be read, is no JSON object, or extends itself
 */
export function readConfigFile(file: string): ConfigFile {
  return readOver(file, []);
}

/** @param above the files that extend this one */
function readOver(file: string, above: readonly string[]): ConfigFile {
  const { path, settings } = readSettingsOf(file);
  if (above.includes(path)) throw new UserError(`--config ${file} extends itself`);
  if (above.length > mostAbove)
    throw new UserError(`--config ${file}: more than ${mostAbove} files extend one another`);
  // What a run's config.json says of its machine is no setting.
  const { tandem: machine, extends: base, ...given } = settings;
  // Under their own names they come over what another file calls otherwise.
  const own = usesSeenFrom(dirname(path), withoutAliases(given));
  if (base === undefined) return { settings: own, isOfRun: machine !== undefined };
  if (typeof base !== 'string' || base.length > longestPath)
    throw new UserError(`--config ${file}: extends must name a file, got ${shown(base)}`);
  const below = readOver(resolve(dirname(file), base), [...above, path]);
  return { settings: { ...below.settings, ...own }, isOfRun: below.isOfRun };
}

/** Paths of files to use are seen from the file that names them. */
function usesSeenFrom(folder: string, settings: Record<string, unknown>): Record<string, unknown> {
  const { use } = settings;
  const seen = (file: unknown) => (typeof file === 'string' && file !== '' ? resolve(folder, file) : file);
  return use === undefined ? settings : { ...settings, use: Array.isArray(use) ? use.map(seen) : seen(use) };
}

function readSettingsOf(file: string): { path: string; settings: Record<string, unknown> } {
  try {
    return { path: realpathSync(file), settings: readJson(file) };
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`--config ${file}: ${error.message}`);
    throw new UserError(`--config ${file} cannot be read: ${reasonOf(error)}`);
  }
}
