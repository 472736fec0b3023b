import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { findAddon, packageRoot } from '../setup/places.mjs';
import { withWidestKernels } from './blas.js';

/** One argument or result of an operator, as libtorch describes it. */
export interface SchemaArgument {
  /** libtorch's own name, in snake case. */
  readonly name: string;
  /** As TorchScript spells it, such as `Tensor?` or `int[]`. */
  readonly type: string;
  /** The length of a fixed-size list, where one number stands for all. */
  readonly length?: number;
  /** Whether it comes after the `*` of the schema. */
  readonly keywordOnly: boolean;
  /** Whether it can be left out. */
  readonly hasDefault: boolean;
  /** Whether the operator changes it in place. */
  readonly writes: boolean;
}

/** An operator's schema as data. */
export interface Schema {
  /** With its namespace, such as `aten::add`. */
  readonly name: string;
  /** Tells forms of one name apart; empty for the main one. */
  readonly overload: string;
  /** In the order of the schema. */
  readonly arguments: readonly SchemaArgument[];
  /** In the order of the schema. */
  readonly returns: readonly SchemaArgument[];
  /** libtorch's own spelling. */
  readonly schema: string;
}

/** What libtorch was built with and which devices it sees. */
export interface Capabilities {
  /** oneDNN, for convolutions on CPUs. */
  readonly mkldnn: boolean;
  /** Intel's BLAS. */
  readonly mkl: boolean;
  /** Linear algebra beyond products. */
  readonly lapack: boolean;
  /** Threads within an operator. */
  readonly openmp: boolean;
  /** Whether our own kernels find vectors of at least 8 floats that multiply and add at once. */
  readonly wideVectors: boolean;
  /** Whether they have the processor's tile unit (AMX) for products of matrices. */
  readonly tiles: boolean;
  /** Apple's GPUs. */
  readonly mps: boolean;
  /** How many GPUs CUDA sees. */
  readonly cudaDevices: number;
  /** OpenBLAS's own description, absent where another BLAS is linked. */
  readonly openblas?: string;
}

/**
 * The native addon's functions. Tensors are slot numbers here; everything above speaks of `Tensor`.
 */
export interface Binding {
  /**
   * The boxed call. Values go by the schema: slots for tensors, undefined for defaults, null for
   * None.
   */
  call(operator: number, ...values: unknown[]): unknown;
  /**
   * The number of an operator, for `call`. Throws where this libtorch has none, or orders its
   * arguments otherwise; `shown` is its name in messages.
   */
  resolve(name: string, overload: string, argumentNames: readonly string[], shown: string): number;
  /** Every operator of libtorch and of our own. */
  schemas(): Schema[];

  /** How many slots there are. */
  capacity(): number;
  /** Shares the table of generations. */
  attach(generations: Uint32Array): void;
  /** Slots that are filled from now on belong to this scope. */
  beginScope(): void;
  /** Frees them but for these, which go to the scope around it. */
  endScope(kept: readonly number[]): void;
  /** Takes a slot out of all scopes. */
  keep(slot: number): void;
  /** Frees a slot. */
  dispose(slot: number): void;
  /** How many slots are filled. */
  liveCount(): number;
  /** All slots that are filled; bytes of shared memory count once. */
  live(): [slot: number, maker: string | undefined, bytes: number, owned: boolean][];
  /** What a slot held last, as `float32[2, 3]`; empty where it holds a newer tensor. */
  freed(slot: number): string;

  /** A tensor with a copy of the array; `user` is the name in messages. */
  fromArray(array: NodeJS.TypedArray, shape: readonly number[], dtype: string, user: string): number;
  /** A tensor over the array's memory. */
  fromBuffer(array: NodeJS.TypedArray, shape: readonly number[], dtype: string, user: string): number;
  /** Copies a tensor's elements to the array in row-major order. */
  read(slot: number, into: NodeJS.TypedArray): void;
  /** The one element of a tensor. */
  item(slot: number): number | boolean;
  /** Sizes of the dimensions. */
  shape(slot: number): number[];
  /** Steps along the dimensions, in elements. */
  strides(slot: number): number[];
  /** Element type. */
  dtype(slot: number): string;
  /** Where it lies. */
  device(slot: number): string;
  /** Whether the elements lie in order in memory. */
  isContiguous(slot: number, channelsLast: boolean): boolean;

