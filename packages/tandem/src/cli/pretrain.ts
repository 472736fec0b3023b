import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { didYouMean, UsageError, UserError } from '../errors.js';
import { DATA_SETS, type Skipped } from '../images/index.js';
import { methods } from '../methods/index.js';
import {
  describeOptions,
  type EpochMetrics,
  knownSettings,
  type OptionHelp,
  type PretrainEvent,
  pretrain,
  resolveConfig,
  runOptions,
} from '../pretrain/index.js';
import { Exit } from './exit.js';
import { helpTable, wrapped } from './help.js';
import { duration, progress } from './progress.js';
import { abortOnSignals } from './signals.js';

/** Settings with a flag of their own; all others are given as key=value. */
const flags: Readonly<Record<string, string>> = {
  method: '--method <name>',
  backbone: '--backbone <name>',
  epochs: '--epochs <n>',
  batch: '--batch <n>',
  lr: '--lr <rate>',
  seed: '--seed <n>',
  device: '--device <name>',
  precision: '--precision <name>',
  limit: '--limit <n>',
  dataRoot: '--data-root <folder>',
};

interface Options extends Record<string, string | true | undefined> {
  out?: string;
  config?: string;
  json?: true;
}

/** `tandem pretrain <images>`: learns an encoder and keeps it in a run folder. */
export function pretrainCommand(): Command {
  const command = new Command('pretrain')
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
    .option('--config <file>', "settings as JSON, such as a run's config.json; key=value and flags come over it")
    .option('--json', 'one JSON object with the result on stdout')
    .addHelpText('after', settingsHelp)
    .action(async (images: string | undefined, settings: string[], { out, config, json, ...given }: Options) => {
      const words = images === undefined ? settings : [images, ...settings];
      await runPretrain(gather(words, config, given), { out, json: json === true });
    });
}

function settingsHelp(): string {
  const rest = describeOptions(runOptions).filter(({ name }) => name !== 'images' && !flags[name]);
  return [
    settingsTable('Settings, given as key=value:', rest),
    ...Object.entries(methods).map(([name, { summary, options }]) =>
      settingsTable(`Settings of --method ${name}, ${summary}:`, describeOptions(options)),
    ),
  ].join('\n');
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
export function gather(words: readonly string[], file: string | undefined, given: object): Record<string, unknown> {
  const settings: [string, string][] = [];
  for (const [position, word] of words.entries()) {
    if (word.startsWith('-')) throw unknownFlag(word);
    const [, key, value] = /^(\w+)=(.*)$/s.exec(word) ?? [];
    if (key !== undefined && value !== undefined) settings.push([key, value]);
    else if (position === 0) settings.push(['images', word]);
    else throw new UsageError(`'${word}' is no setting: the images come first, settings are key=value`);
  }
  const all = { ...(file === undefined ? {} : readConfig(file)), ...Object.fromEntries(settings), ...given };
  if (!('images' in all))
    throw new UsageError('which images? Give a data set, a folder or an archive; see `tandem help pretrain`');
  return all;
}

function unknownFlag(word: string): UsageError {
  const [flag = '', value = '...'] = word.replace(/^-+/, '').split('=');
  const name = flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  if (knownSettings().includes(name) && !flags[name]) {
    return new UsageError(`unknown option '${word}': ${name} is a setting, given as ${name}=${value}`);
  }
  const known = [
    ...Object.values(flags).map((flag) => flag.replace(/ .*/, '')),
    '--out',
    '--config',
    '--json',
    '--help',
  ];
  return new UsageError(`unknown option '${word}'.${didYouMean(`--${flag}`, known)}`);
}

function readConfig(file: string): object {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UserError(`--config ${file} cannot be read: ${(error as Error).message}`);
  }
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
  const { tandem: _machine, ...rest } = settings as Record<string, unknown>;
  return rest;
}

