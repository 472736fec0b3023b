import { Command } from 'commander';
import { didYouMean, shownName, UsageError } from '../../errors.js';
import { DATA_SETS } from '../../images/index.js';
import { findMethod, methods, presets } from '../../methods/index.js';
import {
  describeOptions,
  knownSettings,
  type OptionHelp,
  pretrain,
  resolveConfig,
  runOptions,
} from '../../pretrain/index.js';
import { readConfig } from '../shared/config-file.js';
import { showEstimate } from '../shared/dry-run.js';
import { showTraining } from '../shared/training.js';
import { helpTable } from '../terminal/help.js';

/** Settings with a flag of their own; all others are given as key=value. */
const flags = {
  method: '--method <name>',
  preset: '--preset <name>',
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
} satisfies Readonly<Record<string, string>>;

/** One of the commands that train without labels. */
interface Training {
  readonly name: 'pretrain' | 'distill';
  readonly flags: Readonly<Record<string, string>>;
  /** Those that it offers. */
  readonly methods: readonly string[];
  /** Throws UsageError for settings that are not for it. */
  check(settings: Readonly<Record<string, unknown>>): void;
}

const pretraining: Training = { name: 'pretrain', flags, methods: Object.keys(methods), check: () => {} };

const imitating: readonly string[] = Object.values(methods).flatMap(({ name, teacher }) =>
  teacher === 'none' ? [] : [name],
);

const distilling: Training = {
  name: 'distill',
  flags: { ...flags, backbone: '--student <name>' },
  methods: imitating,
  check({ method, teacher }) {
    if (teacher === undefined) {
      throw new UsageError('which teacher? Give the run folder or file of a trained network as --teacher');
    }
    if (typeof method === 'string' && imitating.includes(method)) return;
    const asked = method === undefined ? 'which method?' : `${shownName(String(method))} learns from no teacher;`;
    throw new UsageError(`${asked} there is ${imitating.join(', ')}`);
  },
};

interface Options extends Record<string, string | true | undefined> {
  out?: string;
  config?: string;
  dryRun?: true;
  json?: true;
}

/** `tandem pretrain <images>`: learns an encoder and keeps it in a run folder. */
export function pretrainCommand(): Command {
  return trainingCommand(pretraining);
}

/**
 * `tandem distill --teacher <run|file> --student <backbone> <images>`: the same, from a network
 * that is trained.
 */
export function distillCommand(): Command {
  return trainingCommand(distilling);
}

function trainingCommand(training: Training): Command {
  const { name, flags } = training;
  const command = new Command(name)
    .usage('<images> [options] [key=value ...]')
    .argument(
      '[images]',
      `${DATA_SETS.join(', ')}, a folder of images at any depth, a tar or zip of one, or shards name-{000..099}.tar`,
    )
    .argument('[settings...]', 'key=value, see below')
    .allowUnknownOption(); // they are ours to explain: many are settings
  for (const option of describeOptions(runOptions)) {
    const flag = flags[option.name];
    if (flag) command.option(flag, `${described(option)}${option.defaultsTo && ` (default: ${option.defaultsTo})`}`);
  }
  return command
    .option('--out <folder>', 'run folder, new or empty; the next free runs/<images>-<method>-<backbone> unless given')
    .option(
      '--config <file>',
      "settings as JSON, such as a run's config.json; key=value and flags come over it; extends names a file it starts from",
    )
    .option('--dry-run', 'build it all, tell its size, operations and memory, and train nothing')
    .option('--json', 'one JSON object with the result on stdout')
    .addHelpText('after', () => settingsHelp(training))
    .action(
      async (images: string | undefined, settings: string[], { out, config, json, dryRun, ...given }: Options) => {
        const words = images === undefined ? settings : [images, ...settings];
        const all = gather(words, config, bySetting(given, flags), training);
        training.check(all);
        const resolved = resolveConfig(all);
        if (dryRun) return showEstimate(resolved, out, json === true);
        await showTraining(resolved.data.images, (hooks) => pretrain(resolved, { out, ...hooks }), json === true);
      },
    );
}

