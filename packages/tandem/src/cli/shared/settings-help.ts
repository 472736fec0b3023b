import { tandemCommand } from '../../invocation.js';
import { findMethod, methodPresets } from '../../methods/index.js';
import { describeOptions, type OptionHelp, runOptions } from '../../pretrain/index.js';
import { helpTable } from '../terminal/help.js';
import type { Flags } from './settings.js';

/** Settings without a flag that most people set. */
const common = ['width', 'size', 'stem', 'views', 'optimizer', 'warmup', 'knnEvery'];

/** What the help of a command that trains is made of. */
export interface MethodsHelp {
  readonly flags: Flags;
  /** The methods that it offers. */
  readonly methods: readonly string[];
}

/** The common settings, and those of the method that is asked for. @param method by name */
export function shortMethodsHelp({ methods: offered }: MethodsHelp, name: string, method: string | undefined): string {
  const shown = describeOptions(runOptions).filter((option) => common.includes(option.name));
  const command = tandemCommand();
  const more: [string, string][] = [
    ...(method === undefined
      ? [
          [
            `${command} ${name} --method ${offered.includes('byol') ? 'byol' : offered[0]} --help`,
            "that method's settings",
          ] as [string, string],
        ]
      : []),
    [`${command} ${name} --help --all`, 'all flags and settings'],
  ];
  return [
    settingsTable('Settings, given as key=value:', shown.map(brief)),
    ...(method === undefined ? [] : methodHelp(method)),
    helpTable('More:', more),
  ].join('\n');
}

/** The settings of a command that trains, of each of its methods, and what presets change. */
export function methodsHelp({ flags, methods: offered }: MethodsHelp): string {
  const rest = describeOptions(runOptions).filter(({ name }) => name !== 'images' && !flags[name]);
  return [
    settingsTable('Settings, given as key=value:', rest),
    ...offered.map(settingsOf),
    helpTable('What a preset changes, where nothing else is asked:', presetRows(offered)),
  ].join('\n');
}

function methodHelp(method: string): string[] {
  const rows = presetRows([method]);
  return [settingsOf(method), ...(rows.length > 0 ? [helpTable('What a preset changes:', rows)] : [])];
}

function settingsOf(method: string): string {
  const { name, summary, options } = findMethod(method);
  return settingsTable(`Settings of --method ${name}, ${summary}:`, describeOptions(options));
}

/** The first of two meanings, which is what most want to know. */
function brief({ choices, ...option }: OptionHelp): OptionHelp {
  const [first = ''] = option.description.split(';');
  return { ...option, ...(choices && { choices: shortList(choices) }), description: first, aliases: [] };
}

/** The first of many names. */
export function shortList(names: readonly string[]): string[] {
  return names.length <= 6 ? [...names] : [...names.slice(0, 4), '...'];
}

/** Settings and what they mean, as help shows them. */
export function settingsTable(heading: string, options: readonly OptionHelp[]): string {
  return helpTable(
    heading,
    options.map((option) => [term(option), described(option)] as const),
  );
}

/** What a setting means, its choices, and other names for it or for them. */
export function described({ description, choices, aliases }: OptionHelp): string {
  const named = choices ? `${description} [${choices.join(', ')}]` : description;
  return aliases.length > 0 ? `${named} (also: ${aliases.join(', ')})` : named;
}

function term({ name, kind, defaultsTo }: OptionHelp): string {
  return `${name}=${defaultsTo || `<${kind}>`}`;
}

function presetRows(offered: readonly string[]): [string, string][] {
  return offered.flatMap((method) =>
    Object.entries(methodPresets[method] ?? {}).flatMap(([preset, changes]): [string, string][] => {
      const words = Object.entries(changes).map(([key, value]) => `${key}=${value}`);
      return words.length > 0 ? [[`${method} ${preset}`, words.join(' ')]] : [];
    }),
  );
}
