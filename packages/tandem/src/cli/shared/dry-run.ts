import { shownBytes } from '../../errors.js';
import { effectiveOperations, type Operations } from '../../networks/index.js';
import { type Estimate, estimateRun, type NetworkFacts, type RunConfig } from '../../pretrain/index.js';
import { interruptible } from '../terminal/interruptible.js';
import { wrapped } from '../terminal/lines.js';
import { print, printJson } from '../terminal/print.js';

/**
 * `tandem pretrain --dry-run`: what a run would be, on stdout. Leaves nothing behind.
 * @throws Exit 130 or 143 when interrupted
 */
export async function showEstimate(config: RunConfig, out: string | undefined, json: boolean): Promise<void> {
  const found = await interruptible('images', 'stopping; nothing was written', ({ signal, onProgress }) =>
    estimateRun(config, { out, signal, onLoading: onProgress }),
  );
  if (json) printJson(found);
  else print(...lines(found));
}

function lines({
  config,
  images,
  steps,
  stepsPerEpoch,
  student,
  teacher,
  imitated,
  others,
  perStep,
  memory,
  measuredAt,
}: Estimate): string[] {
  const settings = Object.entries(config).map(([key, value]) => `${key}=${value}`);
  const bytes = (Object.entries(memory) as [string, number][])
    .filter(([name]) => name !== 'total')
    .map(([name, size]) => `${name} ${shownBytes(size)}`);
  return [
    ...wrapped(['settings:', ...settings]),
    `images      ${whole(images.count)} of ${images.name}`,
    `steps       ${whole(steps)}: ${whole(steps / stepsPerEpoch)} epochs of ${whole(stepsPerEpoch)}`,
    `student     ${network(student)}`,
    `teacher     ${teacher ? network(teacher) : 'none'}`,
    ...(imitated ? [`imitates    ${network(imitated)}`] : []),
    ...Object.entries(others).map(([name, facts]) => `${name.padEnd(11)} ${network(facts)}`),
    `a step      ${operations(perStep)}, backward as two forward passes`,
    `memory      about ${shownBytes(memory.total)}: ${bytes.join(', ')}`,
    `            activations of ${whole(Number(config.batch))} images by those of ${measuredAt.join(' and ')}; without what backward needs in passing`,
    'Nothing was written.',
  ];
}

function network({ parameters, encoderParameters, perImage }: NetworkFacts): string {
  return `${whole(parameters)} parameters, ${whole(encoderParameters)} in the encoder; an image through it ${operations(perImage)}`;
}

/** FLOPs are multiply-adds. */
function operations(count: Operations): string {
  const { macs, binaryMacs } = count;
  if (binaryMacs === 0) return `${short(macs)} FLOPs`;
  return `${short(macs)} FLOPs + ${short(binaryMacs)} binary = ${short(effectiveOperations(count))} OPs`;
}

function whole(n: number): string {
  return n.toLocaleString('en');
}

/** `1.23 G` */
function short(n: number): string {
  const power = Math.min(Math.max(Math.floor(Math.log10(Math.max(n, 1)) / 3), 0), 5);
  return `${Number((n / 1000 ** power).toPrecision(3))} ${['', 'k', 'M', 'G', 'T', 'P'][power]}`.trimEnd();
}
