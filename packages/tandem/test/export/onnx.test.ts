import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { liveCount, type nn, noGrad, scope, type Tensor, tensor } from 'tandem-torch';
import {
  encodeModel,
  type Graph,
  GraphNetwork,
  halved,
  io,
  type Node,
  observe,
  opset,
  quantized,
  unquantizable,
} from '../../src/export/onnx/index.js';
import type { Architecture, Encoder } from '../../src/networks/index.js';
import { normal, temporary } from '../support.js';
import { askPython, cosines, floats, graphIn, least, pythonWith, run, seasoned } from './exporting.js';

const vit = { backbone: 'vit-micro', width: 64, depth: 2, patch: 8, size: 32, channels: 3 } as const;
const architectures: Architecture[] = [
  { backbone: 'resnet18', width: 16, stem: 'standard', channels: 3 },
  { backbone: 'resnet34', width: 4, stem: 'small', channels: 3 },
  { backbone: 'resnet10', width: 8, stem: 'strided', channels: 3 },
  { backbone: 'resnet8', width: 8, features: 40, stem: 'small', channels: 1 },
  { backbone: 'resnet50', width: 8, stem: 'standard', channels: 3 },
  { backbone: 'resnet10', width: 8, stem: 'standard', channels: 3, sk: true },
  { backbone: 'resnet8', width: 8, stem: 'small', channels: 1, sk: true },
  { backbone: 'resnet50', width: 8, stem: 'standard', channels: 3, sk: true },
  { backbone: 'resnet10', width: 8, stem: 'standard', channels: 3, resnetD: true },
  { backbone: 'resnet50', width: 8, stem: 'small', channels: 3, resnetD: true },
  { backbone: 'bireal-resnet10', width: 16, stem: 'standard', channels: 3 },
  { backbone: 'react-resnet8', width: 16, stem: 'small', channels: 1 },
  { backbone: 'react-resnet8', width: 16, stem: 'strided', channels: 3, binary: 'activations' },
  { backbone: 'reactnet-a', width: 8, stem: 'strided', channels: 3 },
  { backbone: 'vit-micro', width: 64, depth: 3, patch: 8, size: 32, channels: 3 },
  { backbone: 'vit-tiny', width: 192, depth: 2, patch: 4, size: 16, channels: 1 },
  { ...vit, registers: 3, layerScale: 0.1, pooling: 'mean' },
  { ...vit, classToken: false, pooling: 'mean-norm', qkvBias: 'none', mlp: 'swiglu', mlpWidth: 80, heads: 4 },
  { ...vit, positions: 'rotary', registers: 2, qkvBias: 'query-value', normEps: 1e-5 },
];
const info = { name: 'test', producerVersion: '1', metadata: { tandem: '{}' } };

/** The three forms of an encoder, and images with what the encoder makes of them. */
function made(architecture: Architecture) {
  const { size: side } = architecture;
  const size = side === undefined ? [64, 48] : [side, side];
  const encoder = seasoned(architecture);
  const graph = graphIn(encoder, side);
  const gray = normal([3, architecture.channels, ...size], 5, 'float32').keep();
  const images = gray
    .expand([3, 3, ...size])
    .contiguous()
    .keep();
  const ranges = observe(graph, (network) => scope(() => noGrad(() => void network.forward(images))));
  const own = scope(() => noGrad(() => floats(encoder.forward(gray))));
  return {
    encoder,
    own,
    images,
    forms: {
      float32: graph,
      float16: halved(graph) as Graph,
      ...(!unquantizable(graph) && { int8: quantized(graph, ranges) }),
    },
  };
}

/**
 * What our engine and ONNX Runtime must have in common. Means of whole 8-bit numbers often lie
 * halfway between two, and a rounding of the last bit decides; a network of 53 narrow convolutions
 * shows one such step.
 */
function likeness(form: 'float32' | 'float16' | 'int8', { backbone, sk = false }: Architecture): number {
  if (form === 'int8' && (sk || backbone === 'resnet50')) return 0.9999;
  return form === 'float16' ? 0.99999 : 0.999999;
}

const inEngine = (graph: Graph, images: Tensor) => {
  const network = new GraphNetwork(graph);
  try {
    return scope(() => noGrad(() => floats(network.forward(images))));
  } finally {
    network.dispose();
  }
};

