import { readFileSync } from 'node:fs';
import type { Schema, SchemaArgument } from '../src/binding.js';

/** One line of the allow-list: an operator, and the overloads to leave out. */
export interface Allowed {
  readonly name: string;
  readonly without: readonly string[];
}

/**
 * Reads the allow-list: a base name on each line, `-overload` behind it leaves a form out, `#`
 * starts a comment.
 */
export function readAllowList(file: string): Allowed[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter(Boolean)
    .map((line) => {
      const [name, ...without] = line.split(/\s+-/) as [string, ...string[]];
      return { name, without };
    });
}

/** All forms of one operator that TypeScript can call. */
export interface Operator {
  /** Its name, without the namespace where that is aten. */
  readonly name: string;
  readonly forms: readonly Schema[];
}

// Types with no meaning outside C++ and Python. As options they are left out, as required arguments
// they rule the form out.
const foreign = /Dimname|Generator|Storage|Stream|Layout|str\[\]|__torch__|Any|Dict|complex/;

/** Whether an argument is offered to TypeScript at all. */
export function isOffered(argument: SchemaArgument): boolean {
  return !foreign.test(argument.type) && argument.name !== 'pin_memory';
}

function isCallable(schema: Schema): boolean {
  const out = schema.arguments.some((argument) => argument.keywordOnly && argument.writes);
  // Forms that name dimensions; libtorch prints their Dimname as a plain str.
  const named = /dimname|names/i.test(schema.overload);
  const blocked = schema.arguments.some((argument) => !isOffered(argument) && !argument.hasDefault);
  // Forms that exist for TorchScript's own lists and numbers, not for tensors.
  const scripted = schema.returns.some((result) => !/^(Tensor(\[\])?|int|float|bool|Scalar)$/.test(result.type));
  const touchesTensor = [...schema.arguments, ...schema.returns].some((argument) => argument.type.startsWith('Tensor'));
  return !out && !named && !blocked && !scripted && touchesTensor;
}

/**
 * The operators of the allow-list with their callable forms, forms that demand more keywords first.
 * @throws when a name of the list is not in libtorch.
 */
export function selectOperators(schemas: readonly Schema[], allowed: readonly Allowed[]): Operator[] {
  const byName = new Map<string, Schema[]>();
  for (const schema of schemas) {
    const name = schema.name.replace('aten::', '');
    byName.set(name, [...(byName.get(name) ?? []), schema]);
  }
  return [...allowed]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, without }) => {
      const forms = (byName.get(name) ?? []).filter((form) => isCallable(form) && !without.includes(form.overload));
      if (forms.length === 0)
        throw new Error(`codegen/allowlist.txt: libtorch has no operator '${name}' that TypeScript can call`);
      forms.sort((a, b) => keywordsDemanded(b) - keywordsDemanded(a) || (a.overload < b.overload ? -1 : 1));
      return { name, forms };
    });
}

function keywordsDemanded(schema: Schema): number {
  return schema.arguments.filter((argument) => argument.keywordOnly && !argument.hasDefault).length;
}
