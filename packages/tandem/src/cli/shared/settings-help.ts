import { findMethod, methodPresets } from '../../methods/index.js';
import { describeOptions, type OptionHelp, runOptions } from '../../pretrain/index.js';
import { helpTable } from '../terminal/help.js';
import type { Flags } from './settings.js';

/** The settings of a command that trains, of each of its methods, and what presets change. */
export function methodsHelp({
  flags,
  methods: offered,
}: {
  readonly flags: Flags;
  readonly methods: readonly string[];
}): string {
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
