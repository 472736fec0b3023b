import { createHash } from 'node:crypto';
import type { Tensor } from '../tensor.js';

/** SHA-256 over a text and the names, types, shapes and bytes of tensors, in hexadecimal. */
export function digestTensors(tensors: Readonly<Record<string, Tensor>>, text: string): string {
  const sum = createHash('sha256').update(text);
  for (const name of Object.keys(tensors).sort()) {
    const x = tensors[name] as Tensor;
    sum.update(`\n${name} ${x.dtype} ${x.shape}\n`).update(x.bytes());
  }
  return sum.digest('hex');
}
