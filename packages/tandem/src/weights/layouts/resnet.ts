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

/** Of a block of SimCLR v2's, whose parts are numbered. */
function simclrBlock(stage: number, inner: readonly Row[], last: number, shortcut: readonly Row[]): Row[] {
  const [own, theirs] = [`layer${stage}.*`, `net.${stage}.blocks.*`];
  const rows: Row[] = [
    ['conv1', 'net.0'],
    ['bn1', 'net.1.0'],
    ...inner,
    ['conv3', `net.${last}`],
    ['bn3', `net.${last + 1}.0`],
    ...shortcut,
  ];
  return rows.map(([name, other]) => [`${own}.${name}`, `${theirs}.${other}`]);
}

/** SimCLR v2's as the usual converter of Google's files writes it (Separius/SimCLRv2-Pytorch). */
const simclr: Layout = {
  name: "SimCLR v2's converter",
  family: 'resnet',
  anchor: 'net.1.blocks.0.projection.bn.0.weight',
  plainPixels: true,
  rows: [
    ['conv1', 'net.0.0'],
    ['bn1', 'net.0.1.0'],
    ...[1, 2, 3, 4].flatMap((stage) =>
      simclrBlock(
        stage,
        [
          ['conv2', 'net.2'],
          ['bn2', 'net.3.0'],
        ],
        4,
        [
          ['downsample.0', 'projection.shortcut'],
          ['downsample.1', 'projection.bn.0'],
        ],
      ),
    ),
    ['fc', 'fc'],
  ],
};

/** The same with selective kernels. */
const simclrKernels: Layout = {
  ...simclr,
  name: "SimCLR v2's converter, with selective kernels",
  rows: [
    ...['0', '1.0', '2', '3.0', '4'].map((place, i): Row => [`conv1.${[0, 1, 3, 4, 6][i]}`, `net.0.${place}`]),
    ['bn1', 'net.0.5.0'],
    ...[1, 2, 3, 4].flatMap((stage) =>
      simclrBlock(
        stage,
        [
          ['conv2.conv', 'net.2.main_conv.0'],
          ['conv2.bn', 'net.2.main_conv.1.0'],
          ['conv2.attn.fc_reduce', 'net.2.mixing_conv.0'],
          ['conv2.attn.bn', 'net.2.mixing_conv.1.0'],
          ['conv2.attn.fc_select', 'net.2.mixing_conv.2'],
        ],
        3,
        [
          ['downsample.1', 'projection.shortcut.2'],
          ['downsample.2', 'projection.bn.0'],
        ],
      ),
    ),
    ['fc', 'fc'],
  ],
};

/** Of layouts that fit alike the first is taken. */
export const resnetLayouts = { torchvision, transformers, simclr, simclrKernels } as const satisfies Readonly<
  Record<string, Layout>
>;
