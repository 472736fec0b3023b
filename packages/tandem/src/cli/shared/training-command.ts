import { Command, Option } from 'commander';
import { shownName, UsageError } from '../../errors.js';
import { dataSets } from '../../images/index.js';
import { findMethod } from '../../methods/index.js';
import {
  describeOptions,
  type LoadingOptions,
  type OptionHelp,
  pretrain,
  pretrainWithin,
  resolveConfig,
  runOptions,
  use,
} from '../../pretrain/index.js';
import { wantsAll, withShortHelp } from '../terminal/help.js';
import { timeSpan } from './arguments.js';
import { showEstimate } from './dry-run.js';
import { canGoOn, goOn } from './or-resume.js';
import { isLaunched, joinOthers, processesFlag } from './processes.js';
import { attributeOf, type Flags, gatherSettings } from './settings.js';
import { described, methodsHelp, shortMethodsHelp } from './settings-help.js';
import { showTraining } from './training.js';

/** One of the commands that train without labels. */
export interface Training {
  readonly name: 'pretrain' | 'distill';
  readonly flags: Flags;
  /** The methods that it offers. */
  readonly methods: readonly string[];
  /** What must be given beside the images, as its usage shows it. */
  readonly usage?: string;
  /** Flags that its short help leaves out. */
  readonly rare: readonly string[];
  /** Throws UsageError for settings that are not for it. */
  check?(settings: Readonly<Record<string, unknown>>): void;
}

interface Options extends Record<string, string | number | true | undefined> {
  budget?: number;
  out?: string;
  config?: string;
  dryRun?: true;
  processes?: string;
  orResume?: true;
  json?: true;
}

/** A command that trains, with its flags, settings and help. */
export function trainingCommand(training: Training): Command {
  const { name, flags } = training;
  const command = new Command(name)
    .usage(`<images> ${training.usage ?? ''}[options] [key=value ...]`)
    .argument(
      '[images]',
      `${dataSets.join(', ')}; folders and globs of images, tars and zips of them, shards name-{000..099}.tar, lists (.txt, .csv, .tsv, .jsonl), Parquet, and any of these by URL (https:, s3:)`,
    )
    .argument('[settings...]', 'key=value, see below')
    .allowUnknownOption(); // they are ours to explain: many are settings
  for (const option of describeOptions(runOptions)) {
    const flag = flags[option.name];
    const text = aboutFlag(option, training);
    if (flag && option.name === 'use') command.option(flag, text, severalFiles);
    else if (flag) command.option(flag, text);
  }
  command
    .option('--out <folder>', 'run folder, new or empty (default: the next free runs/<images>-<method>-<backbone>)')
    .option(
      '--config <file>',
      "settings as JSON, such as a run's config.json; key=value and flags come over it; extends names a file it starts from",
    )
    .option(
      '--budget <time>',
      'such as 90s, 20m or 2h: width, size, epochs and batch that are not given are chosen for it, by timing steps here',
      timeSpan('--budget'),
    )
    .option(
      processesFlag,
      'so many processes on this machine share each batch and give the numbers of one; auto is one for each GPU',
    )
    .option('--or-resume', 'resume the run in --out where it has begun, so that the same command can be repeated')
    .option('--dry-run', 'build it all, report its size, operations, memory and time, and train nothing')
    .option('--json', 'one JSON object with the result on stdout')
    .addHelpText('before', ({ command: asked }) => {
      // A method that it has not is one line, not one below a page of help.
      const method = methodAsked(asked);
      if (method !== undefined) checkOffered(training, method);
      return '';
    })
    .addHelpText('after', ({ command: asked }) =>
      wantsAll(asked) ? methodsHelp(training) : shortMethodsHelp(training, name, methodAsked(asked)),
    )
    .action((images: string | undefined, settings: string[], options: Options, { options: known }: Command) =>
      train(training, images === undefined ? settings : [images, ...settings], options, known),
    );
  command.addOption(new Option('--path-column <name>').hideHelp());
  return withShortHelp(command, training.rare, briefly(training));
}

