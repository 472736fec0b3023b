import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { emit } from '../codegen/emit.js';
import { readAllowList, selectOperators } from '../codegen/select.js';
import { binding, type Schema, type SchemaArgument } from '../src/binding.js';
import { camelCase } from '../src/call.js';
import * as torch from '../src/index.js';
import { liveCount, ones, scope, type Tensor, tensor } from '../src/index.js';
import { assertThrowsLine } from './messages.js';

// The sources stay where they are when the tests are compiled.
const root = new URL('../../', import.meta.url);
const generated = readFileSync(new URL('src/ops.generated.ts', root), 'utf8');
const allowed = readAllowList(fileURLToPath(new URL('codegen/allowlist.txt', root)));

const argument = (name: string, type: string, more: Partial<SchemaArgument> = {}): SchemaArgument => ({
  name,
  type,
  keywordOnly: false,
  hasDefault: false,
  writes: false,
  ...more,
});

function schema(name: string, overload: string, list: SchemaArgument[], result = 'Tensor', writes = false): Schema {
  const spelled = list.map(({ type, name: own }) => `${type} ${own}`).join(', ');
  return {
    name: `aten::${name}`,
    overload,
    arguments: list,
    returns: [argument('', result, { writes })],
    schema: `aten::${name}${overload ? `.${overload}` : ''}(${spelled}) -> ${result}`,
  };
}

const self = argument('self', 'Tensor');
const only = (name: string, ...without: string[]) => [{ name, without }];

describe('names', () => {
  test('become camelCase by one rule; underscores at the ends stay', () => {
    const cases = {
      relu: 'relu',
      add_: 'add_',
      max_pool2d: 'maxPool2d',
      max_pool2d_with_indices: 'maxPool2dWithIndices',
      _foreach_add_: '_foreachAdd_',
      _upsample_bilinear2d_aa: '_upsampleBilinear2dAa',
      scatter_add_: 'scatterAdd_',
      running_var: 'runningVar',
      p: 'p',
      UPLO: 'UPLO',
      dim0: 'dim0',
    };
    for (const [aten, name] of Object.entries(cases)) assert.equal(camelCase(aten), name);
  });

  test('never meet: two operators never get one name', () => {
    const names = allowed.map(({ name }) => camelCase(name));
    assert.equal(new Set(names).size, names.length);
  });
});

describe('the allow-list', () => {
  test('has more than 200 operators, each exported and each in libtorch', () => {
    assert.ok(allowed.length >= 200, `${allowed.length}`);
    const exported = torch as unknown as Record<string, unknown>;
    for (const { name } of allowed) assert.equal(typeof exported[camelCase(name)], 'function', name);
    if (torch.version().startsWith('1.13')) {
      assert.equal(selectOperators(binding.schemas(), allowed).length, allowed.length);
    }
  });

  test('leaves out forms that name dimensions', () => {
    assert.doesNotMatch(generated, /Dimname|dimname|names_dim/);
  });

  test('leaves out operators that change a shape in place, since Tensor remembers shapes', () => {
    const changing = /^(resize|squeeze|unsqueeze|transpose|swap|t|set|as_strided|detach|renorm)\w*_$/;
    assert.deepEqual(
      allowed.filter(({ name }) => changing.test(name)),
      [],
    );
  });
});

describe('the generated file', () => {
  test('is what the generator gives now', { skip: !torch.version().startsWith('1.13') }, () => {
    assert.equal(emit(selectOperators(binding.schemas(), allowed), '1.13'), generated);
  });

  test('has every function under its verbatim schema', () => {
    const spelled = new Set(binding.schemas().map(({ schema }) => schema));
    const lines = generated.split('\n');
    let functions = 0;
    lines.forEach((line, i) => {
      // The body of an overloaded function stands under its last form.
      if (!line.startsWith('export function ') || line.endsWith('): unknown {')) return;
      const above = /^\/\*\* `((?:aten|tandem)::.*)` \*\/$/.exec(lines[i - 1] as string)?.[1];
      assert.ok(above, `nothing above ${line}`);
      if (torch.version().startsWith('1.13')) assert.ok(spelled.has(above), above);
      const name = /^(?:aten|tandem)::(\w+)/.exec(above)?.[1] as string;
      assert.match(line, new RegExp(`^export function ${camelCase(name).replace(/\$/g, '\\$')}\\$?\\(`));
      functions += 1;
    });
    assert.ok(functions > 300, `${functions}`);
  });
});

