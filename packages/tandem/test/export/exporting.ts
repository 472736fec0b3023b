import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-web';
import { manualSeed, noGrad, randn, scope, type Tensor } from 'tandem-torch';
import { type Graph, graphOf } from '../../src/export/index.js';
import { type Architecture, buildEncoder, type Encoder } from '../../src/networks/index.js';
import type { EncoderCard } from '../../src/weights/index.js';

// More threads would be workers, which keep a test's process alive.
ort.env.wasm.numThreads = 1;

export { ort };

export const card = (architecture: Architecture, size = 32): EncoderCard => ({
  architecture,
  size,
  mean: [0.485, 0.456, 0.406].slice(0, architecture.channels),
  std: [0.229, 0.224, 0.225].slice(0, architecture.channels),
});

/** An encoder whose batch norms have seen something, in evaluation. */
export function seasoned(architecture: Architecture, seed = 1): Encoder {
  manualSeed(seed);
  const encoder = buildEncoder(architecture);
  scope(() =>
    noGrad(() => {
      for (const [name, x] of encoder.namedParameters())
        if (/bn\d?\.|downsample\.1|rsign|rprelu|norm|fc\d|proj|qkv|embed|token/i.test(name))
          x.add_(randn(x.shape).mul(0.2));
      for (let i = 0; i < 4; i++) encoder.forward(randn([8, architecture.channels, 32, 32]).mul(1 + i / 4));
    }),
  );
  return encoder.eval() as Encoder;
}

/** The graph of an encoder that has one, for images of so many pixels. */
export function graphIn(encoder: Encoder, size = 32, channels = 3): Graph {
  const graph = graphOf(encoder, { size, channels });
  assert.ok(typeof graph !== 'string', String(graph));
  return graph;
}

/** Runs a model on float32 images. */
export async function run(model: Uint8Array | string, images: Float32Array, shape: readonly number[]) {
  const session = await ort.InferenceSession.create(model as string, { logSeverityLevel: 3 });
  try {
    const { last_hidden_state: map, pooler_output: pooled } = await session.run({
      pixel_values: new ort.Tensor('float32', images, shape),
    });
    return { map: map as ort.Tensor, pooled: pooled as ort.Tensor };
  } finally {
    await session.release();
  }
}

export function floats(x: Tensor): Float32Array {
  return Float32Array.from(x.contiguous().data() as Float32Array);
}

/**
 * Cosines of the rows of two matrices of so many columns.
 * @param centred whether the mean row of the first is taken off both
 */
export function cosines(a: ArrayLike<number>, b: ArrayLike<number>, width: number, centred = false): number[] {
  if (a.length !== b.length || a.length % width !== 0) throw new RangeError(`${a.length}, ${b.length}, ${width}`);
  const rows = a.length / width;
  const mean = Float64Array.from({ length: width }, (_, j) => {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += a[i * width + j] as number;
    return centred ? sum / rows : 0;
  });
  return Array.from({ length: rows }, (_, i) => {
    let [ab, aa, bb] = [0, 0, 0];
    for (let j = 0; j < width; j++) {
      const [x, y] = [a, b].map((m) => (m[i * width + j] as number) - (mean[j] as number)) as [number, number];
      ab += x * y;
      aa += x * x;
      bb += y * y;
    }
    return ab / Math.sqrt(aa * bb);
  });
}

export const least = (values: readonly number[]) => values.reduce((a, b) => Math.min(a, b));
export const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;

const peer = fileURLToPath(new URL('../../../../../bench/peers/exported.py', import.meta.url));

/** A Python that has these modules; TANDEM_PEER_PYTHON names another to ask first. */
export function pythonWith(...modules: readonly string[]): string | undefined {
  const { TANDEM_PEER_PYTHON: named } = process.env;
  return [...(named ? [named] : []), 'python3', '/usr/bin/python3'].find(
    (python) => spawnSync(python, ['-c', `import ${modules.join(', ')}`]).status === 0,
  );
}

/** Runs the peer. @throws with what it says where it fails */
export function askPython(python: string, argv: readonly string[], input?: Uint8Array): Buffer {
  const { status, stdout, stderr } = spawnSync(python, [peer, ...argv], { input, maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(stderr.toString());
  return stdout;
}
