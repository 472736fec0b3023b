import { didYouMean, shownName, UsageError } from '../../errors.js';
import { tandemCommand } from '../../invocation.js';

/** What people call things that a command of another name does, or a page tells how to do. */
const instead: readonly (readonly [words: readonly string[], what: string])[] = [
  [['train', 'learn', 'fit', 'pretraining', 'run'], '`tandem pretrain` learns an encoder'],
  [['evaluate', 'eval', 'test', 'accuracy', 'probe'], '`tandem knn` and `tandem linear` measure an encoder'],
  [
    ['similar', 'retrieve', 'neighbours', 'neighbors', 'find', 'query'],
    '`tandem index` and `tandem search` find alike pictures; docs/guide/search.md shows how',
  ],
  [
    ['dedupe', 'deduplicate', 'dedup', 'clean'],
    '`tandem duplicates` finds near-duplicates, `tandem check` copies and damaged pictures',
  ],
  [['anomalies', 'anomaly', 'outlier'], '`tandem outliers` ranks pictures by how little they are like others'],
  [['kmeans', 'k-means', 'hdbscan', 'group', 'clusters'], '`tandem cluster` divides pictures into groups'],
  [['sample', 'coreset', 'choose', 'label'], '`tandem select` selects pictures that are worth a label'],
  [['features', 'encode', 'extract', 'vectors', 'embeddings'], '`tandem embed` writes the features of images'],
  [['classify', 'classifier'], '`tandem linear` and `tandem finetune` train a classifier, `tandem predict` asks it'],
  [['continue', 'restart'], '`tandem resume` resumes a run'],
  [['visualize', 'visualise', 'plot'], '`tandem tsne` draws features, `tandem report` a run'],
  [['umap', 'map'], '`tandem tsne --by umap` draws features by UMAP'],
  [['augment', 'augmentations', 'show'], '`tandem views` shows the views of images'],
  [['watch', 'monitor', 'dashboard', 'tensorboard', 'runs'], '`tandem ui` shows all runs in one page'],
  [['server', 'api', 'http', 'deploy'], '`tandem serve` answers over HTTP'],
  [['onnx', 'convert', 'quantize'], '`tandem export` writes an encoder for other tools'],
  [['install', 'init'], '`tandem setup` sets the engine up, `tandem doctor` looks whether it is well'],
  [['student', 'teach', 'compress'], '`tandem distill` teaches a small network'],
];

/** What to do where a command is not known: the nearest name, or what does the job. */
export function unknownCommand(word: string, commands: readonly string[]): UsageError {
  const [, job] = instead.find(([words]) => words.includes(word.toLowerCase())) ?? [];
  const command = tandemCommand();
  if (job) {
    const typed = job.replaceAll('`tandem ', `\`${command} `);
    return new UsageError(`unknown command ${shownName(word)}: ${typed}`);
  }
  const near = didYouMean(word, commands) || ` \`${command} --help\` lists what there is`;
  return new UsageError(`unknown command ${shownName(word)}.${near}`);
}
