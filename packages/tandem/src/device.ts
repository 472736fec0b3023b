import { readFileSync } from 'node:fs';
import { capabilities, type Device } from 'tandem-torch';
import { UsageError } from './errors.js';

/** `auto` to the best device there is. @throws UsageError for one that is not there. */
export function chooseDevice(asked: string): Device {
  const { cudaDevices, mps } = capabilities();
  if (asked === 'auto') return cudaDevices > 0 ? 'cuda' : mps ? 'mps' : 'cpu';
  const cuda = /^cuda(?::(\d+))?$/.exec(asked);
  const present = asked === 'cpu' || (cuda && Number(cuda[1] ?? 0) < cudaDevices) || (asked === 'mps' && mps);
  if (!present) {
    const there = ['cpu', ...(cudaDevices > 0 ? [`cuda (${cudaDevices})`] : []), ...(mps ? ['mps'] : [])];
    throw new UsageError(`device '${asked}' is not here; there is ${there.join(', ')}`);
  }
  return asked;
}

/**
 * Whether this processor multiplies bfloat16 in hardware; without it bfloat16 is slower than
 * float32.
 */
export function processorHasBfloat16(): boolean {
  try {
    return /\b(avx512_bf16|amx_bf16)\b/.test(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return false;
  }
}

/** `auto` to bfloat16 where the hardware has it, else float32. */
export function choosePrecision(asked: 'auto' | 'float32' | 'bfloat16', device: Device): 'float32' | 'bfloat16' {
  if (asked !== 'auto') return asked;
  const fast = device.startsWith('cuda') || (device === 'cpu' && processorHasBfloat16());
  return fast ? 'bfloat16' : 'float32';
}
