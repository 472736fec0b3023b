import { binding, operatorOf, replaceCall, type SchemaArgument } from './binding.js';
import { Tensor } from './tensor.js';

/** An operator as it was called. */
export interface OperatorCall {
  /** libtorch's name and overload, such as `aten::add.Tensor`. */
  readonly operator: string;
  /**
   * By libtorch's names; those that were left out are absent. A tensor is live while it is told.
   */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** What it made, or changed in place. */
  readonly outputs: readonly Tensor[];
}

/**
 * Tells of each operator that is called while `work` runs, in order: what a network computes, for
 * those who write it down elsewhere. Operators that `told` itself calls are not told.
 */
export function recordOperators<T>(told: (call: OperatorCall) => void, work: () => T): T {
  let isTelling = false;
  const call = replaceCall((id, ...values) => {
    const result = call(id, ...values);
    if (isTelling) return result;
    isTelling = true;
    try {
      told(callOf(id, values, result));
    } finally {
      isTelling = false;
    }
    return result;
  });
  try {
    return work();
  } finally {
    replaceCall(call);
  }
}

function callOf(id: number, values: readonly unknown[], result: unknown): OperatorCall {
  const operator = operatorOf(id);
  const types = schemaOf(operator);
  const given = types.map((type, i) => [type, values[i]] as const).filter(([, value]) => value !== undefined);
  const written = given.filter(([{ writes }]) => writes).map(([, value]) => value);
  const made = written.length > 0 ? written : [result].flat();
  return {
    operator,
    inputs: Object.fromEntries(given.map(([{ name, type }, value]) => [name, seen(type, value)])),
    outputs: made.map((slot) => new Tensor(slot as number, operator)),
  };
}

/** Slots as tensors, all else as it is. */
function seen(type: string, value: unknown): unknown {
  if (!type.startsWith('Tensor') || value === null) return value;
  return Array.isArray(value) ? value.map((slot) => seen('Tensor', slot)) : new Tensor(value as number, 'recorded');
}

let schemas: Map<string, readonly SchemaArgument[]> | undefined;

function schemaOf(operator: string): readonly SchemaArgument[] {
  schemas ??= new Map(
    binding.schemas().map(({ name, overload, arguments: all }) => [overload ? `${name}.${overload}` : name, all]),
  );
  return schemas.get(operator) ?? [];
}

/** The same for all references to one tensor, and another for any other that is live. */
export function identityOf({ slot, generation }: Tensor): string {
  return `${slot}:${generation}`;
}
