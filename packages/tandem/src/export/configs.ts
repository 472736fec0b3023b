import type { nn } from '@tandem/torch';
import type { BasicBlock, Encoder, ResNet } from '../networks/index.js';
import type { EncoderCard } from './encoder-file.js';

/**
 * `config.json`, as Hugging Face's ResNet has it; transformers.js finds the kind of model in it.
 * @param hasQuantized false has transformers.js load the float32 model where it would take the quantized one, in WebAssembly
 */
export function modelConfig(encoder: Encoder, card: EncoderCard, hasQuantized: boolean): object {
  const { layer1, layer2, layer3, layer4 } = encoder as ResNet;
  const stages = [layer1, layer2, layer3, layer4].flatMap((stage) => (stage ? [stage.layers] : []));
  return {
    architectures: ['ResNetModel'],
    model_type: 'resnet',
    layer_type: 'basic',
    hidden_act: 'relu',
    num_channels: 3,
    embedding_size: card.architecture.width,
    hidden_sizes: stages.map(widthOf),
    depths: stages.map((blocks) => blocks.length),
    downsample_in_first_stage: false,
    image_size: card.size,
    ...(!hasQuantized && { 'transformers.js_config': { dtype: 'fp32' } }),
    tandem: card,
  };
}

function widthOf([block]: readonly nn.Module[]): number {
  return (block as BasicBlock).conv2.weight.shape[0] as number;
}

/**
 * `preprocessor_config.json`: the shorter side to `size`, the centre cut out, normalised. That is what Tandem does, which brings the
 * shorter side to a little more first and then the whole square to `size`. Of the filters that the format knows Lanczos comes nearest,
 * and it is the one that transformers.js does not alias with. (`docs/export.md` has the numbers.)
 */
export function preprocessorConfig({ size, mean, std }: EncoderCard): object {
  const colours = (values: readonly number[]) => (values.length === 3 ? values : [0, 1, 2].map(() => values[0]));
  return {
    image_processor_type: 'CLIPImageProcessor', // the plainest that does these steps and no others
    do_convert_rgb: true,
    do_resize: true,
    size: { shortest_edge: size },
    resample: 1,
    do_center_crop: true,
    crop_size: { height: size, width: size },
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: colours(mean),
    image_std: colours(std),
  };
}
