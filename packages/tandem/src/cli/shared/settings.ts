import { existsSync } from 'node:fs';
import { nearest, UsageError } from '../../errors.js';
import { isPattern } from '../../images/index.js';
import { tandemCommand } from '../../invocation.js';
import { knownSettings, readConfigFile, withoutAliases } from '../../pretrain/index.js';
import { imagesOf } from './images-argument.js';

/** Settings with a flag of their own; all others are given as key=value. */
export type Flags = Readonly<Record<string, string>>;

/** The flags of settings that commands which train have. */
export const trainingFlags = {
  method: '--method <name>',
  preset: '--preset <name>',
  use: '--use <file>',
  backbone: '--backbone <name>',
  initFrom: '--init <file>',
  teacher: '--teacher <run|file>',
  epochs: '--epochs <n>',
  batch: '--batch <n>',
  lr: '--lr <rate>',
  seed: '--seed <n>',
  device: '--device <name>',
  precision: '--precision <name>',
  limit: '--limit <n>',
  dataRoot: '--data-root <folder>',
  classes: '--classes <what>',
  train: '--train <glob>',
  test: '--test <glob>',
  imageColumn: '--image-column <name>',
  labelColumn: '--label-column <name>',
  splitColumn: '--split-column <name>',
} satisfies Flags;

/** Those of them that few people set: the short help leaves them out. */
export const seldomSet = [
  ...['--preset', '--init', '--precision', '--data-root', '--use'],
  ...['--classes', '--train', '--test', '--image-column', '--label-column', '--split-column'],
];

/**
 * All settings by name: the file's, then key=value, then flags.
 * @param words the images first, unless another word names them
 * @param given settings by flags
 * @param known all flags of the command, such as `--out`
 * @throws UsageError for a word that is no setting, an unknown flag, or without images
 */
export function gatherSettings(
  words: readonly string[],
  file: string | undefined,
  given: object,
  { name, flags, known = [] }: { readonly name: string; readonly flags: Flags; readonly known?: readonly string[] },
): Record<string, unknown> {
  const own = withoutAliases({ ...readWords(words, flags, known), ...given });
  const from = file === undefined ? undefined : readConfigFile(file);
  if (from?.isOfRun && 'preset' in own) {
    throw new UsageError(
      `preset changes nothing beside ${file}, a run's own, which names every setting; leave one of them out`,
    );
  }
  const all: Record<string, unknown> = { ...from?.settings, ...own };
  if (!('images' in all))
    throw new UsageError(
      `which images? Give a data set, a folder or an archive; see \`${tandemCommand()} help ${name}\``,
    );
  return all;
}

function readWords(words: readonly string[], flags: Flags, known: readonly string[]): Record<string, string> {
  const settings: [string, string][] = [];
  const images: string[] = [];
  for (const [position, word] of words.entries()) {
    if (word.startsWith('-') && word !== '-') throw unknownFlag(word, flags, known);
    const [, key, value] = /^(\w+)=(.*)$/s.exec(word) ?? [];
    const flag = known.find((one) => attributeOf(one) === key);
    if (flag !== undefined && !knownSettings().includes(key ?? '')) {
      throw new UsageError(`'${word}' is no setting: ${key} is a flag, given as ${flag} ${value}`.trimEnd());
    }
    if (key !== undefined && value !== undefined) settings.push([key, value]);
    else if (position === 0 || isPlace(word)) images.push(word);
    else throw new UsageError(`'${word}' is no setting: the images come first, settings are key=value`);
  }
  return Object.fromEntries([...(images.length > 0 ? [['images', imagesOf(images)]] : []), ...settings]);
}

function unknownFlag(word: string, flags: Flags, known: readonly string[]): UsageError {
  const [flag = '', value = '...'] = word.replace(/^-+/, '').split('=');
  const settings = knownSettings().filter((name) => !flags[name]);
  const name = attributeOf(flag);
  if (settings.includes(name)) {
    return new UsageError(`unknown option '${word}': ${name} is a setting, given as ${name}=${value}`);
  }
  const names = known.map((one) => one.replace(/^--/, ''));
  const near = nearest(flag, [...names, ...settings]);
  if (near === undefined) return new UsageError(`unknown option '${word}'.`);
  const right = names.includes(near) ? `--${near}` : `${near}=${value}`;
  return new UsageError(`unknown option '${word}'. Did you mean '${right}'?`);
}

/** `--data-root <folder>`: dataRoot */
export function attributeOf(flag: string): string {
  return flag.replace(/^--| .*$/g, '').replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** Whether a word is a path or stands for several, so that it cannot be a setting with a slip. */
function isPlace(word: string): boolean {
  return existsSync(word) || isPattern(word);
}

/** `key=value`, as settings are shown; a list of views as JSON. */
export function settingText(key: string, value: unknown): string {
  const isOfObjects = Array.isArray(value) && value.some((one) => typeof one === 'object');
  return `${key}=${isOfObjects ? JSON.stringify(value) : value}`;
}
