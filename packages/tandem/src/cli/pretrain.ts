import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { UsageError, UserError } from '../errors.js';
import { methods } from '../methods/index.js';
import {
  describeOptions,
  type EpochMetrics,
  type OptionHelp,
  pretrain,
  type PretrainEvent,
  resolveConfig,
  runOptions,
} from '../pretrain/index.js';
import { Exit } from './exit.js';
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

/** `tandem pretrain <images>`: learns an encoder and keeps it in a run folder. */
export function pretrainCommand(): Command {
  const command = new Command('pretrain')
    .description('Learns an encoder from images without labels.')
    .argument('[images]', 'fashion-mnist, mnist, cifar10, a folder, or a tar of images')
    .argument('[settings...]', 'key=value, see below');
  const described = new Map(describeOptions(runOptions).map((option) => [option.name, option]));
  for (const [name, flag] of Object.entries(flags)) {
    const { description, defaultsTo } = described.get(name) as OptionHelp;
    command.option(flag, `${description}${defaultsTo && ` (default: ${defaultsTo})`}`);
  }
  return command
    .option('--out <folder>', 'run folder; the next free runs/... unless given')
    .option('--config <file>', 'settings as JSON; key=value and flags come over it')
    .option('--json', 'one JSON object with the result on stdout')
    .addHelpText('after', settingsHelp)
    .action(async (images: string | undefined, settings: string[], options: Record<string, string | true>) => {
      const { out, config, json, ...given } = options;
      await runPretrain(gather(images, settings, config as string | undefined, given), { out: out as string, json: json === true });
    });
}

function settingsHelp(): string {
  const rest = describeOptions(runOptions).filter(({ name }) => name !== 'images' && !flags[name]);
  const sections = [
    '\nSettings, given as key=value:',
    ...table(rest),
    ...Object.entries(methods).flatMap(([name, { summary, options }]) => [
      `\nSettings of --method ${name} (${summary}):`,
      ...table(describeOptions(options)),
    ]),
  ];
  return sections.join('\n');
}

function table(options: readonly OptionHelp[]): string[] {
  return options.map(({ name, kind, defaultsTo, description }) => {
    const left = `  ${name}=${defaultsTo || `<${kind}>`}`.padEnd(28);
    const choices = kind.includes('|') ? ` (${kind})` : '';
    return `${left} ${description}${choices}`;
  });
}

/** All settings by name: the file's, then key=value, then flags. */
function gather(
  images: string | undefined,
  settings: readonly string[],
  file: string | undefined,
  given: Record<string, string | true>,
): Record<string, unknown> {
  const all: Record<string, unknown> = file ? readConfig(file) : {};
  // With a configuration file the images may stand there, and the first word may be a setting.
  const words = images?.includes('=') && !images.includes('/') ? [images, ...settings] : settings;
  if (images && words === settings) all.images = images;
  for (const word of words) {
    const at = word.indexOf('=');
    if (at < 1) throw new UsageError(`'${word}' is no setting; settings are key=value`);
    all[word.slice(0, at)] = word.slice(at + 1);
  }
  Object.assign(all, given);
  if (all.images === undefined) throw new UsageError('say which images: a data-set name, a folder, or a tar');
  return all;
}

function readConfig(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UserError(`cannot read --config ${file}: ${(error as Error).message}`);
  }
  try {
    const { tandem: _machine, ...settings } = JSON.parse(text);
    return settings;
  } catch {
    throw new UserError(`--config ${file} is not JSON`);
  }
}

/** Runs and prints. @throws Exit 130 when it was interrupted */
export async function runPretrain(
  given: Record<string, unknown>,
  { out, json }: { out?: string | undefined; json: boolean },
): Promise<{ run: string; metrics: EpochMetrics | undefined }> {
  const config = resolveConfig(given);
  const { signal, release } = abortOnSignals();
  const loading = progress('images');
  const training = progress('training');
  try {
    const events = pretrain(config, {
      out,
      signal,
      onLoading: (done, total = done, what) => loading.update(done, total, what),
    });
    let steps = 0;
    let started = 0;
    for await (const event of events) {
      switch (event.kind) {
        case 'start':
          loading.stop();
          steps = event.steps;
          started = Date.now();
          for (const line of opening(event)) console.error(line);
          break;
        case 'step':
          training.update(event.step, steps, stepNote(event, Date.now() - started));
          break;
        case 'epoch':
          training.say(epochLine(event.metrics, config.epochs));
          break;
        case 'end':
          training.stop();
          if (json) console.log(JSON.stringify({ run: event.run, interrupted: event.interrupted, ...event.metrics }));
          console.error(`${event.interrupted ? 'interrupted; saved' : 'done'}: ${event.run}`);
          if (event.interrupted) throw new Exit(130);
          return { run: event.run, metrics: event.metrics };
      }
    }
    throw new Error('training ended without a word');
  } catch (error) {
    if (signal.aborted && !(error instanceof Exit)) throw new Exit(130);
    throw error;
  } finally {
    loading.stop();
    training.stop();
    release();
  }
}

type Event<Kind extends PretrainEvent['kind']> = Extract<PretrainEvent, { kind: Kind }>;

function opening({ run, config, data, steps, parameters }: Event<'start'>): string[] {
  const { train, skipped, note } = data;
  const settings = Object.entries(config).map(([key, value]) => `${key}=${value}`);
  return [
    `${train.name}: ${train.count} images of ${train.channels}x${train.height}x${train.width}`,
    ...(note ? [note] : []),
    ...(skipped.length ? [`${skipped.length} files could not be read and are skipped, see ${run}/skipped.jsonl`] : []),
    ...(data.queries ? [] : ['k-NN is skipped: it needs labels']),
    `settings: ${settings.join(' ')}`,
    `${parameters.toLocaleString('en')} parameters, ${steps.toLocaleString('en')} steps, run folder ${run}`,
  ];
}

function stepNote({ loss, imagesSeen }: Event<'step'>, milliseconds: number): string {
  const rate = Math.round((imagesSeen / milliseconds) * 1000);
  return `${loss === undefined ? '' : `loss ${loss.toFixed(3)} `}${rate} images/s`;
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
