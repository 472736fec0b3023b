import { Command } from 'commander';
import { UsageError, UserError } from '../errors.js';
import { accuracy, features, knn } from '../evaluate/index.js';
import { loadEncoder } from '../export/index.js';
import { openImages } from '../images/index.js';
import { chooseDevice, findEncoder } from '../pretrain/index.js';
import { evaluationView } from '../views/index.js';
import { progress } from './progress.js';

interface Options {
  k: string;
  temperature: string;
  dataRoot?: string;
  device: string;
  limit?: string;
  json?: true;
}

/** `tandem knn <run|encoder> <images>`: how good an encoder's features are, by the labels of nearest neighbours. */
export function knnCommand(): Command {
  return new Command('knn')
    .description('Measures an encoder by the classes of nearest neighbours; the images need labels.')
    .argument('<encoder>', 'run folder, or a .safetensors file from its encoder/')
    .argument('<images>', 'labelled images: a data-set name, a folder of class folders, or a tar')
    .option('--k <n>', 'neighbours that vote; 1 as in the paper', '1')
    .option('--temperature <t>', 'for k > 1: votes are exp(similarity / t)', '0.1')
    .option('--data-root <folder>', 'where named data sets are looked for first')
    .option('--device <name>', 'auto, cpu, cuda, cuda:1 or mps', 'auto')
    .option('--limit <n>', 'use at most so many images, evenly over the classes')
    .option('--json', 'one JSON object with the result on stdout')
    .action(runKnn);
}

async function runKnn(runOrFile: string, where: string, options: Options): Promise<void> {
  const k = wholeNumber('--k', options.k);
  const temperature = Number(options.temperature);
  if (!(temperature > 0)) throw new UsageError(`--temperature must be above 0, got ${options.temperature}`);
  const device = chooseDevice(options.device);
  const file = findEncoder(runOrFile);
  const { encoder, card } = loadEncoder(file);
  const bar = progress('images');
  const data = await openImages(where, {
    size: card.size,
    ...(options.dataRoot && { dataRoot: options.dataRoot }),
    ...(options.limit && { limit: wholeNumber('--limit', options.limit) }),
    onProgress: (done, total = done, what) => bar.update(done, total, what),
  });
  bar.stop();
  const { bank, queries } = data;
  if (!bank?.labels || !queries?.labels) throw new UserError(`${where}: k-NN needs labels. ${data.note ?? ''}`.trim());
  if (bank.channels !== card.architecture.channels) {
    throw new UserError(`${where} has ${bank.channels} channels, the encoder takes ${card.architecture.channels}`);
  }
  if (k > bank.count) throw new UsageError(`--k must be at most ${bank.count}, the number of labelled images`);
  encoder.to({ device });
  const view = evaluationView({ size: card.size, channels: bank.channels, mean: card.mean, std: card.std });
  const look = { view, device };
  const predictions = knn(features(encoder, bank, look), bank.labels, features(encoder, queries, look), { k, temperature });
  const result = {
    encoder: file,
    images: where,
    k,
    ...(k > 1 && { temperature }),
    bank: bank.count,
    queries: queries.count,
    accuracy: accuracy(predictions, queries.labels),
  };
  if (data.note) console.error(data.note);
  console.log(
    options.json
      ? JSON.stringify(result)
      : `k-NN (k=${k}): ${(result.accuracy * 100).toFixed(2)} % of ${queries.count} queries, bank of ${bank.count}`,
  );
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new UsageError(`${name} must be a whole number of at least 1, got ${text}`);
  return value;
}
