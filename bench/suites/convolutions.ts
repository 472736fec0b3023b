import { conv2d, conv2dWinograd, grad, manualSeed, randn, scope, type Tensor } from 'tandem-torch';
import { interleave } from '../harness/interleave.js';
import { digits } from '../harness/print.js';
import type { Context, Outcome, Suite } from '../harness/suite.js';

/**
 * Batch, channels and side of 3x3 convolutions: those of ResNet-18 on 32 and on 224 pixels, and
 * some around the least for which Winograd's method is taken.
 */
const shapes = [
  [256, 64, 32],
  [256, 32, 32],
  [256, 16, 32],
  [256, 128, 16],
  [256, 256, 8],
  [256, 512, 4],
  [64, 128, 28],
  [64, 256, 14],
  [64, 512, 7],
  [64, 512, 4],
  [32, 256, 4],
  [16, 256, 8],
  [64, 128, 8],
  [64, 64, 8],
  [8, 64, 56],
  [256, 128, 6],
  [256, 128, 5],
  [256, 512, 2],
] as const;

type Convolution = (x: Tensor, weight: Tensor) => Tensor;

const definition: Convolution = (x, weight) => conv2d(x, weight, { padding: 1 });

/** Both ways to a wide 3x3 convolution, forward and backward pass, in channels-last float32. */
export const convolutions: Suite = {
  what: "3x3 convolutions by Winograd's method against libtorch's own",
  async run({ short, say }: Context): Promise<Outcome> {
    const found = [];
    for (const [n, channels, side] of short ? ([[8, 16, 4]] as const) : shapes) {
      say(`${n} images of ${side}x${side}, ${channels} channels`);
      found.push({ n, channels, side, ...(await measure(n, channels, side, short)) });
    }
    const rows = found.map(({ n, channels, side, ours, theirs, ratio, errors }) => [
      `${n} x ${channels} x ${side} x ${side}`,
      digits((theirs?.median ?? 0) * 1000),
      digits(ours.median * 1000),
      digits(ratio?.median ?? 0),
      (ratio?.quartiles ?? []).map(digits).join(' to '),
      ...errors.map((all) => all.map((error) => error.toExponential(1)).join(' ')),
    ]);
    const head = [
      'images',
      'definition, ms',
      'Winograd, ms',
      'ratio',
      'quartiles',
      'error of the definition',
      'of Winograd',
    ];
    return {
      tables: [
        {
          title:
            '3x3 convolutions, forward and backward pass; relative errors of result, input and kernel gradient against float64',
          head,
          rows,
        },
      ],
      goals: [],
      results: { convolutions: found },
    };
  },
};

/** The result, and the gradients of input and kernel. */
function passes(convolution: Convolution, tensors: readonly Tensor[]): Tensor[] {
  const [x, weight, direction] = tensors.map((tensor) => tensor.detach()) as [Tensor, Tensor, Tensor];
  for (const leaf of [x, weight]) leaf.requiresGrad = true;
  const y = convolution(x, weight);
  return [y, ...(grad([y], [x, weight], { gradOutputs: [direction] }) as Tensor[])];
}

function distance(value: Tensor, exact: Tensor): number {
  return value.to('float64').sub(exact).norm().item() / exact.norm().item();
}

async function measure(n: number, channels: number, side: number, short: boolean) {
  manualSeed(0);
  const format = { memoryFormat: 'channelsLast' } as const;
  const [x, weight, direction] = [
    [n, channels, side, side],
    [channels, channels, 3, 3],
    [n, channels, side, side],
  ].map((shape) => scope(() => randn(shape).to(format))) as [Tensor, Tensor, Tensor];
  const errors = [definition, conv2dWinograd].map((convolution) =>
    scope(() => {
      const some = [x.narrow(0, 0, Math.min(n, 8)), weight, direction.narrow(0, 0, Math.min(n, 8))] as const;
      const exact = passes(
        definition,
        some.map((tensor) => tensor.to('float64')),
      );
      return passes(convolution, some).map((value, i) => distance(value, exact[i] as Tensor));
    }),
  );
  for (const leaf of [x, weight]) leaf.requiresGrad = true;
  const seconds = (convolution: Convolution) => () =>
    scope(() => {
      const begun = performance.now();
      grad([convolution(x, weight)], [x, weight], { gradOutputs: [direction] });
      return (performance.now() - begun) / 1000;
    });
  const [ours, theirs] = [seconds(conv2dWinograd), seconds(definition)];
  for (const block of [ours, theirs]) block();
  const compared = await interleave(
    ours,
    theirs,
    short ? { least: 1, most: 1, seconds: 0 } : { least: 5, most: 15, seconds: 3 },
  );
  for (const tensor of [x, weight, direction]) tensor.dispose();
  return { ...compared, errors };
}
