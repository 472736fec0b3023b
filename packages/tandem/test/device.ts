import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * The device for the tests that run on any but the CPU: `TANDEM_TEST_DEVICE`, else a GPU that is
 * pretended, where libtorch has no CUDA of its own (see native/pretend-cuda.cc). Import this before
 * everything else.
 */
export interface TestDevice {
  readonly device: string;
  readonly isReal: boolean;
  /** How often the host has waited for a number of the pretended GPU. */
  reads(): number;
  /** How often the host has sent something there. */
  sends(): number;
  /** Bytes that the host has sent there. */
  sent(): number;
  /** How many tensors made in one stream were declared to be used in another. */
  shared(): number;
}

type Counters = Pick<TestDevice, 'reads' | 'sends' | 'sent' | 'shared'>;

/** Where nothing can be counted. */
export const uncounted: Counters = { reads: () => 0, sends: () => 0, sent: () => 0, shared: () => 0 };

function find(): TestDevice | undefined {
  const given = process.env.TANDEM_TEST_DEVICE;
  if (given) return { device: given, isReal: true, ...uncounted };
  const script = fileURLToPath(new URL('../../../../scripts/pretend-cuda.mjs', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  if (!stdout.trim()) return undefined;
  const counters = createRequire(import.meta.url)(stdout.trim()) as Counters;
  return { device: 'cuda', isReal: false, ...counters };
}

/** undefined where libtorch has CUDA, but no device was named. */
export const testDevice = find();
