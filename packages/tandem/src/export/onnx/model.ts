import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type Constant, type ElementType, type Graph, io, type Node, opset } from './graph.js';
import {
  AttributeProto_AttributeType,
  type AttributeProtoSchema,
  ModelProtoSchema,
  TensorProto_DataType,
  type TensorProtoSchema,
  type ValueInfoProtoSchema,
} from './onnx.generated.js';

/** Of the format itself: what came with this set of operators. */
const onnxIrVersion = 7n;

/** ONNX's number of each element type. */
export const elementTypes: Readonly<Record<ElementType, TensorProto_DataType>> = {
  float32: TensorProto_DataType.FLOAT,
  float16: TensorProto_DataType.FLOAT16,
  int8: TensorProto_DataType.INT8,
  uint8: TensorProto_DataType.UINT8,
  int32: TensorProto_DataType.INT32,
  int64: TensorProto_DataType.INT64,
};

/** What a file says of itself. */
export interface ModelInfo {
  /** Of the graph. */
  readonly name: string;
  /** Of the Tandem that writes. */
  readonly producerVersion: string;
  /** Texts by name; any reader shows them. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * A graph as the bytes of an .onnx file. Batch is left open, and height and width where the network
 * takes any.
 */
export function encodeModel(graph: Graph, { name, producerVersion, metadata }: ModelInfo): Uint8Array {
  const { channels, features, classes, side, map } = graph;
  const model = create(ModelProtoSchema, {
    irVersion: onnxIrVersion,
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    producerName: 'tandem',
    producerVersion,
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name,
      node: graph.nodes.map(nodeProto),
      initializer: Object.entries(graph.constants).map(([key, constant]) => tensorProto(key, constant)),
      input: [valueInfo(io.input, ['batch_size', channels, side ?? 'height', side ?? 'width'])],
      output: [
        valueInfo(io.map, ['batch_size', ...map]),
        valueInfo(io.pooled, ['batch_size', features]),
        ...(classes === undefined ? [] : [valueInfo(io.scores, ['batch_size', classes])]),
      ],
    },
  });
  return toBinary(ModelProtoSchema, model);
}

function nodeProto({ op, inputs, output, attributes = {} }: Node) {
  const attribute = Object.entries(attributes).map(([name, value]): MessageInitShape<typeof AttributeProtoSchema> => {
    if (typeof value === 'number') return { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) };
    return { name, type: AttributeProto_AttributeType.INTS, ints: value.map(BigInt) };
  });
  return { opType: op, name: output, input: [...inputs], output: [output], attribute };
}

function tensorProto(name: string, { type, shape, data }: Constant): MessageInitShape<typeof TensorProtoSchema> {
  return {
    name,
    dataType: elementTypes[type],
    dims: shape.map(BigInt),
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}

function valueInfo(name: string, shape: readonly (number | string)[]): MessageInitShape<typeof ValueInfoProtoSchema> {
  const dim = shape.map((size) =>
    typeof size === 'number'
      ? ({ value: { case: 'dimValue', value: BigInt(size) } } as const)
      : ({ value: { case: 'dimParam', value: size } } as const),
  );
  return { name, type: { value: { case: 'tensorType', value: { elemType: elementTypes.float32, shape: { dim } } } } };
}