/** The method that help is asked about, as a flag or a setting. */
function methodAsked(command: Command): string | undefined {
  const setting = command.args.findLast((word) => word.startsWith('method='));
  return command.opts().method ?? setting?.slice('method='.length);
}

/** @throws UsageError for a method that there is not, or that the command does not offer */
function checkOffered({ name, methods: offered }: Training, method: string): void {
  if (offered.includes(findMethod(method).name)) return;
  throw new UsageError(`${name} has no method ${shownName(method)}; there is ${offered.join(', ')}`);
}

/** What the whole help says of a flag; a default that the command does not offer is none. */
function aboutFlag(option: OptionHelp, { methods: offered }: Training): string {
  if (option.name === 'method' && !offered.includes(option.defaultsTo)) return `how to learn [${offered.join(', ')}]`;
  return `${described(option)}${option.defaultsTo && ` (default: ${option.defaultsTo})`}`;
}

/** A flag that may be given several times. */
function severalFiles(file: string, before: readonly string[] = []): string[] {
  return [...before, file];
}

/** What the short help says of flags in fewer words. */
function briefly({ methods: offered }: Training): Record<string, string> {
  return {
    '--method': `how to learn: ${offered.join(', ')}${offered.includes('clbo') ? ' (default: clbo)' : ''}`,
    '--backbone': 'network: resnet8 to resnet200, vit-tiny, ... (default: resnet18)',
    '--student': 'network: resnet8 to resnet200, vit-tiny, ... (default: resnet18)',
    '--epochs': 'passes over the images (default: 200)',
    '--batch': 'images in a step (default: 256)',
    '--lr': 'learning rate (default: 0.06)',
    '--out': 'run folder (default: runs/<images>-<method>-<backbone>)',
    '--config': "settings as JSON, such as a run's config.json",
    '--budget': 'such as 20m: chooses width, size, epochs and batch for it',
    '--dry-run': 'report size, operations, memory and time; train nothing',
  };
}

async function train(
  training: Training,
  words: readonly string[],
  options: Options,
  known: readonly Option[],
): Promise<void> {
  const begun = performance.now();
  const { out, config, json, dryRun, budget: seconds, processes, orResume, ...given } = options;
  const all = gatherSettings(words, config, bySetting(given, training.flags), {
    ...training,
    known: known.map(({ long }) => long ?? ''),
  });
  training.check?.(all);
  await use(...filesOf(all.use));
  const resolved = resolveConfig(all);
  const budget = seconds === undefined ? undefined : { seconds, asked: all, begun };
  if (dryRun) return showEstimate(resolved, { out, json: json === true, ...(budget && { budget }) });
  if (orResume && out === undefined) throw new UsageError('--or-resume resumes the run in --out; give both');
  if (await isLaunched(processes)) return;
  const group = await joinOthers();
  if (orResume && out !== undefined && (await canGoOn(out, resolved, Object.keys(all), group))) {
    return goOn(out, { json: json === true, dataRoot: resolved.data.dataRoot }, group);
  }
  const begin = (hooks: LoadingOptions) => {
    const where = { out, forecast: true, ...hooks };
    return budget ? pretrainWithin(budget, where) : pretrain(resolved, where);
  };
  await showTraining(resolved.data.images, begin, json === true, group);
}

/** Files to use, where they are such; all else is told when settings are resolved. */
function filesOf(given: unknown): string[] {
  return [given].flat().filter((file) => typeof file === 'string');
}

/** What flags were given, by the settings that they are of. */
function bySetting(given: object, flags: Flags): Record<string, unknown> {
  const settings = new Map(Object.entries(flags).map(([setting, flag]) => [attributeOf(flag), setting]));
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [settings.get(name) ?? name, value]));
}
