import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Frees what nobody refers to any more. Buffers outside V8's own heap it frees by itself only once
 * that heap grows, which in a training run it hardly does.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}