/** What flags were given, by the settings that they are of. */
function bySetting(given: object, flags: Training['flags']): Record<string, unknown> {
  const settings = new Map(Object.entries(flags).map(([setting, flag]) => [attribute(flag), setting]));
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [settings.get(name) ?? name, value]));
}

/** `--data-root <folder>`: dataRoot */
function attribute(flag: string): string {
  return flag.replace(/^--| .*$/g, '').replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function settingsHelp({ flags, methods: offered }: Training): string {
  const rest = describeOptions(runOptions).filter(({ name }) => name !== 'images' && !flags[name]);
  return [
    settingsTable('Settings, given as key=value:', rest),
    ...offered.map((name) => {
      const { summary, options } = findMethod(name);
      return settingsTable(`Settings of --method ${name}, ${summary}:`, describeOptions(options));
    }),
    helpTable('What a preset changes, where nothing else is asked:', presetRows(offered)),
  ].join('\n');
}

function presetRows(offered: readonly string[]): [string, string][] {
  return offered.flatMap((method) =>
    Object.entries(presets[method] ?? {}).flatMap(([preset, changes]): [string, string][] => {
      const words = Object.entries(changes).map(([key, value]) => `${key}=${value}`);
      return words.length > 0 ? [[`${method} ${preset}`, words.join(' ')]] : [];
    }),
  );
}

export function settingsTable(heading: string, options: readonly OptionHelp[]): string {
  return helpTable(
    heading,
    options.map((option) => [term(option), described(option)] as const),
  );
}

function term({ name, kind, defaultsTo }: OptionHelp): string {
  return `${name}=${defaultsTo || `<${kind}>`}`;
}

function described({ description, choices }: OptionHelp): string {
  return choices ? `${description} [${choices.join(', ')}]` : description;
}

/** All settings by name: the file's, then key=value, then flags. */
export function gather(
  words: readonly string[],
  file: string | undefined,
  given: object,
  { name, flags }: Pick<Training, 'name' | 'flags'> = pretraining,
): Record<string, unknown> {
  const settings: [string, string][] = [];
  for (const [position, word] of words.entries()) {
    if (word.startsWith('-')) throw unknownFlag(word, flags);
    const [, key, value] = /^(\w+)=(.*)$/s.exec(word) ?? [];
    if (key !== undefined && value !== undefined) settings.push([key, value]);
    else if (position === 0) settings.push(['images', word]);
    else throw new UsageError(`'${word}' is no setting: the images come first, settings are key=value`);
  }
  const own = { ...Object.fromEntries(settings), ...given };
  const from = file === undefined ? undefined : readConfig(file);
  if (from?.isOfRun && 'preset' in own) {
    throw new UsageError(
      `preset changes nothing beside ${file}, a run's own, which names every setting; leave one of them out`,
    );
  }
  const all: Record<string, unknown> = { ...from?.settings, ...own };
  if (!('images' in all))
    throw new UsageError(`which images? Give a data set, a folder or an archive; see \`tandem help ${name}\``);
  return all;
}

function unknownFlag(word: string, flags: Training['flags']): UsageError {
  const [flag = '', value = '...'] = word.replace(/^-+/, '').split('=');
  const name = attribute(flag);
  if (knownSettings().includes(name) && !flags[name]) {
    return new UsageError(`unknown option '${word}': ${name} is a setting, given as ${name}=${value}`);
  }
  const known = [
    ...Object.values(flags).map((flag) => flag.replace(/ .*/, '')),
    '--out',
    '--config',
    '--dry-run',
    '--json',
    '--help',
  ];
  return new UsageError(`unknown option '${word}'.${didYouMean(`--${flag}`, known)}`);
}
