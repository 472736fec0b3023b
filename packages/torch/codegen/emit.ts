import type { Schema, SchemaArgument } from '../src/binding.js';
import { camelCase } from '../src/call.js';
import { isOffered, type Operator } from './select.js';

// Factories whose dtype libtorch takes from the number given, which in JavaScript does not say
// whether it is an integer.
const float32ByDefault = new Set(['arange', 'full']);

const reserved = new Set(['var', 'in', 'default', 'delete', 'function', 'new', 'with']);

/** One form of an operator, split as TypeScript sees it. */
interface Form {
  readonly row: number;
  readonly schema: Schema;
  readonly required: readonly SchemaArgument[];
  readonly options: readonly SchemaArgument[];
}

/** The whole of `ops.generated.ts`. */
export function emit(operators: readonly Operator[], version: string): string {
  const rows: string[] = [];
  const functions: string[] = [];
  const methodTypes: string[] = [];
  const methodNames: string[] = [];
  for (const operator of operators) {
    const forms = operator.forms.map((schema): Form => {
      const offered = schema.arguments.filter(isOffered);
      const isOption = (argument: SchemaArgument) => argument.hasDefault || argument.keywordOnly;
      const required = offered.filter((argument) => !isOption(argument));
      const options = offered.filter(isOption);
      const names = schema.arguments.map((argument) => argument.name).join(' ');
      const optionNames = options.map((argument) => camelCase(argument.name)).join(' ');
      rows.push(`  ['${operator.name}', '${schema.overload}', '${names}', '${optionNames}'],`);
      return { row: rows.length - 1, schema, required, options };
    });
    functions.push(emitFunction(operator.name, forms));
    const methods = forms.filter(({ required }) => required[0]?.name === 'self' && required[0].type === 'Tensor');
    if (methods.length > 0) {
      methodNames.push(operator.name);
      for (const form of methods)
        methodTypes.push(`${documentation(form, '    ')}    ${signature(camelCase(operator.name), form, true)};`);
    }
  }
  return [
    '// Generated from libtorch by `npm run generate`; edit codegen/ and its allow-list instead.',
    `// Schemas of libtorch ${version}.`,
    "import * as $ from './call.js';",
    "import type { Device, DType, MemoryFormat, Scalar, Sizes } from './dtype.js';",
    "import { Tensor } from './tensor.js';",
    '',
    '$.register([',
    ...rows,
    ']);',
    '',
    ...functions,
    "declare module './tensor.js' {",
    '  interface Tensor {',
    ...methodTypes,
    '  }',
    '}',
    '',
    '/** Functions that are methods too: the tensor is their first argument. */',
    'const methods = {',
    ...methodNames.map((name) => `  ${property(name)},`),
    '};',
    '',
    'for (const [name, operator] of Object.entries(methods)) {',
    "  if (name in Tensor.prototype) throw new Error('Tensor has a member of its own named ' + name);",
    '  const apply = operator as (self: Tensor, ...rest: unknown[]) => unknown;',
    '  Object.defineProperty(Tensor.prototype, name, {',
    '    value(this: Tensor, ...rest: unknown[]) {',
    '      return apply(this, ...rest);',
    '    },',
    '  });',
    '}',
    '',
  ].join('\n');
}

function property(aten: string): string {
  const name = camelCase(aten);
  return reserved.has(name) ? `${name}: ${name}$` : name;
}

function documentation({ schema }: Form, indent = ''): string {
  return `${indent}/** \`${schema.schema.replaceAll('*/', '* /')}\` */\n`;
}

