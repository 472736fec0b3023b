import { crossEntropyLoss, liveCount, manualSeed, nn, optim, randint, randn, scope } from 'tandem-torch';
import { buildEncoder } from 'tandem-vision';
import { digits } from '../harness/print.js';
import { slope } from '../harness/statistics.js';
import type { Context, Outcome, Suite } from '../harness/suite.js';

const side = 16;
const batch = 8;
const width = 8;

/** Whether many training steps leave anything behind. */
export const memory: Suite = {
  what: 'resident memory and live tensors over many small training steps',
  async run({ short, say }: Context): Promise<Outcome> {
    // The allocator and V8 settle in the first thousand steps; what grows after them would never
    // stop.
    const [warmUp, steps, every] = short ? [10, 60, 10] : [1000, 2000, 50];
    say(`${warmUp} steps to warm up and ${steps} measured`);
    const step = makeStep();
    const points: { step: number; residentMiB: number; liveTensors: number }[] = [];
    for (let i = -warmUp; i <= steps; i++) {
      if (i >= 0 && i % every === 0) {
        points.push({ step: i, residentMiB: process.memoryUsage.rss() / 2 ** 20, liveTensors: liveCount() });
      }
      step();
    }
    const [start, end] = [points[0], points.at(-1)] as [(typeof points)[0], (typeof points)[0]];
    const bytesPerStep = slope(points.map((point) => [point.step, point.residentMiB])) * 2 ** 20;
    const tensors = Math.max(...points.map(({ liveTensors }) => Math.abs(liveTensors - start.liveTensors)));
    const title = `Memory over ${steps} training steps of ResNet-18, width ${width}, batch ${batch}, 3x${side}x${side}`;
    const head = ['', 'start', 'end', 'slope'];
    const rows = [
      [
        'resident MiB',
        start.residentMiB.toFixed(1),
        end.residentMiB.toFixed(1),
        `${digits(bytesPerStep)} bytes a step`,
      ],
      ['live tensors', String(start.liveTensors), String(end.liveTensors), `${tensors} at most off the start`],
    ];
    return {
      tables: [{ title, head, rows }],
      goals: [
        { name: 'live tensors off the start', measured: tensors, atMost: 0 },
        // 2,000 steps of a leak of one small tensor each would show as more.
        { name: 'growth of resident memory, bytes a step', measured: bytesPerStep, atMost: 1024 },
      ],
      results: { steps, bytesPerStep, points },
    };
  },
};

function makeStep(): () => void {
  manualSeed(0);
  const encoder = buildEncoder({ backbone: 'resnet18', width, stem: 'small', channels: 3 });
  const classifier = new nn.Linear(encoder.featureWidth, 10);
  const parameters = [...encoder.parameters(), ...classifier.parameters()];
  const sgd = new optim.SGD(parameters, { lr: 0.01, momentum: 0.9, weightDecay: 5e-4 });
  return () =>
    scope(() => {
      const labels = randint(10, [batch], { dtype: 'int64' });
      const loss = crossEntropyLoss(classifier.forward(encoder.forward(randn([batch, 3, side, side]))), labels);
      sgd.zeroGrad();
      loss.backward();
      sgd.step();
    });
}
