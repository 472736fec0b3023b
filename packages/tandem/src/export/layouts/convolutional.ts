import type { Tensor } from 'tandem-torch';
import { type ConvNeXt, convnexts, type ResNet, stemSides } from '../../networks/index.js';
import type { EncoderCard } from '../../weights/card.js';
import { layouts, underTheirNames } from '../../weights/layouts/index.js';
import { resnetConfig } from '../configs.js';
import {
  type LayOut,
  type Library,
  refuseWhere,
  timmConfig,
  timmPython,
  torchvisionPython,
  transformersPython,
} from './layout.js';

/** What no library's ResNets have. */
function refuseOwnResNet(library: Library, { architecture }: EncoderCard): void {
  const { stem, sk, pool = 1, embedding, resnetD } = architecture;
  refuseWhere(
    library,
    [sk === true, "selective kernels of SimCLR v2's form (sk=true)"],
    [pool > 1, `ResNet whose features are means of ${pool}x${pool} cells`],
    [embedding !== undefined, 'ResNet with a linear layer after the pooling (embedding)'],
    [stem !== 'standard', `ResNet with the ${stem} stem`],
    [resnetD === true && library !== 'timm', 'ResNet of the form D (resnetD=true)'],
  );
}

/** Those that torchvision and timm build by name have 64 channels, doubled at each stage. */
function checkUsual(library: Library, { architecture }: EncoderCard, features: number, built: readonly string[]): void {
  const { backbone, width } = architecture;
  const usual = ['resnet18', 'resnet34'].includes(backbone) ? 512 : 2048;
  refuseWhere(
    library,
    [!built.includes(backbone), backbone],
    [width !== 64 || features !== usual, `${backbone} of width ${width} with ${features} features`],
  );
}

const torchvisionResnets = ['resnet18', 'resnet34', 'resnet50', 'resnet101', 'resnet152'];

export const resnet: Readonly<Record<Library, LayOut<ResNet>>> = {
  torchvision(encoder, card) {
    refuseOwnResNet('torchvision', card);
    const { backbone, channels } = card.architecture;
    checkUsual('torchvision', card, encoder.featureWidth, torchvisionResnets);
    refuseWhere('torchvision', [channels !== 3, `${backbone} of ${channels} channels`]);
    return { tensors: encoder.stateDict(), config: {}, python: torchvisionPython(`${backbone}()`, 'fc') };
  },
  timm(encoder, card) {
    refuseOwnResNet('timm', card);
    const { backbone, channels, resnetD } = card.architecture;
    checkUsual('timm', card, encoder.featureWidth, [...torchvisionResnets, 'resnet200']);
    const config = timmConfig(`${backbone}${resnetD ? 'd' : ''}`, card, encoder.featureWidth, { in_chans: channels });
    return { tensors: encoder.stateDict(), config, python: timmPython() };
  },
  huggingface(encoder, card) {
    refuseOwnResNet('huggingface', card);
    return {
      tensors: underTheirNames(layouts.transformers, encoder.stateDict()),
      config: { architectures: ['ResNetModel'], ...resnetConfig(encoder, card) },
      python: transformersPython('model(pixels).pooler_output.flatten(1)'),
    };
  },
};

/** Stages as the libraries list them. */
function stagesOf({ architecture: { backbone, width } }: EncoderCard): { depths: readonly number[]; dims: number[] } {
  const depths = convnexts[backbone]?.blocks ?? [];
  return { depths, dims: depths.map((_, stage) => width * 2 ** stage) };
}

export const convnext: Readonly<Record<Library, LayOut<ConvNeXt>>> = {
  torchvision(encoder, card) {
    const { backbone, width, stem, channels, normEps = 1e-6 } = card.architecture;
    refuseWhere(
      'torchvision',
      [backbone === 'convnext-atto', backbone],
      [width !== convnexts[backbone]?.width, `${backbone} of width ${width}`],
      [stem !== 'standard', `ConvNeXt with the ${stem} stem`],
      [channels !== 3, `ConvNeXt of ${channels} channels`],
      [normEps !== 1e-6, `ConvNeXt whose last norm adds ${normEps} (1e-6 in theirs)`],
    );
    const tensors = Object.entries(underTheirNames(layouts['torchvision-convnext'], encoder.stateDict()));
    return {
      tensors: Object.fromEntries(
        tensors.map(([name, x]): [string, Tensor] => [name, name.endsWith('layer_scale') ? x.view([-1, 1, 1]) : x]),
      ),
      config: {},
      python: torchvisionPython(`${backbone.replace('-', '_')}()`, 'classifier[2]'),
    };
  },
  timm(encoder, card) {
    const { channels, stem = 'standard', normEps = 1e-6 } = card.architecture;
    refuseWhere('timm', [normEps !== 1e-6, `ConvNeXt whose last norm adds ${normEps} (1e-6 in theirs)`]);
    const args = { ...stagesOf(card), patch_size: stemSides[stem], in_chans: channels };
    const config = timmConfig('convnext_tiny', card, encoder.featureWidth, args);
    return { tensors: encoder.stateDict(), config, python: timmPython() };
  },
  huggingface(encoder, card) {
    const { channels, stem = 'standard', normEps = 1e-6 } = card.architecture;
    const { depths, dims } = stagesOf(card);
    return {
      tensors: underTheirNames(layouts['transformers-convnext'], encoder.stateDict()),
      config: {
        architectures: ['ConvNextModel'],
        model_type: 'convnext',
        ...{ num_channels: channels, patch_size: stemSides[stem], num_stages: depths.length },
        ...{ depths, hidden_sizes: dims, hidden_act: 'gelu', layer_norm_eps: normEps, image_size: card.size },
      },
      python: transformersPython('model(pixels).pooler_output'),
    };
  },
};