  /** Accumulates the gradients of leaves. */
  backward(outputs: readonly number[], gradients: readonly number[] | null, retain: boolean, create: boolean): void;
  /** Gradients with respect to inputs; -1 for one that took no part. */
  gradients(
    outputs: readonly number[],
    inputs: readonly number[],
    gradients: readonly number[] | null,
    retain: boolean,
    create: boolean,
    allowUnused: boolean,
  ): number[];
  /** Whether operators on it are recorded. */
  requiresGrad(slot: number): boolean;
  /** Switches that on or off. */
  setRequiresGrad(slot: number, on: boolean): void;
  /** Whether no recorded operator made it. */
  isLeaf(slot: number): boolean;
  /** The slot of its gradient: `known` where that slot still holds it, -1 where there is none. */
  gradient(slot: number, known: number): number;
  /** Replaces its gradient; -1 for none. */
  setGradient(slot: number, gradient: number): void;
  /** Switches recording on or off; what it was before. */
  setGradMode(on: boolean): boolean;
  /** Whether operators are recorded. */
  gradMode(): boolean;
  /** Begins inference mode; modes nest. */
  beginInference(): void;
  /** Ends the innermost one. */
  endInference(): void;
  /** Whether autocast is on for a device. */
  autocastEnabled(device: string): boolean;
  /** Sets autocast; what it was before, for `endAutocast`. */
  beginAutocast(device: string, dtype: string, on: boolean): [dtype: string, on: boolean];
  /** Puts that back. */
  endAutocast(device: string, dtype: string, on: boolean): void;

  /** libtorch's version. */
  version(): string;
  /** libtorch's report of how it was built. */
  buildSettings(): string;
  /** Libraries and devices. */
  capabilities(): Capabilities;
  /** CPU threads of an operator. */
  threads(): number;
  /** Sets them, for the BLAS too. */
  setThreads(count: number): void;
  /**
   * Has the allocator hold on to large blocks: giving each back to the system tripled their cost.
   */
  keepFreedMemory(): void;
  /** Bytes that are allocated and not freed; undefined where the C library cannot tell. */
  allocatedBytes(): number | undefined;
  /** Seeds every default generator. */
  seed(value: number): void;
  /** The slot of a default generator's state. */
  generatorState(device: string): number;
  /** Puts a state back. */
  setGeneratorState(device: string, state: number): void;

  /**
   * From now on threads that wait for each other spin for a moment only while other work takes the
   * cores, and for long while none does.
   */
  watchNeighbours(threads: number): void;
  /** Whether they do so just now; undefined where that is not the addon's to say. */
  waitsAreShort(): boolean | undefined;

  /** Begins a copy of pinned memory to a device, in a stream of its own. */
  copyAsync(pinned: number, device: string): number;
  /** Has this thread's stream wait for it. */
  waitForCopy(copy: number): void;

  /** Whether the addon was built with CUDA; those below throw where it was not. */
  hasCudaGraphs(): boolean;
  /** Bytes of a GPU. */
  cudaMemory(device: string): [free: number, total: number];
  /** Moves this thread's work to a stream that can be captured. */
  leaveDefaultStream(device: string): void;
  /** Begins to capture a graph, with the memory of another or, at -1, its own. */
  beginCapture(sharing: number): void;
  /** Ends it: the number of the graph, -1 where it is not kept. */
  endCapture(keep: boolean): number;
  /** Repeats the work of a graph. */
  replayGraph(graph: number): void;
  /** Frees a graph. */
  freeGraph(graph: number): void;

  /** Whether the addon was built with Gloo's headers; those below throw where it was not. */
  hasDist(): boolean;
  /** The number of a TCPStore. All that waits for others takes its limit in milliseconds. */
  openStore(host: string, port: number, isServer: boolean, limit: number): number;
  /** What stands under a key; undefined where nothing does yet. */
  storeGet(store: number, key: string, limit: number): string | undefined;
  /** Writes it. */
  storeSet(store: number, key: string, text: string, limit: number): void;
  /** Lets go of it. */
  closeStore(store: number): void;
  /** The number of a group of processes, which are all there; `address` may be an interface. */
  openGroup(
    store: number,
    prefix: string,
    rank: number,
    size: number,
    address: string,
    isInterface: boolean,
    joinLimit: number,
    limit: number,
    verdict: Int32Array,
  ): number;
  /** Ends it. */
  closeGroup(group: number): void;
  /** Whether a tensor on a GPU is sent from there, by NCCL; all processes ask. */
  isSentFromGpu(group: number, slot: number): boolean;
  /** Begins a sum, minimum or maximum in place: the number of a collective. */
  allReduce(group: number, slot: number, operation: string): number;
  /** Begins to gather tensors into one of [size, ...]. */
  allGather(group: number, slot: number, all: number): number;
  /** Begins to overwrite a tensor by that of one process. */
  broadcast(group: number, slot: number, from: number): number;
  /** Waits for the end of a collective. */
  waitForWork(work: number): void;
  takeWaits(group: number): readonly number[];
  /** The rows of all processes; differentiable. */
  gatherRows(group: number, slot: number, counts: readonly number[]): number;
  /** What adds up gradients of these parameters over all processes: its number. */
  openSums(group: number, parameters: readonly number[], isHalf: boolean): number;
  /** A backward pass that leaves them with the sums. */
  backwardAndSum(sums: number, loss: number): void;
  /** Ends it. */
  closeSums(sums: number): void;
  /** From here on norms in our own passes take the rows of all processes; of none at -1. */
  measureAcross(group: number): void;
  /** Batch norm over the rows of all processes; differentiable. */
  syncBatchNorm(
    group: number,
    slot: number,
    weight: number,
    bias: number,
    runningMean: number,
    runningVar: number,
    momentum: number,
    eps: number,
    counts: readonly number[],
  ): number;

