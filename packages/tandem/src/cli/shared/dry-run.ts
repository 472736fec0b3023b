import { shownBytes } from '../../errors.js';
import { effectiveOperations, type Operations } from '../../networks/index.js';
import {
  type Budget,
  chooseWithin,
  type Estimate,
  estimateRun,
  estimateWith,
  type NetworkFacts,
  type RunConfig,
} from '../../pretrain/index.js';
import { interruptible } from '../terminal/interruptible.js';
import { wrapped } from '../terminal/lines.js';
import { print, printJson } from '../terminal/print.js';
import { sizesLine } from './class-lines.js';
import { inThousands, shownOperations, timeLine } from './forecast-lines.js';
import { settingText } from './settings.js';

/**
 * `tandem pretrain --dry-run`: what a run would be, on stdout. Leaves nothing behind.
 * @throws Exit 130 or 143 when interrupted
 */
export async function showEstimate(
  config: RunConfig,
  { out, json, budget }: { readonly out: string | undefined; readonly json: boolean; readonly budget?: Budget },
): Promise<void> {
  const found = await interruptible('images', 'stopping; nothing was written', async ({ signal, onProgress }) => {
    const loading = { signal, onLoading: onProgress };
    if (budget === undefined) return estimateRun(config, { out, ...loading });
    const { seconds, asked, begun = performance.now() } = budget;
    const choice = await chooseWithin(asked, seconds, begun, loading);
    return estimateWith(choice.config, choice.data, signal);
  });
  if (json) printJson(found);
  else print(...lines(found));
}

function lines(found: Estimate): string[] {
  const { config, images, knn, steps, stepsPerEpoch, student, teacher, imitated, others, perStep, memory } = found;
  const settings = Object.entries(config).map(([key, value]) => settingText(key, value));
  const bytes = (Object.entries(memory) as [string, number][])
    .filter(([name]) => name !== 'total')
    .map(([name, size]) => `${name} ${shownBytes(size)}`);
  const batch = Number(config.batch);
  const epochs = steps / stepsPerEpoch;
  const told = [
    `images      ${whole(images.count)} of ${images.name}`,
    knn
      ? `k-NN        ${whole(knn.queries)} queries, reference set ${whole(knn.reference)}; ${sizesLine(knn)}`
      : 'k-NN        none: no labels',
    `steps       ${whole(steps)}: ${whole(epochs)} epochs of ${whole(stepsPerEpoch)}`,
    ...network('student', student),
    ...(teacher ? network('teacher', teacher) : ['teacher     none']),
    ...(imitated ? network('imitates', imitated) : []),
    ...Object.entries(others).flatMap(([name, facts]) => network(name, facts)),
    `a step      ${operations(perStep)}`,
    `            ${shownOperations(perStep)} as \`tandem doctor\` counts, backward as two forward passes`,
    `memory      about ${shownBytes(memory.total)}: ${bytes.join(', ')}`,
    `            activations of ${whole(batch)} images by those of ${found.measuredAt.join(' and ')};`,
    '            without what backward needs in passing',
    timeLine(found.time, { epochs, batch }).replace('forecast: ', 'time        '),
    'Nothing was written.',
  ];
  return [...wrapped(['settings:', ...settings]), ...told.flatMap((line) => wrapped([line]))];
}

function network(name: string, { parameters, encoderParameters, perImage }: NetworkFacts): string[] {
  return [
    `${name.padEnd(11)} ${whole(parameters)} parameters, ${whole(encoderParameters)} in the encoder`,
    `            an image through it ${operations(perImage)}`,
  ];
}

/** Multiply-adds, as the literature of networks counts. */
function operations(count: Operations): string {
  const { macs, binaryMacs } = count;
  if (binaryMacs === 0) return `${inThousands(macs)} multiply-adds`;
  const all = inThousands(effectiveOperations(count));
  return `${inThousands(macs)} multiply-adds + ${inThousands(binaryMacs)} binary = ${all} OPs`;
}

function whole(n: number): string {
  return n.toLocaleString('en');
}