function emitFunction(aten: string, forms: readonly Form[]): string {
  const exported = camelCase(aten);
  const name = reserved.has(exported) ? `${exported}$` : exported;
  const alias = name === exported ? '' : `export { ${name} as ${exported} };\n`;
  if (forms.length === 1) {
    const [form] = forms as [Form];
    const names = form.required.map((argument) => local(argument.name));
    const body = [
      ...callLines(form, names, 'options', `$.checked(${form.row}, options, ${names[0] ?? 'undefined'})`, '  '),
    ];
    return `${documentation(form)}export function ${signature(name, form, false)} {\n${body.join('\n')}\n}\n${alias}`;
  }
  const longest = Math.max(...forms.map(({ required }) => required.length));
  const parameters = Array.from({ length: longest + 1 }, (_, i) => String.fromCharCode(97 + i));
  const head = forms.map((form) => `${documentation(form)}export function ${signature(name, form, false)};\n`).join('');
  const seen = new Set<string>();
  const cases = forms.map((form) => {
    const given = parameters.slice(0, form.required.length);
    const options = parameters[form.required.length] as string;
    const tests = form.required.map((argument, i) => kindTest(argument, given[i] as string));
    const demanded = form.options.filter((argument) => !argument.hasDefault);
    tests.push(...demanded.map((argument) => `$.has(${options}, '${camelCase(argument.name)}')`));
    const told = `${tests.join()} ${form.options.map((argument) => argument.name).join()}`;
    if (seen.has(told))
      throw new Error(`codegen: ${form.schema.schema} cannot be told from another form; leave one out`);
    seen.add(told);
    tests.push(`$.fits(${form.row}, ${options})`);
    return [
      `  if (${tests.join(' && ')}) {`,
      ...callLines(form, given, options, `$.given(${options})`, '    '),
      '  }',
    ].join('\n');
  });
  const list = forms.map(({ row }) => row).join(', ');
  const declared = parameters.map((parameter) => `${parameter}?: unknown`).join(', ');
  return (
    `${head}export function ${name}(${declared}): unknown {\n${cases.join('\n')}\n` +
    `  throw $.noForm('${exported}', [${parameters.join(', ')}], [${list}]);\n}\n${alias}`
  );
}

function local(name: string): string {
  const camel = camelCase(name);
  return reserved.has(camel) ? `${camel}$` : camel;
}

function signature(name: string, { schema, required, options }: Form, method: boolean): string {
  const parameters = required
    .slice(method ? 1 : 0)
    .map((argument) => `${local(argument.name)}: ${typeScript(argument)}`);
  if (options.length > 0) {
    const members = options.map((argument) => {
      const mark = argument.hasDefault ? '?' : '';
      return `${camelCase(argument.name)}${mark}: ${typeScript(argument)}`;
    });
    const demanded = options.some((argument) => !argument.hasDefault);
    parameters.push(`options${demanded ? '' : '?'}: { ${members.join('; ')} }`);
  }
  return `${name}(${parameters.join(', ')}): ${resultType(schema)}`;
}

/**
 * The lines that call and wrap the result; `raw` is the options argument, `options` the expression
 * that checks it.
 */
function* callLines(
  form: Form,
  given: readonly string[],
  raw: string,
  options: string,
  indent: string,
): Generator<string> {
  const { row, schema } = form;
  const special = float32ByDefault.has(schema.name.replace('aten::', ''));
  if (form.options.length > 0) {
    if (!special && form.options.every((argument) => argument.hasDefault)) {
      // Without options, which is the usual case, fewer arguments cross into the addon: it knows
      // their defaults.
      const short = form.required.map((argument, i) => converted(row, argument, given[i] as string));
      yield `${indent}if (${raw} === undefined) {`;
      yield* resultLines(form, given, `$.call(${[`$.id(${row})`, ...short].join(', ')})`, `${indent}  `);
      yield `${indent}}`;
    }
    const members = form.options.map((argument) => `${camelCase(argument.name)}?: unknown`).join('; ');
    yield `${indent}const o: { ${members} } = ${options};`;
  }
  const values = schema.arguments.map((argument) => {
    const position = form.required.indexOf(argument);
    if (position >= 0) return converted(row, argument, given[position] as string);
    if (!form.options.includes(argument)) return 'undefined';
    const value = `o.${camelCase(argument.name)}`;
    if (argument.name === 'dtype' && special) return `${value} ?? 'float32'`;
    return converted(row, argument, value);
  });
  while (values.at(-1) === 'undefined') values.pop();
  yield* resultLines(form, given, `$.call(${[`$.id(${row})`, ...values].join(', ')})`, indent);
}