describe('graphs in ONNX Runtime, beside the encoder', () => {
  for (const architecture of architectures) {
    test(`${architecture.backbone}, ${architecture.stem}, ${architecture.channels} channels${architecture.sk ? ', ResNet-D' : ''}${architecture.binary ? ', real weights' : ''}`, async () => {
      const { own, images, forms } = made(architecture);
      const width = forms.float32.features;
      // A rounding turns signs of what is almost 0.
      const hasSigns = forms.float32.nodes.some(({ op }) => op === 'Where');
      for (const [form, least_] of [
        ['float32', 0.9999999],
        ['float16', hasSigns ? 0.97 : 0.9999],
        ['int8', hasSigns ? 0.97 : 0.99],
      ] as const) {
        const graph = forms[form];
        if (!graph) continue;
        const { map, pooled } = await run(encodeModel(graph, info), floats(images), images.shape);
        assert.deepEqual(pooled.dims, [3, width]);
        assert.deepEqual([pooled.type, map.type], ['float32', 'float32']);
        const found = pooled.data as Float32Array;
        assert.ok(least(cosines(own, found, width)) > least_, `${form}: ${cosines(own, found, width)}`);
        // What is measured with our engine is what the runtime gives.
        const same = cosines(inEngine(graph, images), found, width);
        assert.ok(least(same) > likeness(form, architecture), `${form} in the engine: ${same}`);
        if (architecture.size !== undefined) {
          const { patch, size, registers = 0, classToken = true, pooling = 'class' } = architecture;
          assert.deepEqual(map.dims, [3, (size / (patch as number)) ** 2 + registers + (classToken ? 1 : 0), width]);
          if (pooling !== 'class') continue;
          const classes = [0, 1, 2].flatMap((i) => [
            ...(map.data as Float32Array).subarray(i * (map.data.length / 3)).subarray(0, width),
          ]);
          assert.deepEqual(classes, [...found]);
          continue;
        }
        assert.deepEqual(map.dims.slice(0, 2), [3, width]);
        const [h, w] = map.dims.slice(2) as [number, number];
        const area = h * w;
        const means = Float64Array.from({ length: 3 * width }, (_, i) => {
          let sum = 0;
          for (let j = 0; j < area; j++) sum += (map.data as Float32Array)[i * area + j] as number;
          return sum / area;
        });
        assert.ok(least(cosines(means, found, width)) > 0.9999, `${form}: pooled is the mean of the map`);
      }
    });
  }

  for (const architecture of [architectures[0], architectures[5]] as Architecture[]) {
    test(`one model takes any batch and any size: ${architecture.backbone}`, async () => {
      const { encoder, forms } = made(architecture);
      const { features } = forms.float32;
      const bytes = encodeModel(forms.float32, info);
      for (const shape of [
        [1, 3, 32, 32],
        [5, 3, 33, 71],
        [2, 3, 128, 40],
      ]) {
        const x = normal(shape, 3, 'float32');
        const { pooled } = await run(bytes, floats(x), shape);
        const own = scope(() => noGrad(() => floats(encoder.forward(x))));
        assert.ok(least(cosines(own, pooled.data as Float32Array, features)) > 0.999999, String(shape));
      }
    });
  }
});

describe('a linear layer after the pooling in ONNX Runtime', () => {
  for (const pool of [1, 2]) {
    test(`of ${pool}x${pool} cells`, async () => {
      const [width, size] = [12, 32];
      const encoder = seasoned({ backbone: 'resnet8', width: 8, pool, embedding: width, stem: 'small', channels: 3 });
      const graph = graphIn(encoder, size);
      const images = normal([2, 3, size, size], 5, 'float32');
      const { map, pooled } = await run(encodeModel(graph, info), floats(images), images.shape);
      const own = scope(() => noGrad(() => floats(encoder.forward(images))));
      assert.deepEqual(
        [pooled.dims, map.dims],
        [
          [2, width],
          [2, 32, 8, 8],
        ],
      );
      assert.ok(least(cosines(own, pooled.data as Float32Array, width)) > 0.9999999);
      assert.ok(least(cosines(inEngine(graph, images), pooled.data as Float32Array, width)) > 0.999999);
    });
  }
});

