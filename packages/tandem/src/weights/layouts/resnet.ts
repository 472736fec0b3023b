import type { Layout, Row } from './layout.js';

/** torchvision's, whose names are the ones here; timm's ResNets have them too. */
const torchvision: Layout = {
  name: "torchvision's resnet",
  family: 'resnet',
  anchor: 'layer1.0.conv1.weight',
  rows: ['conv1', 'bn1', ...[1, 2, 3, 4].flatMap((stage) => partsOf(`layer${stage}.*`))].map((name) => [name, name]),
};

function partsOf(block: string): string[] {
  return ['conv1', 'bn1', 'conv2', 'bn2', 'conv3', 'bn3', 'downsample.0', 'downsample.1'].map(
    (part) => `${block}.${part}`,
  );
}

/** Hugging Face's (huggingface/transformers, models/resnet/modeling_resnet.py). */
const transformers: Layout = {
  name: "Hugging Face's resnet",
  family: 'resnet',
  anchor: 'encoder.stages.0.layers.0.layer.0.convolution.weight',
  rows: [
    ['conv1', 'embedder.embedder.convolution'],
    ['bn1', 'embedder.embedder.normalization'],
    ['fc', 'classifier.1'],
    ...[1, 2, 3, 4].flatMap((stage) => {
      const [own, theirs] = [`layer${stage}.*`, `encoder.stages.${stage - 1}.layers.*`];
      return [
        ...[1, 2, 3].flatMap((place): Row[] => [
          [`${own}.conv${place}`, `${theirs}.layer.${place - 1}.convolution`],
          [`${own}.bn${place}`, `${theirs}.layer.${place - 1}.normalization`],
        ]),
        [`${own}.downsample.0`, `${theirs}.shortcut.convolution`] as Row,
        [`${own}.downsample.1`, `${theirs}.shortcut.normalization`] as Row,
      ];
    }),
  ],
};

/** Of layouts that fit alike the first is taken. */
export const resnetLayouts = { torchvision, transformers } as const satisfies Readonly<Record<string, Layout>>;
