import { type Command, Help, type HelpConfiguration, Option } from 'commander';
import { textWidth } from './lines.js';

/** What the short help says of options that it shows otherwise; nothing of those it leaves out. */
const inShort = new WeakMap<Option, string | undefined>();

/**
 * Gives a command a short help, which `--all` makes whole. May be called again for more of its
 * flags.
 * @param rare flags that few people set: the short help leaves them out
 * @param brief what it says of others instead
 */
export function withShortHelp(
  command: Command,
  rare: readonly string[],
  brief: Readonly<Record<string, string>> = {},
): Command {
  for (const option of command.options) {
    const { long } = option;
    if (long && (rare.includes(long) || Object.hasOwn(brief, long))) inShort.set(option, brief[long]);
  }
  if (command.options.some(({ long }) => long === '--all')) return command;
  return command
    .addOption(new Option('--all', 'with --help: every flag and setting'))
    .hook('preAction', (_, called) => {
      if (called.opts().all) called.error("option '--all' goes with --help");
    });
}

/** Whether all of a command's help is asked for. */
export function wantsAll(command: Command): boolean {
  return command.opts().all === true;
}

/** How all commands show their help. */
export function helpStyle(): HelpConfiguration {
  const plain = new Help();
  return {
    helpWidth: textWidth(),
    formatHelp(command, helper) {
      if (wantsAll(command)) return plain.formatHelp(command, helper);
      const isShown = (option: Option) => !inShort.has(option) || inShort.get(option) !== undefined;
      const short = Object.assign(Object.create(helper), {
        visibleOptions: (of: Command) => plain.visibleOptions(of).filter(isShown),
        optionDescription: (option: Option) => inShort.get(option) ?? plain.optionDescription(option),
      });
      return plain.formatHelp(command, short);
    },
  };
}

/** Two columns under a heading, long descriptions wrapped; as commander's own lists are. */
export function helpTable(heading: string, rows: readonly (readonly [term: string, description: string])[]): string {
  const help = new Help();
  help.helpWidth = textWidth();
  const termWidth = Math.max(...rows.map(([term]) => term.length));
  const lines = rows.map(([term, description]) => help.formatItem(term, termWidth, description, help));
  return [`\n${help.boxWrap(heading, help.helpWidth)}`, ...lines].join('\n');
}
