import { readFileSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UserError } from '../errors.js';

/** What a file of settings says. */
export interface ConfigFile {
  readonly settings: Readonly<Record<string, unknown>>;
  /** Whether a run wrote it, or the file it extends: it names every setting. */
  readonly isOfRun: boolean;
}

/**
 * The settings of a JSON file, over those of the file that its `extends` names, seen from its own folder.
 * @throws UserError when a file cannot be read, is no JSON object, or extends itself
 */
export function readConfig(file: string, above: readonly string[] = []): ConfigFile {
  let text: string;
  let path: string;
  try {
    text = readFileSync(file, 'utf8');
    path = realpathSync(file);
  } catch (error) {
    throw new UserError(`--config ${file} cannot be read: ${(error as Error).message}`);
  }
  if (above.includes(path)) throw new UserError(`--config ${file} extends itself`);
  let settings: unknown;
  try {
    settings = JSON.parse(text);
  } catch (error) {
    throw new UserError(`--config ${file} is not JSON: ${(error as Error).message}`);
  }
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) {
    throw new UserError(`--config ${file} must be a JSON object, {"setting": value, ...}`);
  }
  // What a run's config.json says of its machine is no setting.
  const { tandem: machine, extends: base, ...own } = settings as Record<string, unknown>;
  if (base === undefined) return { settings: own, isOfRun: machine !== undefined };
  if (typeof base !== 'string')
    throw new UserError(`--config ${file}: extends must name a file, got ${JSON.stringify(base)}`);
  const below = readConfig(resolve(dirname(file), base), [...above, path]);
  return { settings: { ...below.settings, ...own }, isOfRun: below.isOfRun };
}
