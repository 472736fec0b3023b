import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { crossEntropyLoss, grad, gradEnabled, liveCount, manualSeed, nn, scope, Tensor, tensor } from 'tandem-torch';
import {
  accuracy,
  type LabelledSet,
  linearFeaturesDefaults,
  linearOnFeatures,
  linearOnViews,
  linearViewsDefaults,
  type ProbeContext,
} from '../../../src/evaluate/index.js';
import { HeadAdam, HeadSgd } from '../../../src/evaluate/linear/head-optimizers.js';
import { LinearHeads } from '../../../src/evaluate/linear/heads.js';
import { limit } from '../../../src/images/index.js';
import type { Encoder } from '../../../src/networks/index.js';
import { smallView } from '../../../src/views/index.js';
import { assertClose, elements, hash, normal, TinyEncoder } from '../../support.js';
import { pixelFeatures, queries, reference, train, view } from '../blobs.js';

/** The pixels themselves, so that both protocols see fixed features. */
class Pixels extends nn.Module implements Encoder {
  readonly featureWidth = 64;
  forwards = 0;

  forward(x: Tensor): Tensor {
    this.forwards += x.shape[0] as number;
    return x.flatten({ startDim: 1 });
  }
}

const context: ProbeContext = { trainingView: view, view, device: 'cpu' };
const first = ({ ranked, best }: { ranked: Int32Array; best: number }) => ranked.filter((_, i) => i % best === 0);
const within = (found: number, wanted: number) =>
  assert.ok(Math.abs(found - wanted) <= 0.005, `${found} against ${wanted}`);

describe('heads side by side', () => {
  test("each has autograd's gradient of its own mean cross-entropy", () =>
    scope(() => {
      const heads = new LinearHeads(3, 4, 5, 'cpu');
      const [x, labels] = [normal([7, 5], 1, 'float32'), tensor(BigInt64Array.from([0, 1, 2, 3, 0, 0, 2], BigInt))];
      heads.weight.copy_(normal([3, 4, 5], 2, 'float32'));
      heads.bias.copy_(normal([3, 4], 3, 'float32'));
      const found = heads.gradients(x, labels);
      for (const head of [0, 1, 2]) {
        const [w, b] = [heads.weight, heads.bias].map((all) => all.select(0, head).clone()) as [Tensor, Tensor];
        w.requiresGrad = true;
        b.requiresGrad = true;
        const loss = crossEntropyLoss(x.mm(w.t()).add(b), labels);
        const [gw, gb] = grad(loss, [w, b]) as [Tensor, Tensor];
        assertClose(found.weight.select(0, head), gw, { rtol: 1e-4, atol: 1e-6 });
        assertClose(found.bias.select(0, head), gb, { rtol: 1e-4, atol: 1e-6 });
      }
      heads.dispose();
    }));
});

describe('what a probe trains', () => {
  test('weight and bias of every head, which begin at zero, and nothing else', () =>
    scope(() => {
      const labels = tensor(BigInt64Array.from([0, 1, 2, 3, 0, 0, 2], BigInt));
      const x = normal([7, 5], 1, 'float32');
      for (const make of [
        (heads: LinearHeads) => new HeadSgd(heads, { rates: [0.1, 1, 10], momentum: 0.9, weightDecay: 0.1 }),
        (heads: LinearHeads) => new HeadAdam(heads, 0.1),
      ]) {
        const heads = new LinearHeads(3, 4, 5, 'cpu');
        const tensors = Object.entries(heads).filter(([, value]) => value instanceof Tensor) as [string, Tensor][];
        assert.deepEqual(
          tensors.map(([name, { shape }]) => [name, [...shape]]),
          [
            ['weight', [3, 4, 5]],
            ['bias', [3, 4]],
          ],
        );
        const inputs = hash([x, labels]);
        make(heads).step(x, labels, 1);
        assert.equal(hash([x, labels]), inputs);
        for (const [name, learned] of tensors)
          assert.ok(
            elements(learned).every((value) => value !== 0),
            name,
          );
      }
    }));

  test('the encoder is in evaluation mode and unrecorded whenever it is asked, and no gradient reaches it', () => {
    const asked: [training: boolean, recorded: boolean][] = [];
    class Watched extends TinyEncoder {
      override forward(x: Tensor): Tensor {
        asked.push([this.bn.training, gradEnabled()]);
        return super.forward(x);
      }
    }
    const encoder = new Watched(64, 12);
    const state = hash(Object.values(encoder.stateDict()));
    const few = limit(train, 100) as LabelledSet;
    linearOnViews(encoder, few, few, { ...linearViewsDefaults, epochs: 1, batch: 50 }, context);
    assert.equal(asked.length, 4);
    assert.ok(asked.every(([training, recorded]) => !training && !recorded));
    assert.ok(encoder.parameters().every(({ requiresGrad, grad }) => requiresGrad && grad === null));
    assert.equal(hash(Object.values(encoder.stateDict())), state);
  });
});