describe('overloaded operators choose their form by what they are given', () => {
  const scoped = (name: string, body: () => void) =>
    test(name, () => {
      const before = liveCount();
      scope(body);
      assert.equal(liveCount(), before);
    });
  const x = () =>
    tensor([
      [1, 2],
      [3, 4],
    ]);

  scoped('add, sub, mul, div', () => {
    assert.deepEqual(x().add(1).toArray(), [
      [2, 3],
      [4, 5],
    ]);
    assert.deepEqual(x().add(x(), { alpha: 10 }).toArray(), [
      [11, 22],
      [33, 44],
    ]);
    assert.deepEqual(x().sub(1, { alpha: 2 }).toArray(), [
      [-1, 0],
      [1, 2],
    ]);
    assert.deepEqual(tensor([1, 2], { dtype: 'int64' }).mul(3).dtype, 'int64');
    assert.deepEqual(tensor([1, 2], { dtype: 'int64' }).mul(0.5).dtype, 'float32');
    assert.deepEqual(
      tensor([1], { dtype: 'int64' })
        .add(2n ** 60n)
        .data(),
      BigInt64Array.of(2n ** 60n + 1n),
    );
    assert.deepEqual(x().div(2).toArray(), [
      [0.5, 1],
      [1.5, 2],
    ]);
    assert.deepEqual(x().div(2, { roundingMode: 'floor' }).toArray(), [
      [0, 1],
      [1, 2],
    ]);
    assert.deepEqual(x().div(x(), { roundingMode: null }).toArray(), [
      [1, 1],
      [1, 1],
    ]);
  });

  scoped('sum, mean, prod', () => {
    assert.equal(x().sum().item(), 10);
    assert.equal(x().sum({ dtype: 'int64' }).dtype, 'int64');
    assert.deepEqual(x().sum(1).toArray(), [3, 7]);
    assert.deepEqual(x().sum([0, 1], { keepdim: true }).toArray(), [[10]]);
    assert.deepEqual(x().sum(null).toArray(), 10);
    assert.deepEqual(x().mean(-1, { keepdim: true }).shape, [2, 1]);
    assert.deepEqual(x().prod(0).toArray(), [3, 8]);
  });

  scoped('max: the largest, the largest along a dimension, the larger', () => {
    assert.equal(x().max().item(), 4);
    const [values, indices] = x().max(0);
    assert.deepEqual([values.toArray(), indices.toArray(), indices.dtype], [[3, 4], [1, 1], 'int64']);
    assert.deepEqual(x().max(1, { keepdim: true })[0].shape, [2, 1]);
    assert.deepEqual(
      x()
        .max(tensor([[2], [2]]))
        .toArray(),
      [
        [2, 2],
        [3, 4],
      ],
    );
  });

  scoped('std and var: unbiased, or with a correction', () => {
    const near = (y: Tensor, value: number) => assert.ok(Math.abs(y.item() - value) < 1e-6, `${y.item()}`);
    near(x().std(), Math.sqrt(5 / 3));
    near(x().std({ unbiased: false }), Math.sqrt(1.25));
    near(torch.std(x(), null, { correction: 0 }), Math.sqrt(1.25));
    assert.deepEqual(x().var([0], { unbiased: false }).toArray(), [1, 1]);
    assert.deepEqual(x().var([0], { correction: 0, keepdim: true }).toArray(), [[1, 1]]);
    assert.equal(torch.varMean(x(), [0])[1].ndim, 1);
  });

  scoped('where', () => {
    const mask = x().gt(2);
    assert.deepEqual(torch.where(mask, x(), 0).toArray(), [
      [0, 0],
      [3, 4],
    ]);
    assert.deepEqual(torch.where(mask, 1, x()).toArray(), [
      [1, 2],
      [1, 1],
    ]);
    assert.deepEqual(torch.where(mask, x(), x().neg()).toArray(), [
      [-1, -2],
      [3, 4],
    ]);
    assert.deepEqual(
      torch.where(mask).map((index) => index.toArray()),
      [
        [1, 1],
        [0, 1],
      ],
    );
  });

  scoped('clamp, clampMin, pow, eq, maskedFill', () => {
    assert.deepEqual(x().clamp({ min: 2 }).toArray(), [
      [2, 2],
      [3, 4],
    ]);
    assert.deepEqual(x().clamp({ min: null, max: 3 }).toArray(), [
      [1, 2],
      [3, 3],
    ]);
    assert.deepEqual(
      x()
        .clampMin(tensor([2, 3]))
        .toArray(),
      [
        [2, 3],
        [3, 4],
      ],
    );
    assert.deepEqual(x().pow(2).toArray(), [
      [1, 4],
      [9, 16],
    ]);
    assert.deepEqual(x().pow(x()).toArray(), [
      [1, 4],
      [27, 256],
    ]);
    assert.deepEqual(torch.pow(2, x()).toArray(), [
      [2, 4],
      [8, 16],
    ]);
    assert.deepEqual(x().eq(2).toArray(), [
      [0, 1],
      [0, 0],
    ]);
    assert.deepEqual(x().maskedFill(x().lt(3), tensor(7)).toArray(), [
      [7, 7],
      [3, 4],
    ]);
  });

  scoped('split, squeeze, argsort, arange, normal, index with gaps', () => {
    assert.deepEqual(
      x()
        .split(1)
        .map((part) => part.shape),
      [
        [1, 2],
        [1, 2],
      ],
    );
    assert.deepEqual(
      x()
        .split([1, 1], { dim: 1 })
        .map((part) => part.shape),
      [
        [2, 1],
        [2, 1],
      ],
    );
    assert.deepEqual([ones([1, 2, 1]).squeeze().shape, ones([1, 2, 1]).squeeze(0).shape], [[2], [2, 1]]);
    assert.deepEqual(tensor([2, 1]).argsort({ stable: true }).toArray(), [1, 0]);
    assert.deepEqual(tensor([2, 1]).argsort({ descending: true }).toArray(), [0, 1]);
    assert.deepEqual(torch.arange(3).toArray(), [0, 1, 2]);
    assert.deepEqual(torch.arange(1, 4).toArray(), [1, 2, 3]);
    assert.deepEqual(torch.arange(1, 4, { step: 2, dtype: 'int64' }).toArray(), [1, 3]);
    assert.deepEqual(torch.normal(0, 1, [2, 3]).shape, [2, 3]);
    assert.deepEqual(
      x()
        .index([null, tensor([1], { dtype: 'int64' })])
        .toArray(),
      [[2], [4]],
    );
  });

  scoped('one number stands for a list of fixed length', () => {
    const image = ones([1, 1, 4, 4]);
    assert.deepEqual(image.maxPool2d(2).shape, image.maxPool2d([2, 2]).shape);
    assert.deepEqual(torch.conv2d(image, ones([1, 1, 2, 2]), { stride: [2, 1] }).shape, [1, 1, 2, 3]);
    assert.deepEqual(torch.adaptiveAvgPool2d(image, [1, 2]).shape, [1, 1, 1, 2]);
  });
});

