/** Element types that constants of a graph have. */
export type ElementType = 'float32' | 'float16' | 'int8' | 'uint8' | 'int32' | 'int64';

/** A tensor that belongs to a graph, on the host; `float16` as its bits. */
export type Constant = Numbers | Indices;

/** What is computed with. */
export interface Numbers {
  /** Of the elements. */
  readonly type: Exclude<ElementType, 'int64'>;
  /** Of the tensor. */
  readonly shape: readonly number[];
  /** Row by row; float16 as its bits. */
  readonly data: Float32Array | Uint16Array | Int8Array | Uint8Array | Int32Array;
}

/** Shapes and places, which some operators take as an input. */
export interface Indices {
  /** Of the elements. */
  readonly type: 'int64';
  /** Of the tensor. */
  readonly shape: readonly number[];
  /** Row by row. */
  readonly data: BigInt64Array;
}

/**
 * One operator of ONNX's standard set, with one output, as https://onnx.ai/onnx/operators/ has it.
 */
export interface Node {
  /** ONNX's name of the operator. */
  readonly op: string;
  /** Names of values and constants. */
  readonly inputs: readonly string[];
  /** The name of the value. */
  readonly output: string;
  /** By ONNX's names. */
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

/**
 * What a network computes, as data: from `pixel_values` [n, channels, h, w] to `last_hidden_state`
 * [n, ...map], `pooler_output` [n, features] and, with a classifier, `logits` [n, classes], all
 * float32. Nodes stand in the order in which they can be computed.
 */
export interface Graph {
  /** Of the images. */
  readonly channels: number;
  /** Of an image. */
  readonly features: number;
  /** Of a classifier on the features, whose scores are a third output. */
  readonly classes?: number;
  /** Side of the images, where it takes no others. */
  readonly side?: number;
  /** Sizes of `last_hidden_state` after the batch; those that depend on the images by a name. */
  readonly map: readonly (number | string)[];
  /** In an order in which they can be computed. */
  readonly nodes: readonly Node[];
  /** By name. */
  readonly constants: Readonly<Record<string, Constant>>;
}

/** The images that an encoder takes. */
export interface Images {
  /** Their side, in pixels. */
  readonly size: number;
  /** Their channels. */
  readonly channels: number;
}

/** The names that tools built on Hugging Face's conventions look for. */
export const io = {
  input: 'pixel_values',
  map: 'last_hidden_state',
  pooled: 'pooler_output',
  scores: 'logits',
} as const;

/**
 * The version of ONNX's operators that graphs are written in: the first whose quantization knows
 * channels.
 */
export const opset = 13;

/** A constant. */
export function float32(shape: readonly number[], data: Float32Array): Numbers {
  return { type: 'float32', shape, data };
}

/** The constant of that name, which the graph must have. */
export function numbersOf({ constants }: Graph, name: string | undefined): Numbers {
  const found = name === undefined ? undefined : constants[name];
  if (!found || found.type === 'int64') throw new Error(`the graph has no numbers '${name}'`);
  return found;
}

/** The same of shapes and places. */
export function indicesOf({ constants }: Graph, name: string | undefined): number[] {
  const found = name === undefined ? undefined : constants[name];
  if (found?.type !== 'int64') throw new Error(`the graph has no indices '${name}'`);
  return Array.from(found.data, Number);
}
