import { fromBuffer, inferenceMode, manualSeed, scope, type Tensor } from '@tandem/torch';
import { Command } from 'commander';
import { accuracy, features, fewLabelsAccuracy, knn } from '../evaluate/index.js';
import { loadEncoder } from '../export/index.js';
import { type DataSet, type ImageSet, imageBytes, openImages } from '../images/index.js';
import { buildEncoder, type Encoder } from '../networks/index.js';
import { findEncoder } from '../pretrain/index.js';
import { evaluationView } from '../views/index.js';
import { runPretrain } from './pretrain.js';

/** Found by a search for what a few minutes on two cores buy the most with; see docs/demo.md. */
const settings = {
  images: 'fashion-mnist',
  method: 'clbo',
  backbone: 'resnet10',
};

const fewLabels = { perClass: 10, draws: 10 };

/** Accuracies of 1-nearest-neighbour: with all labels, and with ten a class. */
interface Row {
  readonly features: string;
  readonly allLabels: number;
  readonly tenLabelsAClass: number;
}

/** `tandem demo`: a few minutes of CLBO on Fashion-MNIST, and what they were good for. */
export function demoCommand(): Command {
  return new Command('demo')
    .description('Pretrains on Fashion-MNIST for a few minutes and shows what was learned.')
    .option('--out <folder>', 'run folder; the next free runs/... unless given')
    .option('--json', 'one JSON object with the result on stdout')
    .action(async ({ out, json }: { out?: string; json?: true }) => {
      const data = await openImages(settings.images);
      console.error('CLBO learns from the 60,000 training pictures of Fashion-MNIST, without their labels.');
      const { run } = await runPretrain(settings, { out, json: false });
      const { encoder: trained, card } = loadEncoder(findEncoder(run));
      manualSeed(0);
      const untrained = buildEncoder(card.architecture);
      const { mean, std, size } = card;
      const view = evaluationView({ size, channels: data.train.channels, mean, std });
      const withEncoder = (encoder: Encoder) => (set: ImageSet) => features(encoder, set, { view, device: 'cpu' });
      console.error('measuring...');
      const rows = [
        measure('raw pixels', data, pixels),
        measure('untrained encoder', data, withEncoder(untrained)),
        measure('pretrained teacher', data, withEncoder(trained)),
      ];
      console.log(json ? JSON.stringify({ run, rows }) : table(rows, run).join('\n'));
    });
}

function measure(name: string, { bank, queries }: DataSet, featuresOf: (set: ImageSet) => Tensor): Row {
  if (!bank?.labels || !queries?.labels) throw new Error('the demo needs labels to measure with');
  const { labels } = bank;
  const wanted = queries.labels;
  return scope(() =>
    inferenceMode(() => {
      const [remembered, asked] = [featuresOf(bank), featuresOf(queries)];
      const row = {
        features: name,
        allLabels: accuracy(knn(remembered, labels, asked), wanted),
        tenLabelsAClass: fewLabelsAccuracy(remembered, labels, asked, wanted, fewLabels),
      };
      remembered.dispose();
      asked.dispose();
      return row;
    }),
  );
}

function pixels(set: ImageSet): Tensor {
  return fromBuffer(set.pixels, [set.count, imageBytes(set)]).to('float32');
}

function table(rows: readonly Row[], run: string): string[] {
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`.padStart(18);
  return [
    '',
    'How often the nearest neighbour has the right label (10,000 test pictures, k-NN with k = 1):',
    `${''.padEnd(22)}${'all 60,000 labels'.padStart(18)}${'10 labels a class'.padStart(18)}`,
    ...rows.map((row) => `${row.features.padEnd(22)}${percent(row.allLabels)}${percent(row.tenLabelsAClass)}`),
    '',
    `The run: ${run}. The encoder: ${findEncoder(run)}`,
  ];
}
