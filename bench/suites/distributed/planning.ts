import type { Table } from '../../harness/suite.js';
import type { Traffic } from './traffic.js';

/** Processes, and the network between them. */
export interface Cluster {
  readonly name: string;
  readonly processes: number;
  /** Of the narrowest link that a ring through all processes takes, bits a second each way. */
  readonly bits: number;
  /** That a collective takes at least, in seconds. */
  readonly latency: number;
}

/** A step of one process by itself. */
export interface PlannedStep {
  readonly seconds: number;
  /** Images of one process. */
  readonly images: number;
  /** Of the step's time, that of its backward pass. */
  readonly backwardShare: number;
  /** Bytes of a number of a gradient on the wire: 4, or 2 as bfloat16. */
  readonly gradientBytes: 4 | 2;
}

/** Bytes that one process sends in a step: a ring for sums (2 (W - 1) / W of them) and gathers. */
export interface Sent {
  readonly gradient: number;
  /** Rows gathered, and their gradients back. */
  readonly rows: number;
  readonly norms: number;
}

/** What a step of many processes comes to. */
export interface Plan extends Sent {
  /** Of the time that gradients are on their way, that in which the backward pass goes on. */
  readonly overlaps: number;
  /** Of the images a second of so many processes without each other. */
  readonly efficiency: number;
}

/** The last bucket is laid out to be no larger: it has no backward pass to hide behind. */
const lastBucket = 2 ** 20;

/** @param images of one process */
export function sentBy({ gradient, gathered, returned, means, sums }: Traffic, W: number, images: number): Sent {
  const ring = (W - 1) / W;
  return {
    gradient: 2 * ring * gradient,
    rows: ring * W * images * (gathered + 2 * returned),
    norms: (W - 1) * means + 2 * ring * sums,
  };
}

/** Of the parts that a step waits for: norms and rows wholly, gradients where none can hide. */
export function planOf(traffic: Traffic, { processes, bits, latency }: Cluster, step: PlannedStep): Plan {
  const half = step.gradientBytes / 4;
  const whole = sentBy(traffic, processes, step.images);
  const sent = { ...whole, gradient: half * whole.gradient };
  const seconds = (bytes: number) => (8 * bytes) / bits;
  const gradients = seconds(sent.gradient);
  const last = Math.min(gradients, seconds(half * 2 * lastBucket) + latency);
  const exposed = Math.max(last, gradients - step.backwardShare * step.seconds);
  const waits = seconds(sent.rows + sent.norms) + traffic.calls * latency + exposed;
  return { ...sent, overlaps: 1 - exposed / gradients, efficiency: step.seconds / (step.seconds + waits) };
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

/** What a process sends in a step, by method and number of processes. */
export function wireTable(all: readonly Traffic[], counts: readonly number[], images: number): Table {
  return {
    title: `MB that one process sends in a step, ${images} images each: gradients + rows + norms`,
    head: ['', ...counts.map((W) => `W = ${W}`), 'collectives that are waited for'],
    rows: all.map((traffic) => [
      traffic.method,
      ...counts.map((W) => {
        const { gradient, rows, norms } = sentBy(traffic, W, images);
        return [gradient, rows, norms].map(megabytes).join(' + ');
      }),
      String(traffic.calls),
    ]),
  };
}

/** Overlap and efficiency, by method and cluster. */
export function planTable(
  title: string,
  all: readonly Traffic[],
  clusters: readonly Cluster[],
  step: PlannedStep,
): Table {
  return {
    title,
    head: ['', ...clusters.map(({ name }) => name)],
    rows: all.map((traffic) => [
      traffic.method,
      ...clusters.map((cluster) => {
        const { overlaps, efficiency } = planOf(traffic, cluster, step);
        return `${percent(overlaps)}, ${percent(efficiency)}`;
      }),
    ]),
  };
}