describe('the generator', () => {
  test('writes one form as a plain function and method', () => {
    const schemas = [
      schema('two_words', '', [
        self,
        argument('some_size', 'int[]', { length: 2 }),
        argument('weight', 'Tensor?', { hasDefault: true }),
        argument('pin_memory', 'bool?', { hasDefault: true, keywordOnly: true }),
      ]),
    ];
    const text = emit(selectOperators(schemas, only('two_words')), '9.9');
    assert.ok(text.includes('// Schemas of libtorch 9.9.'));
    assert.ok(text.includes("  ['two_words', '', 'self some_size weight pin_memory', 'weight'],"));
    assert.ok(
      text.includes(
        [
          `/** \`${schemas[0]?.schema}\` */`,
          'export function twoWords(self: Tensor, someSize: Sizes, options?: { weight?: Tensor | null }): Tensor {',
          '  if (options === undefined) {',
          '    return $.made(0, $.call($.id(0), $.slot(0, self), someSize));',
          '  }',
          '  const o: { weight?: unknown } = $.checked(0, options, self);',
          '  return $.made(0, $.call($.id(0), $.slot(0, self), someSize, $.optionalSlot(0, o.weight)));',
          '}',
        ].join('\n'),
      ),
      text,
    );
    assert.ok(text.includes('    twoWords(someSize: Sizes, options?: { weight?: Tensor | null }): Tensor;'));
    assert.ok(text.includes('const methods = {\n  twoWords,\n};'));
  });

  test('writes several forms as overloads of one function', () => {
    const schemas = [
      schema('pick', 'Tensor', [self, argument('other', 'Tensor')]),
      schema('pick', 'Scalar', [self, argument('other', 'Scalar')]),
    ];
    const text = emit(selectOperators(schemas, only('pick')), '9.9');
    assert.ok(
      text.includes(
        [
          `/** \`${schemas[1]?.schema}\` */`,
          'export function pick(self: Tensor, other: Scalar): Tensor;',
          `/** \`${schemas[0]?.schema}\` */`,
          'export function pick(self: Tensor, other: Tensor): Tensor;',
          'export function pick(a?: unknown, b?: unknown, c?: unknown): unknown {',
          '  if ($.isTensor(a) && $.isScalar(b) && $.fits(0, c)) {',
          '    return $.made(0, $.call($.id(0), $.slot(0, a), b));',
          '  }',
          '  if ($.isTensor(a) && $.isTensor(b) && $.fits(1, c)) {',
          '    return $.made(1, $.call($.id(1), $.slot(1, a), $.slot(1, b)));',
          '  }',
          "  throw $.noForm('pick', [a, b, c], [0, 1]);",
          '}',
        ].join('\n'),
      ),
      text,
    );
  });

  test('returns the caller’s tensor from operators that work in place', () => {
    const schemas = [schema('grow_', '', [{ ...self, writes: true }], 'Tensor', true)];
    const text = emit(selectOperators(schemas, only('grow_')), '9.9');
    assert.ok(
      text.includes(
        'export function grow_(self: Tensor): Tensor {\n  $.call($.id(0), $.slot(0, self));\n  return self as Tensor;\n}',
      ),
      text,
    );
  });

  test('gives words of JavaScript another name inside', () => {
    const text = emit(selectOperators([schema('var', '', [self])], only('var')), '9.9');
    assert.ok(text.includes('export function var$(self: Tensor)') && text.includes('export { var$ as var };'), text);
    assert.ok(text.includes('  var: var$,'));
  });

  test('refuses forms that cannot be told apart, until one is left out', () => {
    const schemas = [
      schema('mix', 'a', [self, argument('dim', 'int')]),
      schema('mix', 'b', [self, argument('p', 'float')]),
    ];
    assertThrowsLine(
      () => emit(selectOperators(schemas, only('mix')), '9.9'),
      'codegen: ',
      'aten::mix',
      'cannot be told',
    );
    assert.ok(emit(selectOperators(schemas, only('mix', 'b')), '9.9').includes('mix(self: Tensor, dim: number)'));
  });

  test('refuses names that libtorch lacks, and those without a form for TypeScript', () => {
    assertThrowsLine(
      () => selectOperators([], only('nonesuch')),
      "codegen/allowlist.txt: libtorch has no operator 'nonesuch'",
    );
    const foreign = [
      schema('odd', 'out', [self, argument('out', 'Tensor', { keywordOnly: true, writes: true })]),
      schema('odd', 'gen', [self, argument('generator', 'Generator')]),
      schema('odd', 'names', [self, argument('dim', 'str')]),
      schema('odd', 'int', [argument('a', 'int')], 'int'),
    ];
    assertThrowsLine(() => selectOperators(foreign, only('odd')), "no operator 'odd' that TypeScript can call");
  });

  test('refuses types it does not know', () => {
    const odd = [schema('odd', '', [self, argument('x', 'Quantum')])];
    assertThrowsLine(() => emit(selectOperators(odd, only('odd')), '9.9'), "no TypeScript type for 'Quantum'");
  });
});
