// SimCLR v2 from end to end: pretrain a network without labels, fine-tune it with a tenth of them,
// let a new one of its size and then a smaller one learn from it. Whatever is interrupted resumes
// where it was when the same line is called again. node pipeline.js <images> <folder> [--quick]
// [options of tandem, such as --limit 10000 --data-root data]
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [images, folder, ...options] = process.argv.slice(2);
if (images === undefined || folder === undefined)
  throw new Error('usage: pipeline.js <images> <folder> [--quick] [options]');
const quick = options[0] === '--quick';
const common = quick ? options.slice(1) : options;
const epochs = (n: number) => ['--epochs', String(quick ? 2 : n)];
const tandem = fileURLToPath(new URL('../../../packages/tandem/bin/tandem.js', import.meta.url));
const run = (name: string) => join(folder, name);

const batch = quick ? 16 : 128;
const big = [`backbone=${quick ? 'resnet8' : 'resnet18'}`, `width=${quick ? 4 : 24}`, 'stem=strided'];
const small = [`backbone=${quick ? 'resnet8' : 'resnet10'}`, `width=${quick ? 4 : 16}`, 'stem=strided'];
const head = ['projLayers=3', 'projHidden=0', 'projDim=128', 'lastNorm=scale'];
const steps = ['--batch', String(batch), 'knnEvery=0'];
const tuning = ['--labels', '10%', '--batch', String(quick ? 4 : 64), ...epochs(60)];
const distilling = ['--method', 'simclr-v2', ...steps, ...epochs(16), 'lr=0.2'];

/** Each stage is a run of its own; later ones name the folders of earlier ones. */
const stages: Readonly<Record<string, readonly string[]>> = {
  pretrained: [
    'pretrain',
    images,
    '--method',
    'simclr',
    ...big,
    ...head,
    ...steps,
    ...epochs(16),
    'lr=0.12',
    'schedule=step',
  ],
  scratch: ['finetune', run('pretrained'), images, ...tuning, '--from-head-layer', '1', '--from-scratch'],
  'tuned-0': ['finetune', run('pretrained'), images, ...tuning],
  'tuned-1': ['finetune', run('pretrained'), images, ...tuning, '--from-head-layer', '1'],
  'self-distilled': ['distill', images, ...big, ...distilling, '--teacher', run('tuned-1')],
  distilled: ['distill', images, ...small, ...distilling, '--teacher', run('self-distilled')],
};

const about: Readonly<Record<string, string>> = {
  scratch: 'supervised, from scratch',
  'tuned-0': 'fine-tuned from the features',
  'tuned-1': 'fine-tuned from the first layer of the head',
  'self-distilled': 'distilled into a new network of that size',
  distilled: 'distilled from there into a smaller one',
};

function json(file: string): Record<string, unknown> {
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
}

/** The last line of a run's metrics where all its epochs are done. */
function outcome(name: string): Record<string, unknown> | undefined {
  const lines = readFileSync(join(run(name), 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n');
  const last = JSON.parse(lines.at(-1) || '{}') as Record<string, unknown>;
  return last.epoch === json(join(run(name), 'config.json')).epochs ? last : undefined;
}

for (const [name, argv] of Object.entries(stages)) {
  const begun = existsSync(join(run(name), 'config.json'));
  if (begun && outcome(name)) continue;
  console.error(`\n${name}`);
  const line = begun ? ['resume', run(name)] : [...argv, ...common, '--out', run(name)];
  const { status } = spawnSync(process.execPath, [tandem, ...line], { stdio: ['ignore', 2, 'inherit'] });
  if (status !== 0) process.exit(status ?? 1);
}

const accuracy = (name: string) => Number(outcome(name)?.top1);
for (const [name, what] of Object.entries(about)) {
  console.log(`${what.padEnd(46)}${(100 * accuracy(name)).toFixed(2).padStart(6)} %`);
}
const better = ['tuned-1', 'self-distilled', 'distilled'].filter((name) => !(accuracy(name) > accuracy('scratch')));
if (!quick && better.length > 0) {
  console.error(`missed: ${better.join(', ')} should be above what the labels alone give`);
  process.exit(1);
}