describe('on features', () => {
  test('within half a point of the same training in PyTorch, and of what is best', () =>
    scope(() => {
      const [x, asked] = [pixelFeatures(train).to('float32'), pixelFeatures(queries).to('float32')];
      const result = linearOnFeatures(x, train.labels, asked, 10, { ...linearFeaturesDefaults, epochs: 100 });
      within(accuracy(first(result), queries.labels), reference.linear.adam);
      assert.equal(result.best, 5);
    }));

  test('the same each time, another with another seed; nothing stays', () =>
    scope(() => {
      const [x, asked] = [pixelFeatures(train, 500).to('float32'), pixelFeatures(queries, 100).to('float32')];
      const labels = train.labels.subarray(0, 500);
      const told: number[] = [];
      const probe = (seed: number) =>
        linearOnFeatures(x, labels, asked, 10, { ...linearFeaturesDefaults, epochs: 3, batch: 100, seed }, (done) =>
          told.push(done),
        );
      const before = liveCount();
      const ranked = [0, 0, 1].map((seed) => [...probe(seed).ranked]);
      assert.equal(liveCount(), before);
      assert.deepEqual(ranked[0], ranked[1]);
      assert.notDeepEqual(ranked[0], ranked[2]);
      assert.deepEqual(told.slice(0, 3), [1, 2, 3]);
    }));
});

describe('on views', () => {
  const some = { ...linearViewsDefaults, epochs: 30 };

  for (const { lr, accuracy: wanted } of reference.linear.sgd) {
    test(`rate ${lr}: within half a point of the same training in PyTorch`, () => {
      const result = linearOnViews(new Pixels(), train, queries, { ...some, rates: [lr] }, context);
      within(accuracy(first(result), queries.labels), wanted);
      assert.equal(result.lr, lr);
    });
  }

  test('all rates for one pass of the encoder; the held-out tenth decides', () => {
    const encoder = new Pixels();
    const few = limit(train, 600) as LabelledSet;
    const settings = { ...linearViewsDefaults, epochs: 4, batch: 64 };
    const result = linearOnViews(encoder, few, queries, settings, context);
    assert.equal(encoder.forwards, 4 * 9 * 64 + 60 + queries.count);
    assert.deepEqual(
      result.validation.map(({ lr }) => lr),
      linearViewsDefaults.rates,
    );
    const best = Math.max(...result.validation.map((entry) => entry.accuracy ?? 0));
    assert.equal(result.lr, result.validation.find((entry) => entry.accuracy === best)?.lr);
    // Each rate's answer is what it gives alone.
    const alone = linearOnViews(new Pixels(), few, queries, { ...settings, rates: [result.lr] }, context);
    assert.deepEqual(alone.ranked, result.ranked);
  });

  test('views are augmented: the encoder sees others than the plain ones', () => {
    const seen: string[] = [];
    class Watching extends Pixels {
      override forward(x: Tensor): Tensor {
        seen.push(hash([x]));
        return super.forward(x);
      }
    }
    const few = limit(train, 100) as LabelledSet;
    const trainingView = smallView({ size: 8, channels: 1, mean: view.mean, std: view.std, jitter: null });
    linearOnViews(
      new Watching(),
      few,
      few,
      { ...linearViewsDefaults, epochs: 2, batch: 100 },
      { ...context, trainingView },
    );
    assert.equal(new Set(seen).size, 4, 'two epochs of other views, the held-out images, the queries');
  });

  test('a frozen encoder: parameters, buffers and mode stay as they were, nothing is left alive', () => {
    manualSeed(1);
    const encoder = new TinyEncoder(64, 12);
    const state = hash(Object.values(encoder.stateDict()));
    const before = liveCount();
    linearOnViews(encoder, limit(train, 200) as LabelledSet, queries, { ...some, epochs: 2 }, context);
    assert.equal(hash(Object.values(encoder.stateDict())), state);
    assert.ok(encoder.modules().every((part) => part.training));
    assert.equal(liveCount(), before);
  });

  test('rates that diverge are passed over; only such are an error', () => {
    const few = limit(train, 300) as LabelledSet;
    const settings = { ...linearViewsDefaults, epochs: 2, rates: [1e39, 0.1] };
    const { lr, validation } = linearOnViews(new Pixels(), few, queries, settings, context);
    assert.equal(lr, 0.1);
    assert.equal(validation[0]?.accuracy, null);
    assert.throws(() => linearOnViews(new Pixels(), few, queries, { ...settings, rates: [1e39] }, context), {
      name: 'UserError',
      message: /every learning rate diverged/,
    });
  });
});

test("the queries' labels decide nothing: shuffled, the chosen rate and all answers stay", () => {
  const shuffled: LabelledSet = { ...queries, labels: queries.labels.map((label) => (label * 7 + 3) % 10) };
  const few = limit(train, 500) as LabelledSet;
  const results = [queries, shuffled].map((set) =>
    linearOnViews(new Pixels(), few, set, { ...linearViewsDefaults, epochs: 3 }, context),
  );
  assert.deepEqual(results[0], results[1]);
  const labelless: Partial<LabelledSet> = { ...queries };
  delete (labelless as { labels?: Int32Array }).labels;
  const without = linearOnViews(
    new Pixels(),
    few,
    labelless as LabelledSet,
    { ...linearViewsDefaults, epochs: 3 },
    context,
  );
  assert.deepEqual(without, results[0]);
});
