import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nn, scope } from 'tandem-torch';
import { findMethod, type Method, type MethodPreset, methodPresets, methods } from '../../src/methods/index.js';
import { type Head, PrototypeHead } from '../../src/networks/index.js';
import type { FrozenTeacher } from '../../src/teachers/index.js';
import { normal } from '../support.js';
import { settingsFor, tinyEncoder, view } from './stepping.js';

const classes = ['a', 'b', 'c'];

/** A method with its own heads on features of 512, as those of ResNet-18. */
function built(name: string, settings: object = {}): Method {
  const { configure, labels } = findMethod(name);
  return configure({ ...settingsFor(name, { bank: 8 }), ...settings }).build(
    (form) => tinyEncoder(form, 512),
    [view, view],
    { width: 3, classes, project: () => assert.fail('no forward here') } as unknown as FrozenTeacher,
    labels === 'needed' ? { classes } : undefined,
  );
}

/**
 * Widths and layers: L Linear, L0 without bias, BN batch norm, BN' without shift, BN- without both,
 * R ReLU; P prototypes.
 */
function layers(head: Head): string {
  const kinds = head.layers
    .flatMap((layer) => layer.layers)
    .map((part) => {
      if (part instanceof nn.Linear)
        return `${part.bias ? 'L' : 'L0'}(${part.weight.shape[1]},${part.weight.shape[0]})`;
      if (part instanceof nn.BatchNorm1d) return part.weight ? (part.bias ? 'BN' : "BN'") : 'BN-';
      return part instanceof nn.ReLU ? 'R' : part.constructor.name;
    });
  if (head instanceof PrototypeHead) kinds.push(`P(${head.shape.widths.at(-1)},${head.outputWidth})`);
  return kinds.join('-');
}

/** Projector and predictor of the student. The teacher has the same projector and no predictor. */
function heads(name: string, settings?: object): [projector: string, predictor: string | null] {
  const { student, teacher } = built(name, settings);
  const found = layers(student.head);
  if (teacher) {
    assert.equal(layers(teacher.head), found);
    assert.equal(teacher.predictor, null);
  }
  const predictor = student.predictor && layers(student.predictor);
  student.dispose();
  teacher?.dispose();
  return [found, predictor];
}

/** The settings of a method's own in a preset. */
function preset(name: string, which: MethodPreset): object {
  return settingsFor(name, methodPresets[name]?.[which] ?? {});
}

const two = 'L0(512,512)-BN-R-L(512,512)';
const gelu = 'L(512,2048)-GELU-L(2048,2048)-GELU-L(2048,256)';
const three = 'L0(512,512)-BN-R-L0(512,512)-BN-R-L(512,512)';

describe('the heads of each method', () => {
  const uniform: Readonly<Record<string, [string, string | null]>> = {
    simclr: [two, null],
    moco: [two, null],
    byol: [two, two],
    simsiam: ['L0(512,512)-BN-R-L0(512,512)-BN-', 'L0(512,128)-BN-R-L(128,512)'],
    moby: [two, two],
    'barlow-twins': [three, null],
    vicreg: [three, null],
    clbo: [two, null],
    dino: [`${gelu}-P(256,4096)`, null],
    supervised: ['L(512,3)', null],
    'simclr-v2': ['L(512,3)', null],
  };
  const official: Readonly<Record<string, [string, string | null]>> = {
    simclr: ["L0(512,512)-BN-R-L0(512,512)-BN-R-L0(512,128)-BN'", null],
    moco: ['L(512,128)', null],
    byol: ['L0(512,4096)-BN-R-L(4096,256)', 'L0(256,4096)-BN-R-L(4096,256)'],
    simsiam: ['L0(512,2048)-BN-R-L0(2048,2048)-BN-', 'L0(2048,512)-BN-R-L(512,2048)'],
    moby: ['L0(512,4096)-BN-R-L(4096,256)', 'L0(256,4096)-BN-R-L(4096,256)'],
    'barlow-twins': ['L0(512,2048)-BN-R-L0(2048,2048)-BN-R-L(2048,2048)', null],
    vicreg: ['L0(512,2048)-BN-R-L0(2048,2048)-BN-R-L(2048,2048)', null],
    clbo: [two, null],
    dino: [`${gelu}-P(256,65536)`, null],
    supervised: ['L(512,3)', null],
    'simclr-v2': ['L(512,3)', null],
  };

  for (const name of Object.keys(uniform)) {
    test(`${name}, as in the CLBO paper and as its authors have it`, () => {
      assert.deepEqual(heads(name, preset(name, 'paper')), uniform[name]);
      assert.deepEqual(heads(name, preset(name, 'official')), official[name]);
    });
  }

  test('MoCo without batch norm, as its authors on large images', () => {
    assert.deepEqual(heads('moco', { projNorm: false }), ['L(512,512)-R-L(512,512)', null]);
  });

  test("SimCLR v2's layers are as wide as the features, and a batch's outputs have mean 0 in each coordinate", () => {
    const { student } = methods.simclr
      .configure(settingsFor('simclr', methodPresets.simclr?.official ?? {}))
      .build((form) => tinyEncoder(form, 48), [view, view]);
    assert.equal(layers(student.head), "L0(48,48)-BN-R-L0(48,48)-BN-R-L0(48,128)-BN'");
    scope(() => {
      const mean = student.head.forward(normal([64, 48], 1, 'float32').add(3)).mean([0]);
      assert.ok(mean.abs().max().item() < 1e-6);
    });
    student.dispose();
  });

  test('SimCLR with scale and shift at the end', () => {
    assert.deepEqual(heads('simclr', { lastNorm: 'affine' }), ['L0(512,512)-BN-R-L0(512,512)-BN', null]);
  });

  test('CLBO with a predictor', () => {
    assert.deepEqual(heads('clbo', { predictor: true }), [two, two]);
  });

  test('no layers are the identity', () => {
    for (const name of ['simclr', 'moco', 'barlow-twins', 'vicreg', 'clbo']) {
      assert.deepEqual(heads(name, { projLayers: 0 }), ['', null]);
    }
  });
});

describe('parameters of heads on 512 features', () => {
  const count = (name: string, settings: object) => {
    const { head } = built(name, settings).student;
    return head.parameters().reduce((sum, x) => sum + x.numel, 0);
  };

  test('a Linear to 128 has 65,664, two uniform layers have 525,824', () => {
    assert.equal(count('moco', { projLayers: 1, projDim: 128 }), 65_664);
    for (const name of ['simclr', 'moco', 'byol', 'moby', 'clbo']) assert.equal(count(name, {}), 525_824);
  });

  test('with biases in both layers they would have 526,336: one vector of 512 more', () => {
    const withBiases = count('moco', { projNorm: false });
    assert.equal(withBiases + 2 * 512, 526_336); // the batch norm between
    assert.equal(count('moco', {}) + 512, 526_336);
  });
});
