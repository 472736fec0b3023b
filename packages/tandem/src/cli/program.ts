import { Command, CommanderError } from 'commander';
import { didYouMean, UserError } from '../errors.js';
import { systemMessage } from '../files/system-error.js';
import { TooManySkippedError } from '../images/decode/skipped.js';
import { tandemCommand } from '../invocation.js';
import { isOverflow } from '../math.js';
import { tandemVersion } from '../version.js';
import { besideIndex, listSkipped } from './shared/skipped.js';
import { unknownCommand } from './shared/unknown-command.js';
import { Exit } from './terminal/exit.js';
import { helpStyle } from './terminal/help.js';
import { message } from './terminal/lines.js';
import { tell } from './terminal/print.js';

/** Commands are loaded when they are called: most of them start libtorch, which takes a second. */
const commands: Readonly<Record<string, { about: string; load(): Promise<Command> }>> = {
  setup: {
    about: 'Gets the engine ready: finds or fetches libtorch, compiles the addon. Again it takes a moment.',
    load: async () => (await import('./commands/setup.js')).setupCommand(),
  },
  doctor: {
    about: 'Shows engine, devices, threads, BLAS and precision, and what makes training slow.',
    load: async () => (await import('./commands/doctor.js')).doctorCommand(),
  },
  pretrain: {
    about: 'Learns an encoder from images without labels, and keeps it in a run folder.',
    load: async () => (await import('./commands/pretrain.js')).pretrainCommand(),
  },
  distill: {
    about: 'Learns an encoder from a network that is trained already, and keeps it in a run folder.',
    load: async () => (await import('./commands/distill.js')).distillCommand(),
  },
  resume: {
    about: 'Resumes a run that was interrupted, as if it had never ended.',
    load: async () => (await import('./commands/resume.js')).resumeCommand(),
  },
  views: {
    about: 'Shows in one picture what the network sees: images beside their training views.',
    load: async () => (await import('./commands/views.js')).viewsCommand(),
  },
  check: {
    about: 'Looks at pictures before they are learned from: formats, classes, copies, damaged and suspicious ones.',
    load: async () => (await import('./commands/check.js')).checkCommand(),
  },
  knn: {
    about: 'Measures an encoder by the labels of nearest neighbours.',
    load: async () => (await import('./commands/knn.js')).knnCommand(),
  },
  linear: {
    about: 'Trains a linear classifier on frozen features, and reports what it gets right.',
    load: async () => (await import('./commands/linear.js')).linearCommand(),
  },
  finetune: {
    about: 'Trains an encoder on with a share of the labels, and reports what it gets right.',
    load: async () => (await import('./commands/finetune.js')).finetuneCommand(),
  },
  fewshot: {
    about: 'Measures an encoder with one or a few labels a class, in many small draws.',
    load: async () => (await import('./commands/fewshot.js')).fewshotCommand(),
  },
  calibrate: {
    about: "Fits the probabilities of a run's classifier to labelled images that it did not learn from.",
    load: async () => (await import('./commands/calibrate.js')).calibrateCommand(),
  },
  tsne: {
    about: 'Draws the features in the plane, with the numbers beside the picture.',
    load: async () => (await import('./commands/tsne.js')).tsneCommand(),
  },
  embed: {
    about: 'Writes the features of any images to a file, for other tools.',
    load: async () => (await import('./commands/embed.js')).embedCommand(),
  },
  predict: {
    about: 'Names the classes of pictures, by the classifier of a run.',
    load: async () => (await import('./commands/predict.js')).predictCommand(),
  },
  index: {
    about: 'Puts the vectors of pictures where they can be searched; again, only what is new or changed.',
    load: async () => (await import('./commands/index-images.js')).indexCommand(),
  },
  search: {
    about: 'Finds the indexed pictures that look like one.',
    load: async () => (await import('./commands/search.js')).searchCommand(),
  },
  duplicates: {
    about: 'Finds near-duplicates among pictures, and which of each group to keep.',
    load: async () => (await import('./commands/duplicates.js')).duplicatesCommand(),
  },
  outliers: {
    about: 'Ranks pictures by how little they are like any others.',
    load: async () => (await import('./commands/outliers.js')).outliersCommand(),
  },
  cluster: {
    about: 'Divides pictures into clusters of what is alike.',
    load: async () => (await import('./commands/cluster.js')).clusterCommand(),
  },
  select: {
    about: 'Selects pictures that are worth a label: diverse or typical ones.',
    load: async () => (await import('./commands/select.js')).selectCommand(),
  },
  serve: {
    about: 'Answers over HTTP: pictures in, vectors, classes and alike pictures out; with an index also a page.',
    load: async () => (await import('./commands/serve.js')).serveCommand(),
  },
  ui: {
    about: 'Shows all runs in one page that follows them: progress, curves, warnings, comparison.',
    load: async () => (await import('./commands/ui.js')).uiCommand(),
  },
  export: {
    about: 'Writes an encoder for JavaScript, browsers and Python: ONNX, safetensors, configuration, model card.',
    load: async () => (await import('./commands/export.js')).exportCommand(),
  },
  compare: {
    about: 'Puts runs into one table, with mean and standard error over seeds.',
    load: async () => (await import('./commands/compare.js')).compareCommand(),
  },
  reproduce: {
    about: 'Runs the tables and figures of papers, and tells which of their claims hold.',
    load: async () => (await import('./commands/reproduce.js')).reproduceCommand(),
  },
  study: {
    about: 'Runs a study of yours: configurations, seeds and measures become table, figure and verdicts.',
    load: async () => (await import('./commands/study.js')).studyCommand(),
  },
  report: {
    about: "Makes a run's report.html anew: curves, neighbours, settings, and what looks wrong.",
    load: async () => (await import('./commands/report.js')).reportCommand(),
  },
  demo: {
    about: 'Pretrains on Fashion-MNIST for a few minutes and shows what was learned.',
    load: async () => (await import('./commands/demo.js')).demoCommand(),
  },
};

