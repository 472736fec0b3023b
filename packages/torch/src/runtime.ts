import { binding, type Capabilities } from './binding.js';
import type { Device } from './dtype.js';
import { slotOf, Tensor } from './tensor.js';

/** libtorch's version, like `1.13.0`. */
export function version(): string {
  return binding.version();
}

/** libtorch's own report of how it was built. */
export function buildSettings(): string {
  return binding.buildSettings();
}

/** Which libraries and devices there are. */
export function capabilities(): Capabilities {
  return binding.capabilities();
}

/** The number of CPU threads an operator may use. */
export function threads(): number {
  return binding.threads();
}

/**
 * Sets it for libtorch and for its BLAS. At the start it is `TANDEM_THREADS`, or the number of
 * cores.
 * @throws RangeError for anything but an integer, Error below 1
 */
export function setThreads(count: number): void {
  checkInteger('setThreads', count);
  binding.setThreads(count);
}

/**
 * Bytes of main memory that this process has allocated, tensors that only a recorded graph holds
 * included; memory kept for later use does not count. undefined where the C library cannot tell;
 * glibc can from 2.33 on.
 */
export function allocatedBytes(): number | undefined {
  return binding.allocatedBytes();
}

/**
 * Seeds the default random generators of all devices.
 * @throws RangeError for anything but a safe integer
 */
export function manualSeed(seed: number): void {
  checkInteger('manualSeed', seed);
  binding.seed(seed);
}

/**
 * The state of a device's default generator, a uint8 tensor [bytes] that `setGeneratorState` takes
 * back.
 */
export function generatorState(device: Device = 'cpu'): Tensor {
  return new Tensor(binding.generatorState(device), 'generatorState');
}

/**
 * Continues a device's default generator from a saved state.
 * @throws Error for a tensor that is no such state
 */
export function setGeneratorState(state: Tensor, device: Device = 'cpu'): void {
  binding.setGeneratorState(device, slotOf(state, 'setGeneratorState'));
}

function checkInteger(user: string, value: number): void {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${user}: expected a safe integer, got ${value}`);
}
