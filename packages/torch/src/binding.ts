import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';

/** One argument or result of an operator, as libtorch describes it. */
export interface SchemaArgument {
  readonly name: string;
  readonly type: string;
  /** The length of a fixed-size list, where one number stands for all. */
  readonly length?: number;
  readonly keywordOnly: boolean;
  readonly hasDefault: boolean;
  readonly writes: boolean;
}

/** An operator's schema as data. */
export interface Schema {
  readonly name: string;
  readonly overload: string;
  readonly arguments: readonly SchemaArgument[];
  readonly returns: readonly SchemaArgument[];
  readonly schema: string;
}

/** What libtorch was built with and which devices it sees. */
export interface Capabilities {
  readonly mkldnn: boolean;
  readonly mkl: boolean;
  readonly lapack: boolean;
  readonly openmp: boolean;
  readonly mps: boolean;
  readonly cudaDevices: number;
  /** OpenBLAS's own description, absent where another BLAS is linked. */
  readonly openblas?: string;
}

/**
 * The native addon's functions. Tensors are slot numbers here; everything above speaks of `Tensor`.
 */
export interface Binding {
  call(operator: number, ...values: unknown[]): unknown;
  resolve(name: string, overload: string, argumentNames: readonly string[], shown: string): number;
  schemas(): Schema[];

  capacity(): number;
  attach(generations: Uint32Array): void;
  beginScope(): void;
  endScope(kept: readonly number[]): void;
  keep(slot: number): void;
  dispose(slot: number): void;
  liveCount(): number;
  live(): [slot: number, maker: string | undefined, bytes: number, owned: boolean][];
  freed(slot: number): string;

  fromArray(array: NodeJS.TypedArray, shape: readonly number[], dtype: string, user: string): number;
  fromBuffer(array: NodeJS.TypedArray, shape: readonly number[], dtype: string, user: string): number;
  read(slot: number, into: NodeJS.TypedArray): void;
  item(slot: number): number | boolean;
  shape(slot: number): number[];
  strides(slot: number): number[];
  dtype(slot: number): string;
  device(slot: number): string;
  isContiguous(slot: number, channelsLast: boolean): boolean;

  backward(outputs: readonly number[], gradients: readonly number[] | null, retain: boolean, create: boolean): void;
  gradients(
    outputs: readonly number[],
    inputs: readonly number[],
    gradients: readonly number[] | null,
    retain: boolean,
    create: boolean,
    allowUnused: boolean,
  ): number[];
  requiresGrad(slot: number): boolean;
  setRequiresGrad(slot: number, on: boolean): void;
  isLeaf(slot: number): boolean;
  gradient(slot: number, known: number): number;
  setGradient(slot: number, gradient: number): void;
  setGradMode(on: boolean): boolean;
  gradMode(): boolean;
  beginInference(): void;
  endInference(): void;
  autocastEnabled(device: string): boolean;
  beginAutocast(device: string, dtype: string, on: boolean): [dtype: string, on: boolean];
  endAutocast(device: string, dtype: string, on: boolean): void;

  version(): string;
  buildSettings(): string;
  capabilities(): Capabilities;
  threads(): number;
  setThreads(count: number): void;
  keepFreedMemory(): void;
  allocatedBytes(): number | undefined;
  seed(value: number): void;
  generatorState(device: string): number;
  setGeneratorState(device: string, state: number): void;

  copyAsync(pinned: number, device: string): number;
  waitForCopy(copy: number): void;

  hasCudaGraphs(): boolean;
  cudaMemory(device: string): [free: number, total: number];
  leaveDefaultStream(device: string): void;
  beginCapture(sharing: number): void;
  endCapture(keep: boolean): number;
  replayGraph(graph: number): void;
  freeGraph(graph: number): void;
}

function load(): Binding {
  // `npm run test:sanitize` names another build of it.
  const file = process.env.TANDEM_ADDON ?? fileURLToPath(new URL('../../build/tandem_torch.node', import.meta.url));
  if (!existsSync(file)) {
    throw new Error('the native engine is not built; run `npm run setup` in the repository');
  }
  return createRequire(import.meta.url)(file) as Binding;
}

function threadsWanted(setting: string | undefined): number {
  if (!setting) return availableParallelism();
  if (/^[1-9]\d{0,3}$/.test(setting)) return Number(setting);
  throw new Error(`TANDEM_THREADS must be a whole number of at least 1, got '${setting}'`);
}

/**
 * How long a waiting thread of libgomp spins before it sleeps, read when the library is loaded. On
 * a machine that is busy with other work its default lets threads wait for each other's time slices
 * (a training run took eight times as long); on a quiet one it is twice as quick.
 */
const isBusy = (loadavg()[0] as number) > availableParallelism();
if (isBusy && !process.env.OMP_WAIT_POLICY) process.env.GOMP_SPINCOUNT ??= '10000';

/** The one place where the addon is loaded. */
export const binding: Binding = load();

/**
 * The generation of each slot, shared with the addon: a reference is live while its own generation
 * stands here.
 */
export const generations = new Uint32Array(binding.capacity());

binding.attach(generations);
binding.keepFreedMemory();
binding.setThreads(threadsWanted(process.env.TANDEM_THREADS));
