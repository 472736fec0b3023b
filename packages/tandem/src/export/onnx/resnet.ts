import { nn, noGrad, scope, type Tensor, tensor } from '@tandem/torch';
import { UserError } from '../../errors.js';
import { BasicBlock, type Encoder, ResNet } from '../../networks/index.js';
import { type Constant, float32, type Graph, io, type Node } from './graph.js';

/** What each colour counts in a gray value (ITU-R BT.601), as PIL and the usual image libraries have it. */
const luma = [0.299, 0.587, 0.114] as const;

/**
 * What an encoder computes in evaluation. Batch norms go into the convolutions before them. Encoders of gray images take
 * colour ones: the first convolution makes them gray, since no reader of the format does that by itself.
 * @throws UserError for an encoder that is no ResNet of basic blocks
 */
export function graphOf(encoder: Encoder): Graph {
  if (!(encoder instanceof ResNet)) {
    throw new UserError(`only ResNets of basic blocks can be written as ONNX, not ${encoder.constructor.name}`);
  }
  const { conv1 } = encoder;
  if (!(conv1 instanceof nn.Conv2d)) throw new UserError('a stem of several convolutions cannot be written as ONNX');
  const draft = new Draft();
  let x = draft.relu('stem', draft.convolution('stem.conv', io.input, conv1, encoder.bn1, true));
  if (encoder.maxpool) x = draft.maxPool('stem.pool', x, encoder.maxpool);
  const blocks = [encoder.layer1, encoder.layer2, encoder.layer3, encoder.layer4].flatMap((stage, s) =>
    (stage?.layers ?? []).map((block, b) => [`layer${s + 1}.${b}`, block] as const),
  );
  for (const [name, block] of blocks) {
    if (!(block instanceof BasicBlock)) throw new UserError(`${name} is ${block.constructor.name}, no basic block`);
    x = basicBlock(draft, name, x, block, block === blocks.at(-1)?.[1] ? io.map : undefined);
  }
  draft.add('GlobalAveragePool', [x], 'pool');
  draft.add('Flatten', ['pool'], io.pooled, { axis: 1 });
  return { channels: draft.channels, features: encoder.featureWidth, nodes: draft.nodes, constants: draft.constants };
}

function basicBlock(draft: Draft, name: string, x: string, block: BasicBlock, output = `${name}.out`): string {
  const first = draft.relu(`${name}.1`, draft.convolution(`${name}.conv1`, x, block.conv1, block.bn1));
  const second = draft.convolution(`${name}.conv2`, first, block.conv2, block.bn2);
  const carried = block.downsample ? shortcut(draft, name, x, block.downsample) : x;
  return draft.relu(`${name}.sum`, draft.add('Add', [second, carried], `${name}.sum`), output);
}

function shortcut(draft: Draft, name: string, x: string, { layers: [conv, norm, ...more] }: nn.Sequential): string {
  if (!(conv instanceof nn.Conv2d && norm instanceof nn.BatchNorm2d) || more.length > 0) {
    throw new UserError(`${name} has a shortcut that cannot be written as ONNX`);
  }
  return draft.convolution(`${name}.shortcut`, x, conv, norm);
}

/** A graph while it is being written. */
class Draft {
  readonly nodes: Node[] = [];
  readonly constants: Record<string, Constant> = {};
  channels = 0;

  add(op: string, inputs: readonly string[], output: string, attributes?: Node['attributes']): string {
    this.nodes.push({ op, inputs, output, ...(attributes && { attributes }) });
    return output;
  }

  relu(name: string, x: string, output = `${name}.relu`): string {
    return this.add('Relu', [x], output);
  }

  convolution(name: string, x: string, conv: nn.Conv2d, norm: nn.BatchNorm2d, first = false): string {
    const [weight, bias] = folded(conv, norm, first);
    if (first) this.channels = weight.shape[1] as number;
    Object.assign(this.constants, { [`${name}.weight`]: weight, [`${name}.bias`]: bias });
    const { stride, padding } = conv.options;
    const window = windowOf(weight.shape.slice(2), stride, padding);
    return this.add('Conv', [x, `${name}.weight`, `${name}.bias`], name, window);
  }

  maxPool(name: string, x: string, { kernel, options: { stride = kernel, padding = 0 } }: nn.MaxPool2d): string {
    return this.add('MaxPool', [x], name, windowOf(pair(kernel), stride, padding));
  }
}

type Sizes = number | readonly number[];

const pair = (size: Sizes): readonly number[] => (typeof size === 'number' ? [size, size] : size);

function windowOf(kernel: readonly number[], stride: Sizes, padding: Sizes): Node['attributes'] {
  const [y, x] = pair(padding) as [number, number];
  return { kernel_shape: kernel, strides: pair(stride), pads: [y, x, y, x] };
}

/** Convolution and batch norm as one: w g / sqrt(v + eps) and b - m g / sqrt(v + eps), in float64. */
function folded(conv: nn.Conv2d, norm: nn.BatchNorm2d, first: boolean): [weight: Constant, bias: Constant] {
  return scope(() =>
    noGrad(() => {
      const wide = (x: Tensor) => x.detach().to({ device: 'cpu', dtype: 'float64' });
      const [scale, shift] = [norm.weight as Tensor, norm.bias as Tensor].map(wide) as [Tensor, Tensor];
      const factor = scale.div(wide(norm.runningVar).add(norm.eps).sqrt());
      let weight = wide(conv.weight).mul(factor.view([-1, 1, 1, 1]));
      const bias = shift.sub(wide(norm.runningMean).mul(factor));
      // The shares sum to 1, so that normalisation and padding stay what they are.
      if (first && weight.shape[1] === 1)
        weight = weight.mul(tensor([...luma], { dtype: 'float64', shape: [1, 3, 1, 1] }));
      return [constant(weight), constant(bias)];
    }),
  );
}

function constant(x: Tensor): Constant {
  return float32(x.shape, Float32Array.from(x.to('float32').contiguous().data() as Float32Array));
}
