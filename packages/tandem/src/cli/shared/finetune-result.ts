import { type FinetuneResult, measureFinetuned } from '../../pretrain/index.js';
import { print, printJson } from '../terminal/print.js';
import { withProgress } from '../terminal/progress.js';
import { classLines, scoreLine, sizesLine, topLine } from './class-lines.js';
import { recordsAsJson } from './record-json.js';

/** Measures a fine-tuned run and prints what it is worth. */
export async function showFinetuneResult(run: string, json: boolean): Promise<void> {
  const measured = await withProgress('queries', (hooks) => measureFinetuned(run, hooks));
  if (json) printJson(recordsAsJson('finetune', measured.images, [measured.record], { run }));
  else print(...lines(measured), `fine-tuned encoder and classifier: ${run}`);
}

function lines({ record: { encoder, settings, result }, classes, sizes }: FinetuneResult): string[] {
  const what = settings.fromScratch ? 'from scratch' : `fine-tuned ${encoder}`;
  return [
    `${what}, ${settings.labelled} labels: ${topLine(result)} of ${settings.queries} queries`,
    sizesLine(sizes),
    scoreLine(result),
    ...classLines(result, classes),
  ];
}
