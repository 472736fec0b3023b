import { Command } from 'commander';
import { UsageError, UserError } from '../errors.js';
import { loadEncoder } from '../export/index.js';
import { CROP_MARGIN, DATA_SETS, openImages } from '../images/index.js';
import { chooseDevice, findEncoder, labelled } from '../pretrain/index.js';
import { skippedFiles } from './pretrain.js';
import { progress } from './progress.js';
import { scoreOf, scoresWithBaselines, scoreTable } from './scores.js';

interface Options {
  k: number;
  temperature: number;
  dataRoot?: string;
  device?: string;
  limit?: number;
  baselines?: true;
  json?: true;
}

/** `tandem knn <run|encoder> <images>`: how good an encoder's features are, by the labels of nearest neighbours. */
export function knnCommand(): Command {
  return new Command('knn')
    .usage('<run|encoder> <images> [options]')
    .argument('<encoder>', 'run folder, or a .safetensors file from its encoder/')
    .argument('<images>', `labelled images: ${DATA_SETS.join(', ')}, a folder of class folders, or a tar or zip of one`)
    .option('--k <n>', 'neighbours that vote; 1 as in the paper', wholeNumber('--k'), 1)
    .option('--temperature <t>', 'for k > 1: a vote counts exp(similarity / t)', aboveZero('--temperature'), 0.1)
    .option('--data-root <folder>', 'where named data sets are looked for first')
    .option('--device <name>', 'auto, cpu, cuda, cuda:1 or mps (default: auto)')
    .option('--limit <n>', 'at most so many images and queries, evenly over the classes', wholeNumber('--limit'))
    .option('--baselines', 'also raw pixels and the same network untrained, with all labels and with 10 a class')
    .option('--json', 'one JSON object with the result on stdout')
    .action(runKnn);
}

async function runKnn(runOrFile: string, where: string, options: Options): Promise<void> {
  const { k, temperature, limit, dataRoot } = options;
  const device = chooseDevice(options.device ?? 'auto');
  const file = findEncoder(runOrFile);
  const { encoder, card } = loadEncoder(file);
  const bar = progress('k-NN');
  try {
    const data = await openImages(where, {
      size: card.size,
      margin: CROP_MARGIN,
      dataRoot,
      limit,
      onProgress: bar.update,
    });
    const { note, skipped } = data;
    const known = labelled(data);
    if (!known) throw new UserError(`${where}: k-NN needs labels. ${note ?? ''}`.trim());
    const { bank, queries } = known;
    if (note) bar.say(note);
    if (skipped.length > 0) bar.say(skippedFiles(skipped));
    const { channels } = card.architecture;
    if (bank.channels !== channels) {
      throw new UserError(`${where} has images of ${bank.channels} channels, the encoder ${file} takes ${channels}`);
    }
    if (k > bank.count)
      throw new UsageError(`--k must be at most ${bank.count}, the number of labelled images, got ${k}`);
    encoder.to({ device });
    const asked = { card, device, k, temperature, onProgress: bar.update };
    const scores = options.baselines ? scoresWithBaselines(encoder, known, asked) : undefined;
    const right = scores?.at(-1)?.accuracy ?? scoreOf(encoder, known, asked);
    bar.stop();
    const result = {
      encoder: file,
      images: where,
      k,
      ...(k > 1 && { temperature }),
      bank: bank.count,
      queries: queries.count,
      accuracy: right,
      ...(scores && { scores }),
    };
    if (options.json) console.log(JSON.stringify(result));
    else console.log(`k-NN (k=${k}): ${(right * 100).toFixed(2)} % of ${queries.count} queries, bank of ${bank.count}`);
    if (scores && !options.json) console.log(scoreTable(scores, bank.count).join('\n'));
  } finally {
    bar.stop();
  }
}

export function wholeNumber(name: string): (text: string) => number {
  return (text) => {
    if (/^[1-9]\d*$/.test(text)) return Number(text);
    throw new UsageError(`${name} must be a whole number of at least 1, got ${text}`);
  };
}

function aboveZero(name: string): (text: string) => number {
  return (text) => {
    if (Number(text) > 0 && Number.isFinite(Number(text))) return Number(text);
    throw new UsageError(`${name} must be a number above 0, got ${text}`);
  };
}