describe('cells of the last map in ONNX Runtime', () => {
  for (const { pool, size, stem } of [
    { pool: 2, size: 28, stem: 'strided' }, // a map of 4x4
    { pool: 2, size: 40, stem: 'strided' }, // of 5x5, whose cells overlap
    { pool: 3, size: 20, stem: 'small' },
  ] as const) {
    test(`${pool}x${pool} for images of ${size}: means over them, those of a channel side by side`, async () => {
      const encoder = seasoned({ backbone: 'resnet8', width: 8, features: 20, pool, stem, channels: 3 });
      const graph = graphIn(encoder, size);
      const images = normal([2, 3, size, size], 5, 'float32');
      const { map, pooled } = await run(encodeModel(graph, info), floats(images), images.shape);
      const found = pooled.data as Float32Array;
      const own = scope(() => noGrad(() => floats(encoder.forward(images))));
      assert.deepEqual([pooled.dims, encoder.featureWidth], [[2, 20 * pool ** 2], 20 * pool ** 2]);
      assert.ok(least(cosines(own, found, encoder.featureWidth)) > 0.9999999);
      assert.ok(least(cosines(inEngine(graph, images), found, encoder.featureWidth)) > 0.999999);
      const [, , side] = map.dims as [number, number, number];
      const at = (i: number, y: number, x: number) => (map.data as Float32Array)[(i * side + y) * side + x] as number;
      const step = Math.floor(side / pool);
      const places = (cell: number) => [...Array(side).keys()].slice(cell * step, side - (pool - 1 - cell) * step);
      const means = [...Array(2 * 20).keys()].flatMap((i) =>
        [...Array(pool ** 2).keys()].map((cell) => {
          const [rows, columns] = [places(Math.floor(cell / pool)), places(cell % pool)];
          const values = rows.flatMap((y) => columns.map((x) => at(i, y, x)));
          return values.reduce((a, b) => a + b) / values.length;
        }),
      );
      assert.ok(found.every((value, i) => Math.abs(value - (means[i] as number)) < 1e-5));
    });
  }
});

test('the ONNX checker finds nothing, and infers all shapes', {
  skip: !pythonWith('onnx') && 'no onnx for Python: apt-get install python3-onnx',
}, (t) => {
  const folder = temporary(t);
  const files = architectures.flatMap((architecture, i) =>
    Object.entries(made(architecture).forms).map(([form, graph]) => {
      const file = join(folder, `${i}-${form}.onnx`);
      writeFileSync(file, encodeModel(graph, info));
      return file;
    }),
  );
  const said = askPython(pythonWith('onnx') as string, ['check', ...files]).toString();
  assert.deepEqual(
    said.trim().split('\n'),
    files.map(() => String(opset)),
  );
  writeFileSync(
    files[0] as string,
    encodeModel({ ...graphIn(seasoned(architectures[2] as Architecture)), constants: {} }, info),
  );
  assert.throws(() => askPython(pythonWith('onnx') as string, ['check', files[0] as string]), /Nodes in a graph|input/);
});