/** Runs and prints. @throws Exit 130 when it was interrupted */
export async function runPretrain(
  given: Record<string, unknown>,
  { out, json }: { out?: string | undefined; json: boolean },
): Promise<{ run: string; metrics: EpochMetrics | undefined }> {
  const config = resolveConfig(given);
  const { stderr } = process;
  let bar = progress('images');
  let saves = false;
  const { signal, release } = abortOnSignals(() =>
    bar.say(`stopping${saves ? ' after this step, saving' : ''}; once more to stop at once`),
  );
  try {
    let steps = 0;
    let rate = imageRate();
    for await (const event of pretrain(config, { out, signal, onLoading: bar.update })) {
      switch (event.kind) {
        case 'loading':
          bar.say(`reading ${config.images}`);
          break;
        case 'start':
          bar.stop();
          bar = progress('training');
          saves = true;
          steps = event.steps;
          stderr.write(`${opening(event).join('\n')}\n`);
          rate = imageRate();
          break;
        case 'step':
          bar.update(event.step, steps, stepNote(event, rate(event.imagesSeen)));
          break;
        case 'evaluation':
          bar.update(event.step, steps, `evaluating ${event.done}/${event.total}`);
          break;
        case 'epoch':
          bar.say(epochLine(event.metrics, config.epochs));
          rate = imageRate(event.metrics.imagesSeen);
          break;
        case 'end':
          bar.stop();
          stderr.write(`${event.interrupted ? 'interrupted; saved in' : 'done:'} ${event.run}\n`);
          if (json) console.log(JSON.stringify({ run: event.run, interrupted: event.interrupted, ...event.metrics }));
          if (event.interrupted) throw new Exit(130);
          return { run: event.run, metrics: event.metrics };
      }
    }
    throw new Error('training ended without a word');
  } catch (error) {
    if (error !== signal.reason) throw error;
    bar.say('interrupted before the first step; nothing was saved');
    throw new Exit(130);
  } finally {
    bar.stop();
    release();
  }
}

type Event<Kind extends PretrainEvent['kind']> = Extract<PretrainEvent, { kind: Kind }>;

function opening({ run, config, data, steps, parameters }: Event<'start'>): string[] {
  const { train, skipped, note } = data;
  const settings = Object.entries(config).map(([key, value]) => `${key}=${value}`);
  return [
    `${train.name}: ${train.count.toLocaleString('en')} images of ${train.channels}x${train.height}x${train.width}`,
    ...(note ? [note] : []),
    ...(skipped.length ? [`${skippedFiles(skipped)}; see ${run}/skipped.jsonl`] : []),
    ...(data.queries ? [] : ['k-NN is skipped']),
    wrapped(['settings:', ...settings]),
    `${parameters.toLocaleString('en')} parameters, ${steps.toLocaleString('en')} steps, run folder ${run}`,
  ];
}

/** Counts them and names the first. */
export function skippedFiles(skipped: readonly Skipped[]): string {
  const named = skipped.slice(0, 3).map(({ file, reason }) => `${file} (${reason})`);
  const count = skipped.length === 1 ? '1 image' : `${skipped.length} images`;
  return `${count} could not be read, skipped: ${named.join(', ')}${skipped.length > named.length ? ', ...' : ''}`;
}

function stepNote({ loss }: Event<'step'>, imagesPerSecond: number): string {
  return `${loss === undefined ? '' : `loss ${loss.toFixed(3)}  `}${imagesPerSecond.toFixed(0)} images/s`;
}

/** Images a second from now on, evaluation in between left out. */
function imageRate(before = 0): (imagesSeen: number) => number {
  const started = Date.now();
  return (imagesSeen) => ((imagesSeen - before) * 1000) / Math.max(Date.now() - started, 1);
}

function epochLine(metrics: EpochMetrics, epochs: number): string {
  const { epoch, loss, lr, knnStudent, knnTeacher, embeddingStd, effectiveRank, imagesPerSecond, seconds } = metrics;
  const percent = (share: number | undefined) => (share === undefined ? undefined : (share * 100).toFixed(2));
  const parts: [string, string | undefined][] = [
    ['loss', loss.toFixed(4)],
    ['lr', lr.toPrecision(3)],
    ['k-NN student', percent(knnStudent)],
    ['teacher', percent(knnTeacher)],
    ['std', embeddingStd?.toFixed(4)],
    ['rank', effectiveRank?.toFixed(1)],
    ['images/s', imagesPerSecond.toFixed(0)],
    ['time', duration(seconds)],
  ];
  const shown = parts.filter(([, value]) => value !== undefined).map(([name, value]) => `${name} ${value}`);
  return `epoch ${epoch}/${epochs}  ${shown.join('  ')}`;
}