/** The lines that make the call and wrap its result. */
function* resultLines(
  { row, schema }: Form,
  given: readonly string[],
  call: string,
  indent: string,
): Generator<string> {
  const { returns } = schema;
  const inPlace = returns.length === 1 && returns[0]?.writes && schema.arguments[0]?.writes;
  if (returns.length === 0) {
    yield `${indent}${call};`;
    yield `${indent}return;`;
  } else if (inPlace) {
    yield `${indent}${call};`;
    yield `${indent}return ${given[0]} as Tensor;`;
  } else if (returns.length === 1 && returns[0]?.type === 'Tensor') {
    yield `${indent}return $.made(${row}, ${call});`;
  } else if (returns.every((result) => result.type.startsWith('Tensor'))) {
    yield `${indent}return $.madeAll(${row}, ${call}) as ${resultType(schema)};`;
  } else {
    yield `${indent}return ${call} as ${resultType(schema)};`;
  }
}

function converted(row: number, { type }: SchemaArgument, value: string): string {
  if (type === 'Tensor') return `$.slot(${row}, ${value})`;
  if (type === 'Tensor?') return `$.optionalSlot(${row}, ${value})`;
  if (type.startsWith('Tensor')) return `$.slots(${row}, ${value})`;
  return value;
}

/** The TypeScript type of a schema type. */
function typeScript({ type, length }: SchemaArgument): string {
  if (type.endsWith('?')) return `${typeScript({ type: type.slice(0, -1), length } as SchemaArgument)} | null`;
  switch (type) {
    case 'Tensor[]':
      return 'readonly Tensor[]';
    case 'Tensor?[]':
      return 'readonly (Tensor | null)[]';
    case 'int':
    case 'float':
    case 'SymInt':
      return 'number';
    case 'int[]':
    case 'SymInt[]':
    case 'float[]':
      return length ? 'Sizes' : 'readonly number[]';
    case 'bool':
      return 'boolean';
    case 'bool[]':
      return 'readonly boolean[]';
    case 'Scalar':
    case 'Tensor':
    case 'Device':
    case 'MemoryFormat':
      return type;
    case 'Scalar[]':
      return 'readonly Scalar[]';
    case 'str':
      return 'string';
    case 'ScalarType':
      return 'DType';
    default:
      throw new Error(`codegen: no TypeScript type for '${type}'`);
  }
}

/** The test by which an overloaded function recognises an argument. */
function kindTest({ type, length }: SchemaArgument, value: string): string {
  if (type.endsWith('?'))
    return `(${value} === null || ${kindTest({ type: type.slice(0, -1), length } as SchemaArgument, value)})`;
  switch (type) {
    case 'Tensor':
      return `$.isTensor(${value})`;
    case 'Tensor[]':
    case 'Tensor?[]':
      return `$.isTensors(${value})`;
    case 'int':
    case 'float':
    case 'SymInt':
      return `$.isNumber(${value})`;
    case 'int[]':
    case 'SymInt[]':
    case 'float[]':
      return length ? `($.isNumbers(${value}) || $.isNumber(${value}))` : `$.isNumbers(${value})`;
    case 'bool':
      return `$.isBoolean(${value})`;
    case 'Scalar':
      return `$.isScalar(${value})`;
    case 'Scalar[]':
      return `$.isNumbers(${value})`;
    case 'str':
    case 'ScalarType':
    case 'Device':
    case 'MemoryFormat':
      return `$.isString(${value})`;
    default:
      throw new Error(`codegen: no test for '${type}'`);
  }
}

function resultType({ returns }: Schema): string {
  const one = (type: string): string => {
    if (type === 'Tensor' || type === 'Tensor[]') return type;
    return type === 'bool' ? 'boolean' : 'number';
  };
  if (returns.length === 0) return 'void';
  if (returns.length === 1) return one((returns[0] as SchemaArgument).type);
  const labels = returns.map(({ name, type }, i) => `${name ? camelCase(name) : `result${i}`}: ${one(type)}`);
  return `[${labels.join(', ')}]`;
}