function examples(): string {
  const command = tandemCommand();
  const lines = [
    ['setup', 'gets the engine ready, once'],
    ['doctor', 'is everything here, and fast?'],
    ['pretrain pictures --budget 20m', 'learns from a folder of yours'],
    ['knn runs/pictures-clbo-resnet18 pictures', 'measures it, if labelled'],
  ].map(([words = '', about = '']) => `  ${`${command} ${words}`.padEnd(command.length + 42)} ${about}`);
  const more = `\`${command} help pretrain\` shows what most people set, with \`--all\` every setting.`;
  return `\nBegin with:\n${lines.join('\n')}\n\n${more}`;
}

/**
 * Runs one command line.
 * @returns the exit code: 0 done, 1 failed with one clear line, 2 wrong usage, 130 or 143
 * interrupted
 */
export async function run(given: readonly string[]): Promise<number> {
  const argv = withoutHelpCommand(given);
  let program: Command | undefined;
  try {
    const [word = '--help'] = argv;
    if (!word.startsWith('-') && word !== 'help' && !Object.hasOwn(commands, word)) {
      throw unknownCommand(word, Object.keys(commands));
    }
    await useFilesIn(argv);
    program = await programFor(argv);
    await program.parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof Exit) return error.code;
    const more =
      error instanceof TooManySkippedError
        ? aboutSkipped(
            error,
            program?.commands.find((one) => one.name() === argv[0]),
          )
        : '';
    if (process.env.TANDEM_DEBUG) console.error(error);
    else tell(`tandem: ${messageOf(error)}${more}`);
    return error instanceof UserError ? error.exitCode : 1;
  }
}

/**
 * The message, if a name holds a line break too; of an error that is none of ours its first line.
 */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const ofTheSystem = error instanceof UserError ? undefined : systemMessage(error);
  if (ofTheSystem !== undefined) return ofTheSystem;
  if (isOverflow(error)) return 'a number became too large for float32; give smaller rates and other settings';
  const isWhole = error instanceof UserError || 'code' in error;
  return isWhole ? error.message.trim() : (error.message.split('\n')[0] ?? '');
}

/** How more may be bad, and where all of them are listed. */
function aboutSkipped({ skipped }: TooManySkippedError, command: Command | undefined): string {
  const flag = command?.options.some(({ long }) => long === '--max-skipped') ? ' (--max-skipped)' : '';
  const { out, to = '' } = command?.opts<{ out?: string; to?: string }>() ?? {};
  return `${flag}; ${listSkipped(skipped, out ?? (to === '' ? undefined : besideIndex(to)))}`;
}

/** Files of definitions are used first: help and commands then know what they define. */
async function useFilesIn(argv: readonly string[]): Promise<void> {
  const files = argv.flatMap((word, i) => {
    if (word.startsWith('--use=')) return [word.slice('--use='.length)];
    const next = argv[i + 1];
    return word === '--use' && next !== undefined ? [next] : [];
  });
  if (files.length > 0) await (await import('../pretrain/index.js')).use(...files);
}

/** `help pretrain --all` as `pretrain --help --all`. */
function withoutHelpCommand(argv: readonly string[]): readonly string[] {
  const [help, name, ...rest] = argv;
  return help === 'help' && name !== undefined ? [name, '--help', ...rest] : argv;
}

/** What helps against an error of the command's words. */
function cureOf(error: string, command: Command): string {
  if (error.startsWith('missing required argument')) return `: ${tandemCommand()} ${command.name()} ${command.usage()}`;
  const [, flag] = /^unknown option '(-[^'=]*)/.exec(error) ?? [];
  const near = flag === undefined ? '' : didYouMean(flag, [...command.options.map(({ long }) => long ?? ''), '--help']);
  return near === '' ? '' : `.${near}`;
}

async function programFor(argv: readonly string[]): Promise<Command> {
  const program = new Command('tandem')
    .usage('<command>')
    .description('Learns image encoders from pictures without labels.')
    .version(tandemVersion)
    .exitOverride()
    .showSuggestionAfterError(false) // ours knows more of what is near
    .configureHelp(helpStyle())
    .configureOutput({
      outputError: (text, write) => {
        const error = text.trimEnd().replace(/^error: /, '');
        const command = program.commands.find((one) => one.name() === argv[0]);
        write(`${message(`tandem: ${error}${command === undefined ? '' : cureOf(error, command)}`)}\n`);
      },
    })
    .addHelpText('after', examples());
  for (const [name, { about, load }] of Object.entries(commands)) {
    const command = name === argv[0] ? await load() : new Command(name);
    program.addCommand(command.description(about).copyInheritedSettings(program));
  }
  return program;
}
