import { conv2d, type DType, noGrad, randn, scope, type Tensor } from 'tandem-torch';
import { digits } from './print.js';
import { type Summary, summarise } from './statistics.js';
import type { Context, Outcome } from './suite.js';

const n = 2048;

/**
 * The 3x3 convolutions at stride 1 in the four stages of ResNet-18 on 32 pixels: how many there
 * are, channels over the width, and side.
 */
const stages = [
  { count: 4, times: 1, side: 32 },
  { count: 3, times: 2, side: 16 },
  { count: 3, times: 4, side: 8 },
  { count: 3, times: 8, side: 4 },
] as const;

const formats = ['contiguous', 'channelsLast'] as const;

type Format = (typeof formats)[number];

/** Operations a second of one data type. */
export interface Rates {
  readonly matrix: number;
  /** Of all convolutions of the network together, in the memory format that is faster for each. */
  readonly forward: number;
  readonly backward: number;
  /** A forward and a backward pass: the rate against which training is held. */
  readonly training: number;
}

export type Limits = Readonly<Record<'float32' | 'bfloat16', Rates>>;

/**
 * What this machine does of libtorch's own operators: the scale for all other numbers. Fewer
 * multiplications for the same result may go beyond it.
 */
export function measureLimits(
  { short, machine, say }: Context,
  size: { readonly batch: number; readonly width: number },
): Outcome & { readonly limits: Limits } {
  const seconds = short ? 0 : 1;
  const measure = (dtype: DType): Rates => {
    say(`limits of the machine, ${dtype}`);
    // slow, and alike for fewer images
    const emulated = dtype === 'bfloat16' && !machine.bfloat16InHardware;
    const shape = emulated ? { ...size, batch: Math.ceil(size.batch / 8) } : size;
    const matrix = measureMatrix(dtype, short ? 256 : n, seconds);
    const found = stages.map((stage) =>
      fastest(formats.map((format) => measureStage(stage, dtype, format, shape, seconds))),
    );
    const of = (part: (of: Passes) => number, passes: number) =>
      (passes * sum(found, ({ operations }) => operations)) / sum(found, part);
    return {
      matrix,
      forward: of(({ forward }) => forward, 1),
      backward: of(({ backward }) => backward, 2),
      training: of(({ forward, backward }) => forward + backward, 3),
    };
  };
  const limits: Limits = { float32: measure('float32'), bfloat16: measure('bfloat16') };
  const rows = Object.entries(limits).map(([dtype, { matrix, forward, backward, training }]) => [
    dtype,
    ...[matrix, forward, backward, training].map((rate) => digits(rate / 1e9)),
  ]);
  const bfloat16 = machine.bfloat16InHardware
    ? ''
    : ' (bfloat16 is not in this hardware: emulated, an eighth of the batch)';
  const title = `Limits of the machine, GFLOP/s, ${machine.threads} threads; 3x3 convolutions of ResNet-18, width ${size.width}, batch ${size.batch}${bfloat16}`;
  const head = ['dtype', 'matrix product', 'convolution forward', 'backward', 'both'];
  return { tables: [{ title, head, rows }], goals: [], results: { limits: { ...size, ...limits } }, limits };
}

/** Seconds of all convolutions of a stage. */
interface Passes {
  readonly operations: number;
  readonly forward: number;
  readonly backward: number;
}

function measureStage(
  { count, times, side }: (typeof stages)[number],
  dtype: DType,
  memoryFormat: Format,
  { batch, width }: { batch: number; width: number },
  seconds: number,
): Passes {
  const channels = times * width;
  return scope(() => {
    const leaf = (shape: number[]): Tensor => {
      const x = noGrad(() => scope(() => randn(shape).to(dtype).to({ memoryFormat })));
      x.requiresGrad = true;
      return x;
    };
    const [x, kernel] = [leaf([batch, channels, side, side]), leaf([channels, channels, 3, 3])];
    const gradient = noGrad(() => scope(() => randn(x.shape).to(dtype).to({ memoryFormat })));
    const backward: number[] = [];
    const forward = repeat(seconds, () =>
      scope(() => {
        const begun = performance.now();
        const y = conv2d(x, kernel, { padding: 1 });
        const between = performance.now();
        y.backward(gradient);
        backward.push((performance.now() - between) / 1000);
        x.grad = null;
        kernel.grad = null;
        return (between - begun) / 1000;
      }),
    );
    const operations = count * 2 * 9 * batch * channels ** 2 * side ** 2;
    return { operations, forward: count * forward.median, backward: count * summarise(backward.slice(1)).median };
  });
}

function fastest(found: readonly Passes[]): Passes {
  const whole = ({ forward, backward }: Passes) => forward + backward;
  return found.reduce((best, one) => (whole(one) < whole(best) ? one : best));
}

function measureMatrix(dtype: DType, side: number, seconds: number): number {
  return scope(() =>
    noGrad(() => {
      const [a, b] = [randn([side, side]).to(dtype), randn([side, side]).to(dtype)];
      const once = () => {
        const begun = performance.now();
        scope(() => void a.mm(b));
        return (performance.now() - begun) / 1000;
      };
      return (2 * side ** 3) / repeat(seconds, once).median;
    }),
  );
}

/** After one time that prepares, two times or more until the seconds are over. */
function repeat(seconds: number, once: () => number): Summary {
  once();
  const taken: number[] = [];
  const end = performance.now() + seconds * 1000;
  while (taken.length < 2 || performance.now() < end) taken.push(once());
  return summarise(taken);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