  /** The first SIGINT or SIGTERM writes this to stderr; absent on Windows. */
  announceSignals?(text: string): void;
  /** Takes that back. */
  forgetSignals?(): void;
}

/** How people set the engine up; the second where only the engine is installed. */
const cure = 'run `npx tandem setup` (of the engine alone: `npx tandem-torch setup`)';

function loadAddon(): Binding {
  const file = findAddon();
  if (file === null) throw new Error(`the native engine is not set up; ${cure}`);
  if (!existsSync(file)) throw new Error(`TANDEM_ADDON=${file} is not there; correct or unset it`);
  try {
    return createRequire(import.meta.url)(file) as Binding;
  } catch (error) {
    const [why] = (error as Error).message.split('\n');
    throw new Error(`the native engine does not load: ${why}; ${cure}`, { cause: error });
  }
}

function threadsWanted(setting: string | undefined): number {
  if (!setting) return availableParallelism();
  if (/^[1-9]\d{0,3}$/.test(setting)) return Number(setting);
  throw new Error(`TANDEM_THREADS must be a whole number of at least 1, got '${setting}'`);
}

/** Says to another copy of this package that this one has loaded its addon. */
const mark = Symbol.for('tandem-torch');

/** libtorch ends the process where two addons register the same operators. */
function refuseSecondCopy(): void {
  const other: unknown = Reflect.get(globalThis, mark);
  if (other === undefined) return;
  throw new Error(`tandem-torch is here twice, in ${other} and ${packageRoot}; a process takes one of them`);
}

/**
 * The one place where the addon is loaded, at its first use: so the package can be imported, and
 * set up, where there is none yet.
 */
function load(): Binding {
  const threads = threadsWanted(process.env.TANDEM_THREADS);
  refuseSecondCopy();
  const addon = withWidestKernels(loadAddon);
  Reflect.set(globalThis, mark, packageRoot);
  generations = new Uint32Array(addon.capacity());
  addon.attach(generations);
  addon.keepFreedMemory();
  addon.setThreads(threads);
  // Who sets libgomp's own variables has chosen how threads wait.
  const { OMP_WAIT_POLICY, GOMP_SPINCOUNT } = process.env;
  if (threads > 1 && !OMP_WAIT_POLICY && !GOMP_SPINCOUNT) addon.watchNeighbours(threads);
  binding = addon;
  call = addon.call;
  return addon;
}

/** The addon's functions. Until its first use an object stands here that loads it. */
export let binding: Binding = new Proxy({} as Binding, { get: (_, name) => Reflect.get(load(), name) });

/** The boxed call itself. */
export let call: Binding['call'] = (operator, ...values) => binding.call(operator, ...values);

/** libtorch's names of operators, overloads included, by the addon's numbers. */
const operators = new Map<number, string>();

/** The addon's number of an operator; see `Binding.resolve`. */
export function resolve(...[name, overload, ...more]: Parameters<Binding['resolve']>): number {
  const operator = binding.resolve(name, overload, ...more);
  operators.set(operator, overload ? `${name}.${overload}` : name);
  return operator;
}

/** The name of an operator that was resolved, such as `aten::add.Tensor`. */
export function operatorOf(operator: number): string {
  return operators.get(operator) as string;
}

/** Has all operators go through another function. @returns what they went through before */
export function replaceCall(other: Binding['call']): Binding['call'] {
  binding.version(); // loads the addon, which sets it too
  const before = call;
  call = other;
  return before;
}

/**
 * The generation of each slot, shared with the addon: a reference is live while its own generation
 * stands here. Before the addon is loaded there are no references.
 */
export let generations: Uint32Array = new Uint32Array();
