import { arange, autocast, manualSeed, nn, noGrad, optim, randn, scope, type Tensor } from 'tandem-torch';
import { buildEncoder } from 'tandem-vision';
import { compare, takeTurns } from '../harness/interleave.js';
import type { Peer } from '../harness/peer.js';
import { digits } from '../harness/print.js';
import type { Context, Goal, Outcome, Suite } from '../harness/suite.js';

const shape = { width: 384, heads: 6, depth: 12, patch: 16, size: 224 };
const little = { width: 32, heads: 2, depth: 2, patch: 16, size: 32 };
const classes = 1000;

/** Steps of ViT-S/16 with a classifier: forward and backward pass, AdamW. */
export const vit: Suite = {
  what: 'training steps of ViT-S/16 on 224 pixels, batch 32, against PyTorch, plain and compiled',
  async run({ settings, short, startPeer, say }: Context): Promise<Outcome> {
    const form = short ? little : shape;
    const batch = short ? 4 : 32;
    const found = [];
    for (const precision of ['float32', 'bfloat16'] as const) {
      const ours = trainer(form, batch, precision === 'bfloat16');
      const sides: { name: string; peer: Peer }[] = [];
      for (const name of ['plain', 'compiled']) {
        const peer = await startPeer('vit');
        if (!peer) continue;
        say(`${precision}, ${name}: the first step`);
        const given = {
          shape: form,
          classes,
          batch,
          compiled: name === 'compiled',
          bfloat16: precision === 'bfloat16',
        };
        assertAlike(ours.first, await peer.ask<number>('prepare', given), precision);
        await peer.ask('train', { steps: 1 });
        sides.push({ name, peer });
      }
      ours.step();
      say(`${precision}: steps by turns`);
      const blocks = [
        ours.step,
        ...sides.map(
          ({ peer }) =>
            () =>
              peer.ask<number>('train', { steps: 1 }),
        ),
      ];
      const rounds = short ? 1 : Math.max(5, settings.rounds);
      const [own = [], ...theirs] = await takeTurns(blocks, { least: rounds, most: rounds, seconds: 0 });
      ours.end();
      for (const { peer } of sides) await peer.close();
      found.push(...sides.map(({ name }, i) => ({ precision, name, ...compare(own, theirs[i] ?? []) })));
      if (sides.length === 0) found.push({ precision, name: 'no peer', ...compare(own, []) });
    }
    const rows = found.map(({ precision, name, ours, theirs, ratio }) => [
      precision,
      name,
      digits(batch / ours.median),
      theirs ? digits(batch / theirs.median) : '',
      digits(ratio?.median ?? 0),
      (ratio?.quartiles ?? []).map(digits).join(' to '),
    ]);
    const head = ['precision', 'PyTorch', 'ours, images/s', 'theirs', 'ratio', 'quartiles'];
    const title = `Steps of a ViT of ${form.depth} blocks of ${form.width}, ${form.size} pixels in patches of ${form.patch}, batch ${batch}`;
    const goals = found.flatMap(({ precision, name, ratio }): Goal[] =>
      ratio ? [{ name: `ViT-S/16 step, ${precision}, against ${name}`, measured: ratio.median, atLeast: 1.1 }] : [],
    );
    return { tables: [{ title, head, rows }], goals, results: { shape: form, batch, classes, found } };
  },
};

interface OwnTrainer {
  /** The loss of the first step. */
  readonly first: number;
  /** Takes a step. @returns its seconds */
  step(): number;
  end(): void;
}

/** Weights and images are drawn as bench/peers/vit.py draws them. */
function trainer(form: typeof shape, batch: number, isHalf: boolean): OwnTrainer {
  const encoder = buildEncoder({ backbone: 'vit-small', channels: 3, ...form });
  const head = new nn.Linear(form.width, classes);
  manualSeed(0);
  const parameters = [...named('encoder', encoder), ...named('head', head)].sort(([a], [b]) => (a < b ? -1 : 1));
  noGrad(() => {
    for (const [name, x] of parameters) {
      x.normal_({ std: 0.02 });
      if (name.includes('.norm') && name.endsWith('weight')) x.add_(1);
    }
  });
  const images = randn([batch, 3, form.size, form.size]).keep();
  const labels = arange(batch, { dtype: 'int64' }).remainder(classes).keep();
  const optimizer = new optim.AdamW(
    parameters.map(([, x]) => x),
    { lr: 1e-4, weightDecay: 0.05 },
  );
  const forward = () => head.forward(encoder.forward(images)).crossEntropyLoss(labels);
  const take = () =>
    scope(() => {
      const loss = isHalf ? autocast({ device: 'cpu', dtype: 'bfloat16' }, forward) : forward();
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return loss.item();
    });
  const first = take();
  return {
    first,
    step() {
      const begun = performance.now();
      take();
      return (performance.now() - begun) / 1000;
    },
    end() {
      for (const x of [images, labels]) x.dispose();
      for (const one of [encoder, head, optimizer]) one.dispose();
    },
  };
}

function named(prefix: string, module: nn.Module): [string, Tensor][] {
  return module.namedParameters().map(([name, x]) => [`${prefix}.${name}`, x]);
}

/** The same network: sums alone may be rounded otherwise. */
function assertAlike(ours: number, theirs: number, precision: 'float32' | 'bfloat16'): void {
  const most = precision === 'float32' ? 1e-4 : 1e-2;
  if (!(Math.abs(ours - theirs) <= most * Math.abs(theirs))) {
    throw new Error(`the first loss is ${ours} here and ${theirs} in PyTorch`);
  }
}
