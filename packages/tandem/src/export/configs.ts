import type { nn } from 'tandem-torch';
import { type BasicBlock, Bottleneck, type Encoder, ResNet } from '../networks/index.js';
import type { EncoderCard } from '../weights/card.js';
import { channelsOf } from './input-channels.js';
import type { Onnx } from './model-card.js';

/**
 * `config.json`, as Hugging Face's ResNet has it; transformers.js finds the kind of model in it.
 * Without a quantized model it is asked to load the float32 one, where it would take the other, in
 * WebAssembly. Of another network it has no name that other libraries would take for one of theirs.
 * @param classes of a classifier on it
 */
export function modelConfig(
  encoder: Encoder,
  card: EncoderCard,
  onnx: Onnx,
  classes: readonly string[] | undefined,
): object {
  const dtype = typeof onnx !== 'string' && typeof onnx.quantized === 'string' && { dtype: 'fp32' };
  const forJavaScript = dtype && { 'transformers.js_config': dtype };
  if (typeof onnx === 'string' || !isTheirs(encoder)) {
    const channels = typeof onnx === 'string' ? card.architecture.channels : channelsOf(card);
    const shapes = { num_channels: channels, hidden_size: encoder.featureWidth, image_size: card.size };
    return { ...shapes, ...(classes && labelsOf(classes)), ...forJavaScript, tandem: card };
  }
  return {
    architectures: [classes ? 'ResNetForImageClassification' : 'ResNetModel'],
    ...resnetConfig(encoder, card),
    num_channels: channelsOf(card),
    ...(classes && labelsOf(classes)),
    ...forJavaScript,
    tandem: card,
  };
}

/** What Hugging Face's library builds a ResNet from. */
export function resnetConfig({ layer1, layer2, layer3, layer4 }: ResNet, { architecture, size }: EncoderCard) {
  const stages = [layer1, layer2, layer3, layer4].flatMap((stage) => (stage ? [stage.layers] : []));
  return {
    model_type: 'resnet',
    layer_type: stages[0]?.[0] instanceof Bottleneck ? 'bottleneck' : 'basic',
    hidden_act: 'relu',
    num_channels: architecture.channels,
    embedding_size: architecture.width,
    hidden_sizes: stages.map(widthOf),
    depths: stages.map((blocks) => blocks.length),
    downsample_in_first_stage: false,
    image_size: size,
  };
}

/** The names of classes as the format has them. */
function labelsOf(classes: readonly string[]): object {
  return {
    id2label: Object.fromEntries(classes.entries()),
    label2id: Object.fromEntries(classes.map((name, i) => [name, i])),
    problem_type: 'single_label_classification',
  };
}

/**
 * Whether it is a ResNet as Hugging Face's is: no selective kernels, nothing of ResNet-D, one mean
 * of the map.
 */
function isTheirs(encoder: Encoder): encoder is ResNet {
  return encoder instanceof ResNet && !encoder.sk && !encoder.resnetD && encoder.pool === 1 && !encoder.embedding;
}

function widthOf([block]: readonly nn.Module[]): number {
  const last = block instanceof Bottleneck ? block.conv3 : (block as BasicBlock).conv2;
  return last.weight.shape[0] as number;
}

/**
 * `preprocessor_config.json`: the shorter side to `size`, the centre cut out, normalised. That is
 * what Tandem does, which brings the shorter side to a little more first and then the whole square
 * to `size`. Of the filters that the format knows Lanczos comes nearest, and it is the one that
 * transformers.js does not alias with. (`docs/reference/exported-folder.md` has the numbers.) ONNX
 * models of gray images take colour.
 */
export function preprocessorConfig({ size, mean, std, range, bits }: EncoderCard, onnx: Onnx): object {
  const [black, white] = range ?? [0, bits === 16 ? 65535 : 255];
  const factor = 1 / (white - black);
  const isGray = typeof onnx === 'string' && mean.length === 1;
  const colours = (values: readonly number[]) =>
    values.length !== 1 || isGray ? values : [0, 1, 2].map(() => values[0]);
  return {
    image_processor_type: 'CLIPImageProcessor', // the plainest that does these steps and no others
    do_convert_rgb: !isGray && mean.length <= 3,
    do_resize: true,
    size: { shortest_edge: size },
    resample: 1,
    do_center_crop: true,
    crop_size: { height: size, width: size },
    do_rescale: true,
    rescale_factor: factor,
    do_normalize: true,
    // Black is taken away with the mean, for which alone the format has a place.
    image_mean: colours(mean.map((value) => value + black * factor)),
    image_std: colours(std),
  };
}
