import { methods } from 'tandem-vision';
import { type Cifar, withCifar } from '../../harness/cifar.js';
import { inFreshProcess } from '../../harness/fresh.js';
import { measureLimits } from '../../harness/limits.js';
import type { Peer } from '../../harness/peer.js';
import { secondsToFirstStep } from '../../harness/startup.js';
import { type Summary, summarise } from '../../harness/statistics.js';
import type { Context, Suite } from '../../harness/suite.js';
import { tryTrainer } from '../../harness/trainer.js';
import { type Measured, measureMethod, type Peers, type Prepared } from './method.js';
import { costTable, goalsOf, type Peak, phaseTable, rateTable, ratioTable } from './tables.js';

/** Training as users have it, against the machine and against PyTorch. */
export const train: Suite = {
  what: 'training, images to update: all methods, the limit, PyTorch as published and tuned, start-up, peak memory',
  async run(context) {
    const { settings, short, machine, say } = context;
    const size = { batch: settings.batch, width: settings.width };
    const { limits, ...limit } = measureLimits(context, size);
    return withCifar(context, async (cifar) => {
      const peers: Peers = {
        tuned: await context.startPeer('train'),
        published: await context.startPeer('train', { allocator: 'default' }),
      };
      const bfloat16 = machine.bfloat16InHardware;
      const formats = peers.tuned && (await measureFormats(peers.tuned, context));
      const channelsLast = formats !== null && formats.channelsLast.median < formats.contiguous.median;
      const found: Measured[] = [];
      for (const method of settings.methods ?? Object.keys(methods)) {
        say(`training steps of ${method}`);
        const trainer = tryTrainer({ method, ...size }, cifar.images, say);
        if (trainer)
          found.push(await measureMethod(method, trainer, cifar, peers, { ...size, channelsLast, bfloat16 }, context));
      }
      say('start-up and peak memory');
      const startUp = await measureStartUp(cifar, context);
      const peak = await measurePeak(cifar, peers, { ...size, channelsLast, bfloat16 }, context);
      const peer = {
        precision: bfloat16 ? 'bfloat16' : 'float32',
        tunedFormat: channelsLast ? 'channelsLast' : 'contiguous',
        formats,
      };
      const rate = (one: Measured) => limits[one.precision].training;
      const note = `ResNet-18, width ${size.width}, batch ${size.batch}, 3x32x32, ${machine.threads} threads; ours ${found[0]?.precision} ${found[0]?.memoryFormat}, tuned ${peer.precision} ${peer.tunedFormat}, published float32 contiguous`;
      return {
        tables: [
          ...limit.tables,
          rateTable(found, size.batch, rate, note),
          ratioTable(found, size.batch),
          phaseTable(found),
          costTable(startUp, peak),
        ],
        goals: short ? [] : goalsOf(found, rate, startUp, peak),
        results: {
          ...size,
          images: settings.dataRoot ? 'CIFAR-10' : 'noise',
          peer,
          ...limit.results,
          methods: found,
          startUp,
          peak,
        },
      };
    });
  },
};

/** Steps of the tuned peer in both memory formats. */
async function measureFormats(
  tuned: Peer,
  { settings: { width, batch, rounds }, machine, say }: Context,
): Promise<Record<'contiguous' | 'channelsLast', Summary>> {
  say('memory format of the tuned peer');
  const asked = { method: 'simclr', width, batch, bfloat16: machine.bfloat16InHardware, rounds };
  const { contiguous, channelsLast } = await tuned.ask<Record<'contiguous' | 'channelsLast', number[]>>(
    'formats',
    asked,
  );
  return { contiguous: summarise(contiguous), channelsLast: summarise(channelsLast) };
}

async function measureStartUp({ root }: Cifar, { settings, short }: Context): Promise<Summary> {
  const seconds: number[] = [];
  for (let i = 0; i < (short ? 1 : 5); i++)
    seconds.push(await secondsToFirstStep({ method: 'clbo', ...settings }, root));
  return summarise(seconds);
}

async function measurePeak(
  { root, folder }: Cifar,
  peers: Peers,
  prepared: Prepared,
  { startPeer }: Context,
): Promise<Peak> {
  const { batch, width } = prepared;
  const { peakMiB } = await inFreshProcess({ dataRoot: root, steps: 2, config: { method: 'clbo', batch, width } });
  const peer = peers.tuned && (await startPeer('train'));
  if (!peer) return { ours: peakMiB };
  await peer.ask('prepare', { ...prepared, method: 'clbo', data: folder, tuned: true });
  await peer.ask('train', { steps: 2 });
  return { ours: peakMiB, tuned: await peer.ask<number>('peak') };
}
