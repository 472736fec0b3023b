import { assertAlike } from '../../harness/alike.js';
import type { Cifar } from '../../harness/cifar.js';
import { type Comparison, compare, takeTurns } from '../../harness/interleave.js';
import type { Peer } from '../../harness/peer.js';
import { type Summary, summarise } from '../../harness/statistics.js';
import { type Phases, phases } from '../../harness/stopwatch.js';
import type { Context } from '../../harness/suite.js';
import { operationsOfStep, type Step, type Trainer } from '../../harness/trainer.js';

/** Those that bench/peers/methods has too. */
export const compared = ['simclr', 'moco', 'byol', 'simsiam', 'moby', 'barlow-twins', 'vicreg', 'clbo'];

/** What bench/peers/train.py tells of a block, for each step. */
interface PeerStep {
  readonly seconds: number;
  readonly views: number;
  readonly pageFaults: number;
}

/** The two ways in which the peer does the same. */
export type Peers = Readonly<Record<'tuned' | 'published', Peer | null>>;

/** What else a peer gets; memory format and precision concern the tuned one. */
export interface Prepared {
  readonly batch: number;
  readonly width: number;
  readonly channelsLast: boolean;
  readonly bfloat16: boolean;
}

/** One method's numbers. */
export interface Measured {
  readonly method: string;
  readonly precision: 'float32' | 'bfloat16';
  readonly memoryFormat: string;
  readonly operationsPerStep: number;
  readonly secondsPerStep: Summary;
  readonly stepWithoutViews: Summary;
  readonly phases: Phases;
  readonly pageFaultsPerStep: number;
  readonly tuned?: Against;
  readonly published?: Against;
}

/** A peer's seconds for each step, and how many times faster ours is. */
interface Against {
  readonly compared: Comparison;
  readonly stepWithoutViews: Summary;
  readonly pageFaultsPerStep: number;
}

/** Blocks of one step of ours and of both peers by turns. */
export async function measureMethod(
  method: string,
  trainer: Trainer,
  { root, folder }: Cifar,
  peers: Peers,
  prepared: Prepared,
  { settings, short }: Context,
): Promise<Measured> {
  const { batch, width } = prepared;
  const operationsPerStep = await operationsOfStep({ method, batch, width }, root);
  const sides = compared.includes(method)
    ? Object.entries(peers).flatMap(([name, peer]) => (peer ? { name, peer } : []))
    : [];
  for (const { name, peer } of sides) {
    await assertAlike(method, peer, name === 'tuned');
    const how = name === 'tuned' ? { tuned: true } : { tuned: false, channelsLast: false, bfloat16: false };
    await peer.ask('prepare', { ...prepared, ...how, method, data: folder });
  }
  const ours: Step[] = [];
  const theirs = sides.map(({ name, peer }) => ({ name, peer, steps: [] as PeerStep[] }));
  const blocks = [
    async () => keep(await trainer.step(), ours),
    ...theirs.map(
      ({ peer, steps }) =>
        async () =>
          keep(await peer.ask<PeerStep>('train', { steps: 1 }), steps),
    ),
  ];
  const rounds = short ? 1 : sides.length > 0 ? settings.rounds : Math.max(1, Math.floor(settings.rounds / 2));
  for (const block of blocks) await block();
  // the first allocates, and prepares kernels
  for (const steps of [ours, ...theirs.map((side) => side.steps)]) steps.pop();
  await takeTurns(blocks, { least: rounds, most: rounds, seconds: 0 });
  await trainer.end();
  for (const { peer } of theirs) await peer.ask('release');
  const { precision, memoryFormat } = trainer.plan;
  return {
    method,
    precision,
    memoryFormat,
    operationsPerStep,
    secondsPerStep: summaryOf(ours, ({ seconds }) => seconds),
    stepWithoutViews: summaryOf(ours, (step) => step.seconds - step.phases.views),
    phases: Object.fromEntries(phases.map((phase) => [phase, mean(ours.map((step) => step.phases[phase]))])) as Phases,
    pageFaultsPerStep: summaryOf(ours, ({ pageFaults }) => pageFaults).median,
    ...Object.fromEntries(theirs.map(({ name, steps }) => [name, against(ours, steps)])),
  };
}

function against(ours: readonly Step[], theirs: readonly PeerStep[]): Against {
  const seconds = (steps: readonly { readonly seconds: number }[]) => steps.map((step) => step.seconds);
  return {
    compared: compare(seconds(ours), seconds(theirs)),
    stepWithoutViews: summaryOf(theirs, (step) => step.seconds - step.views),
    pageFaultsPerStep: summaryOf(theirs, ({ pageFaults }) => pageFaults).median,
  };
}

function keep<S extends { readonly seconds: number }>(step: S, kept: S[]): number {
  kept.push(step);
  return step.seconds;
}

function summaryOf<S>(steps: readonly S[], of: (step: S) => number): Summary {
  return summarise(steps.map(of));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
