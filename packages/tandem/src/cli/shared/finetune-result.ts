import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { noGrad, scope } from '@tandem/torch';
import { chooseDevice } from '../../device.js';
import { UserError } from '../../errors.js';
import { features } from '../../evaluate/index.js';
import { writeWhole } from '../../files/write-whole.js';
import { Branch } from '../../networks/index.js';
import { labelled, loadImages, readConfigOf, selectTrainingData } from '../../pretrain/index.js';
import { findEncoder, findHead } from '../../runs/index.js';
import { loadEncoder } from '../../weights/encoder.js';
import { loadHead } from '../../weights/head.js';
import { progress } from '../terminal/progress.js';
import { classTable, scored } from './class-table.js';
import { openSubjects, type Subject } from './encoders.js';
import { viewOf } from './evaluation.js';
import { asJson, keep, type Measured, percent } from './record.js';

/** Whether a run fine-tunes another one's network, and its result is not told yet. */
export function isUntold(run: string): boolean {
  const { options } = readConfigOf(run).method;
  return 'from' in options && options.from !== undefined && !existsSync(join(run, 'result.json'));
}

/**
 * Tells what a fine-tuned run is worth on the queries: on stdout, in its `result.json`, and in the
 * `evaluations.jsonl` of the run it started from, where it did.
 */
export async function tellTuned(run: string, json: boolean): Promise<void> {
  const config = readConfigOf(run);
  const { images } = config.data;
  const { options } = config.method;
  if (!('from' in options) || options.from === undefined) throw new UserError(`${run}: fine-tunes no network`);
  const bar = progress('queries');
  try {
    const data = await loadImages(config, { onLoading: bar.update });
    const known = labelled(data);
    const headFile = findHead(run);
    if (!known || headFile === undefined) throw new UserError(`${run}: there is no classifier, or nothing to ask it`);
    const { bank, queries } = known;
    const { encoder, card } = loadEncoder(findEncoder(run));
    const { head, classes = [] } = loadHead(headFile);
    const device = chooseDevice(config.execution.device);
    const network = new Branch(encoder.to({ device }), head);
    const best = Math.min(5, classes.length);
    const ranked = scope(() => {
      const scores = features(network, queries, {
        ...{ view: viewOf(card), device, memoryFormat: config.execution.memoryFormat },
        onProgress: (done, total) => bar.update(done, total, 'queries'),
      });
      return Int32Array.from(noGrad(() => scores.topk(best, { dim: 1 }))[1].data(), Number);
    });
    network.dispose();
    const result = scored({ ranked, best }, queries.labels, classes);
    writeWhole(join(run, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
    const { labels, from, of, fromHeadLayer, fromScratch } = options;
    const { epochs, batch, lr, momentum, weightDecay, nesterov, decay } = config.training;
    const { cropMin, flip } = config.views;
    const { seed } = config.execution;
    const optimizer =
      config.training.optimizer === 'sgd' ? `SGD${nesterov ? ' (Nesterov)' : ''}` : config.training.optimizer;
    const [subject] = openSubjects(from, of) as [Subject];
    subject.encoder.dispose();
    const measured: Measured = {
      subject,
      protocol: fromScratch ? 'from scratch' : 'fine-tune',
      settings: {
        ...{ labels, fromHeadLayer, fromScratch, optimizer, schedule: decay },
        ...{ crop: [cropMin, 1], flip, epochs, batch, lr, momentum, weightDecay, seed },
        ...{ labelled: selectTrainingData(config, data).set.count, bank: bank.count, queries: queries.count },
      },
      result,
    };
    bar.stop();
    if (!fromScratch) keep('finetune', images, [measured], bar);
    if (json) console.log(asJson('finetune', images, [measured], { run }));
    else console.log([...lines(measured, classes), `tuned encoder and classifier: ${run}`].join('\n'));
  } finally {
    bar.stop();
  }
}

function lines({ subject, settings, result }: Measured, classes: readonly string[]): string[] {
  const { accuracy, top5, perClass, confusion } = result as ReturnType<typeof scored>;
  const best = top5 === undefined ? '' : `, top 5 ${percent(top5)}`;
  const what = settings.fromScratch ? 'from scratch' : `fine-tuned ${subject.name}`;
  return [
    `${what}, ${settings.labelled} labels: top 1 ${percent(accuracy)}${best} of ${settings.queries} queries`,
    ...classTable(classes, perClass, confusion),
  ];
}