describe('quantization', () => {
  test('weights are whole numbers of 7 bits, biases in steps of input times weight, values in 256 steps with one at 0', () => {
    const { forms } = made(architectures[0] as Architecture);
    const { constants, nodes } = forms.int8 as Graph;
    const convolutions = nodes.filter(({ op }) => op === 'Conv');
    assert.equal(convolutions.length, 20);
    for (const { inputs } of convolutions) {
      const [x, weight, bias] = inputs as [string, string, string];
      const codes = constants[`${weight}.code`]?.data as Int8Array;
      assert.equal(
        codes.reduce((most, one) => Math.max(most, Math.abs(one)), 0),
        63,
      );
      const scale = constants[`${weight}.scale`]?.data as Float32Array;
      const inputScale = constants[x.replace('.8bit', '.scale')]?.data[0] as number;
      const each = codes.length / scale.length;
      const [w, b] = [weight, bias].map((name) => forms.float32.constants[name]?.data) as [Float32Array, Float32Array];
      for (const [c, step] of scale.entries()) {
        assert.equal(constants[`${bias}.scale`]?.data[c], Math.fround(step * inputScale));
        assert.ok(
          Math.abs((constants[`${bias}.code`]?.data[c] as number) * step * inputScale - (b[c] as number)) <=
            step * inputScale,
        );
        for (let i = c * each; i < (c + 1) * each; i++)
          assert.ok(Math.abs((codes[i] as number) * step - (w[i] as number)) <= step * 0.5001);
      }
    }
    for (const [name, { type, data }] of Object.entries(constants)) {
      if (name.endsWith('.zero') && type !== 'uint8') assert.ok(data.every((zero) => zero === 0));
    }
  });

  test('binary convolutions are exact: signs of 1 and -1, weights of one size in each channel', () => {
    const encoder = seasoned({ backbone: 'react-resnet8', width: 8, stem: 'small', channels: 3 });
    const graph = graphIn(encoder);
    const signs = graph.nodes.filter(({ op }) => op === 'Where').map(({ output }) => output);
    assert.equal(signs.length, 6);
    const { constants } = quantized(graph, new Map());
    for (const name of signs) {
      const scale = constants[`${name}.scale`]?.data[0] as number;
      const zero = constants[`${name}.zero`]?.data[0] as number;
      for (const sign of [-1, 0, 1]) {
        const code = Math.min(Math.max(Math.round(sign / scale) + zero, 0), 255);
        assert.ok(Math.abs((code - zero) * scale - sign) < 1e-7, `${sign} in ${name}`);
      }
      const codes = constants[`${name.replace('.sign', '.conv')}.weight.code`]?.data as Int8Array;
      assert.deepEqual(new Set(codes), new Set([-63, 63]));
    }
  });

  test('a channel of zeros, and a value that never was, divide by nothing', async () => {
    const encoder = seasoned(architectures[2] as Architecture) as Encoder & { bn1: nn.BatchNorm2d };
    noGrad(() => {
      scope(() => void encoder.bn1.weight?.narrow(0, 0, 3).zero_());
    });
    const graph = graphIn(encoder);
    const x = normal([2, 3, 32, 32], 1, 'float32');
    const ranges = observe(graph, (network) => scope(() => noGrad(() => void network.forward(x))));
    const { pooled } = await run(encodeModel(quantized(graph, ranges), info), floats(x), x.shape);
    const own = scope(() => noGrad(() => floats(encoder.forward(x))));
    assert.ok(least(cosines(own, pooled.data as Float32Array, 64)) > 0.99);
    for (const constant of Object.values(quantized(graph, new Map()).constants))
      assert.ok(constant.data.every(Number.isFinite));
  });

  test('nothing stays behind', () => {
    const encoder = seasoned(architectures[2] as Architecture);
    const before = liveCount();
    const graph = graphIn(encoder);
    const x = normal([1, 3, 16, 16], 1, 'float32');
    observe(graph, (network) => scope(() => noGrad(() => void network.forward(x))));
    assert.throws(() => observe(graph, () => assert.fail('stopped')), /stopped/);
    halved(graph);
    x.dispose();
    assert.equal(liveCount(), before);
  });
});

test('the sign of 0 and of -0 is 1, of less -1', async () => {
  const encoder = seasoned({ backbone: 'bireal-resnet8', width: 4, stem: 'small', channels: 3 });
  const graph = graphIn(encoder);
  const at = graph.nodes.findIndex(({ op }) => op === 'Where');
  const { inputs, output } = graph.nodes[at] as Node;
  const compared = graph.nodes.find((node) => node.output === inputs[0]) as Node;
  const cut: Node[] = [
    { op: 'Flatten', inputs: [io.input], output: 'flat', attributes: { axis: 1 } },
    { ...compared, inputs: ['flat', compared.inputs[1] as string] },
    { op: 'Where', inputs, output },
    { op: 'Relu', inputs: [output], output: io.pooled },
    { op: 'GlobalAveragePool', inputs: [io.input], output: io.map },
  ];
  const own = { ...graph, nodes: cut, features: 3, map: [3, 1, 1] };
  const x = Float32Array.of(0, -0, -1e-30);
  const { pooled } = await run(encodeModel(own, info), x, [1, 3, 1, 1]);
  assert.deepEqual([...(pooled.data as Float32Array)], [1, 1, 0]);
  assert.deepEqual([...inEngine(own, tensor(x, { shape: [1, 3, 1, 1] }))], [1, 1, 0]);
});

test('what cannot be written is reported', () => {
  const graph = graphIn(seasoned(architectures[2] as Architecture));
  const bias = graph.constants['stem.conv.bias'];
  (bias?.data as Float32Array)[0] = 1e6;
  assert.equal(halved(graph), 'stem.conv.bias has weights too large for it');
});
