import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * The device for the tests that run on any but the CPU: `TANDEM_TEST_DEVICE`, else a GPU that is pretended, where libtorch has no CUDA of its own
 * (see native/pretend-cuda.cc). Import this before everything else.
 */
export interface TestDevice {
  readonly device: string;
  readonly isReal: boolean;
  /** How often the host has waited for a number of the pretended GPU. */
  reads(): number;
}

function find(): TestDevice | undefined {
  const given = process.env.TANDEM_TEST_DEVICE;
  if (given) return { device: given, isReal: true, reads: () => 0 };
  const script = fileURLToPath(new URL('../../../../scripts/pretend-cuda.mjs', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  if (!stdout.trim()) return undefined;
  return { device: 'cuda', isReal: false, ...(createRequire(import.meta.url)(stdout.trim()) as { reads(): number }) };
}

/** undefined where libtorch has CUDA, but no device was named. */
export const testDevice = find();
