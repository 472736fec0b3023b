import { withCifar } from '../harness/cifar.js';
import { interleave } from '../harness/interleave.js';
import type { Peer } from '../harness/peer.js';
import { digits } from '../harness/print.js';
import { summarise } from '../harness/statistics.js';
import type { Context, Outcome, Suite } from '../harness/suite.js';

/**
 * What keeping freed memory is worth: the tuned PyTorch loop with the engine's allocator settings
 * and with the C library's own, by turns.
 */
export const allocator: Suite = {
  what: "training in PyTorch with the engine's allocator settings against the C library's",
  async run(context: Context): Promise<Outcome> {
    const { settings, short, say } = context;
    const { batch, width, rounds } = settings;
    const [kept, given] = [
      await context.startPeer('train'),
      await context.startPeer('train', { allocator: 'default' }),
    ];
    if (!kept || !given) return { tables: [], goals: [], results: {} };
    return withCifar(context, async ({ folder }) => {
      const faults = { kept: [] as number[], given: [] as number[] };
      const block = (peer: Peer, met: number[]) => async () => {
        const { seconds, pageFaults } = await peer.ask<{ seconds: number; pageFaults: number }>('train', { steps: 1 });
        met.push(pageFaults);
        return seconds;
      };
      const blocks = [block(kept, faults.kept), block(given, faults.given)] as const;
      say(`steps of SimCLR, width ${width}, batch ${batch}`);
      for (const [i, peer] of [kept, given].entries()) {
        const how = { tuned: true, channelsLast: true, bfloat16: false };
        await peer.ask('prepare', { method: 'simclr', data: folder, batch, width, ...how });
        await blocks[i]?.();
      }
      for (const met of Object.values(faults)) met.pop();
      const least = short ? 1 : rounds;
      const { ours, theirs, ratio } = await interleave(...blocks, { least, most: least, seconds: 0 });
      const row = (name: string, seconds: number, met: number[]) => [
        name,
        digits(seconds),
        digits(summarise(met).median),
      ];
      const rows = [
        row('kept, as the engine asks', ours.median, faults.kept),
        row("given back, the C library's own way", theirs?.median ?? 0, faults.given),
      ];
      const quartiles = ratio?.quartiles.map(digits).join(' to ');
      const title = `A step of SimCLR in PyTorch (tuned, float32, channels-last, width ${width}, batch ${batch}): memory kept is ${digits(ratio?.median ?? 0)} times as fast (${quartiles}, ${least} rounds)`;
      return {
        tables: [{ title, head: ['freed memory', 'seconds', 'page faults a step'], rows }],
        goals: [],
        results: { batch, width, kept: ours, given: theirs, ratio, faults },
      };
    });
  },
};
