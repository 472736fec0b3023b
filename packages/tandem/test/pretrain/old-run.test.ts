import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { type PretrainEvent, resume } from '../../src/pretrain/index.js';
import { metricsOf, tandem, temporary, writeJson } from '../cli/running.js';
import { assertClose, fixture } from '../support.js';

/**
 * A run of an earlier version (686cfa1), stopped after step 7 of 9: in the middle of its third
 * epoch and of a round of CLBO, so that what comes next needs optimizer, teacher and the epoch's
 * sums as they were saved.
 */
const old = fileURLToPath(new URL('../../../test/fixtures/old-run', import.meta.url));

interface KnnResult {
  readonly encoder: string;
  readonly settings: object;
  readonly result: { readonly accuracy: number };
}

/** What that version made of it, on a CPU with one thread. */
const expected = fixture<{
  readonly metricsOfEpoch3: Readonly<Record<string, number>>;
  readonly knnHalfWay: readonly KnnResult[];
  readonly knnAfterResume: readonly KnnResult[];
}>('old-run');

const root = temporary({ after });
const images = join(root, 'images');
const run = join(root, 'run');

before(async () => {
  await makeImages();
  cpSync(old, run, { recursive: true });
  const file = join(run, 'config.json');
  writeJson(file, { ...JSON.parse(readFileSync(file, 'utf8')), images });
});

/**
 * The images it learned from, 8x8 pixels each: stripes and noise in whole numbers, so that the
 * digest in config.json is that of every machine.
 */
async function makeImages(): Promise<void> {
  for (const [half, part] of ['train', 'test'].entries()) {
    for (const [kind, name] of ['ash', 'birch', 'cedar'].entries()) {
      const folder = join(images, part, name);
      mkdirSync(folder, { recursive: true });
      for (let i = 0; i < 8; i++) {
        const pixels = makePixels(kind, i, 1 + i + 8 * kind + 100 * half);
        const raw = { width: 8, height: 8, channels: 3 } as const;
        await sharp(pixels, { raw })
          .png()
          .toFile(join(folder, `${i}.png`));
      }
    }
  }
}

function makePixels(kind: number, shift: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: 3 * 8 * 8 }, (_, at) => {
    const [x, y, channel] = [Math.floor(at / 3) % 8, Math.floor(at / 24), at % 3];
    const stripes = 40 * (((kind === 0 ? x : kind === 1 ? y : x + y) + shift) % 3);
    state = (state * 75 + 74) % 65537;
    return stripes + (channel === kind ? 15 : 0) + (state % 120);
  });
}

function assertKnn(json: string, wanted: readonly KnnResult[]): void {
  const { results } = JSON.parse(json) as { results: readonly KnnResult[] };
  assert.deepEqual(
    results.map(({ encoder, settings, result: { accuracy } }) => ({ encoder, settings, result: { accuracy } })),
    wanted,
  );
}

test('a run folder of an earlier version is evaluated as that version did', async (t) => {
  const { code, stdout, stderr } = await tandem(t, 'knn', run, images, '--json');
  assert.equal(code, 0, stderr);
  assertKnn(stdout, expected.knnHalfWay);
});

test('it resumes to the numbers that the earlier version came to, and to a whole run folder', async (t) => {
  const events: PretrainEvent[] = [];
  for await (const event of resume(run)) events.push(event);
  const begun = events.find(({ kind }) => kind === 'start');
  assert.ok(begun?.kind === 'start' && begun.from === 7 && begun.steps === 9);
  const { tandem: _, ...saved } = JSON.parse(readFileSync(join(old, 'config.json'), 'utf8'));
  // Settings that came since have defaults beside these.
  assert.deepEqual(
    Object.keys(saved).filter((name) => !(name in begun.settings)),
    [],
  );

  const lines = (folder: string) => readFileSync(join(folder, 'metrics.jsonl'), 'utf8').split('\n').slice(0, 2);
  assert.deepEqual(lines(run), lines(old));
  const [, , last = {}, ...more] = metricsOf(run);
  assert.deepEqual(more, []);
  const { seconds: _s, imagesPerSecond: _i, ...numbers } = last;
  assert.deepEqual(Object.keys(numbers), Object.keys(expected.metricsOfEpoch3));
  // Measured between instruction sets, BLAS libraries and thread counts: 1e-6.
  for (const [name, value] of Object.entries(expected.metricsOfEpoch3)) {
    assertClose(numbers[name] as number, value, { rtol: 1e-4, atol: 1e-4, label: name });
  }

  const { stdout } = await tandem(t, 'knn', run, images, '--json');
  assertKnn(stdout, expected.knnAfterResume);
  const files = ['encoder', 'head', 'student', 'teacher'].map((name) => `encoder/${name}.safetensors`);
  for (const file of [...files, 'checkpoint/state.safetensors', 'checkpoint/previous.safetensors']) {
    assert.ok(existsSync(join(run, file)), file);
  }
  assert.ok(!existsSync(join(run, 'lock')));
});
