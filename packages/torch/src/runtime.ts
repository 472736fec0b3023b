import { type Capabilities, door } from './door.js';
import type { Device } from './dtype.js';
import { slotOf, Tensor } from './tensor.js';

/** libtorch's version, like `1.13.0`. */
export function version(): string {
  return door.version();
}

/** libtorch's own report of how it was built. */
export function buildSettings(): string {
  return door.buildSettings();
}

/** Which libraries and devices there are. */
export function capabilities(): Capabilities {
  return door.capabilities();
}

/** The number of CPU threads an operator may use. */
export function threads(): number {
  return door.threads();
}

/**
 * Sets it for libtorch and for its BLAS. At the start it is `TANDEM_THREADS`, or the number of
 * cores.
 */
export function setThreads(count: number): void {
  checkInteger('setThreads', count);
  door.setThreads(count);
}

/**
 * Bytes of main memory that this process has allocated, tensors that only a recorded graph holds
 * included; memory kept for later use does not count. undefined where the C library cannot tell;
 * glibc can from 2.33 on.
 */
export function allocatedBytes(): number | undefined {
  return door.allocatedBytes();
}

/** Seeds the default random generators of all devices. */
export function manualSeed(seed: number): void {
  checkInteger('manualSeed', seed);
  door.seed(seed);
}

/**
 * The state of a device's default generator, a uint8 tensor that `setGeneratorState` takes back.
 */
export function generatorState(device: Device = 'cpu'): Tensor {
  return new Tensor(door.generatorState(device), 'generatorState');
}

/** Continues a device's default generator from a saved state. */
export function setGeneratorState(state: Tensor, device: Device = 'cpu'): void {
  door.setGeneratorState(device, slotOf(state, 'setGeneratorState'));
}

function checkInteger(user: string, value: number): void {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${user}: expected a safe integer, got ${value}`);
}
