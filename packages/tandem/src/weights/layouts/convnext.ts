import type { Layout, Row } from './layout.js';

// The names here are timm's.

const rowsOf = (
  stem: readonly [string, string],
  stage: (place: number) => { readonly down: string; readonly block: string },
  parts: Readonly<Record<'convDw' | 'norm' | 'fc1' | 'fc2' | 'gamma', string>>,
  norm: string,
): Row[] => [
  ['stem.0', stem[0]],
  ['stem.1', stem[1]],
  ...[0, 1, 2, 3].flatMap((place): Row[] => {
    const own = `stages.${place}`;
    const { down, block } = stage(place);
    return [
      [`${own}.downsample.0`, `${down}.0`],
      [`${own}.downsample.1`, `${down}.1`],
      [`${own}.blocks.*.conv_dw`, `${block}.${parts.convDw}`],
      [`${own}.blocks.*.norm`, `${block}.${parts.norm}`],
      [`${own}.blocks.*.mlp.fc1`, `${block}.${parts.fc1}`],
      [`${own}.blocks.*.mlp.fc2`, `${block}.${parts.fc2}`],
      [`${own}.blocks.*.gamma`, `${block}.${parts.gamma}`],
    ];
  }),
  ['head.norm', norm],
];

const timm: Layout = {
  name: "timm's convnext",
  family: 'convnext',
  anchor: 'stages.0.blocks.0.conv_dw.weight',
  rows: rowsOf(
    ['stem.0', 'stem.1'],
    (place) => ({ down: `stages.${place}.downsample`, block: `stages.${place}.blocks.*` }),
    { convDw: 'conv_dw', norm: 'norm', fc1: 'mlp.fc1', fc2: 'mlp.fc2', gamma: 'gamma' },
    'head.norm',
  ),
};

const torchvision: Layout = {
  name: "torchvision's convnext",
  family: 'convnext',
  anchor: 'features.1.0.block.0.weight',
  rows: rowsOf(
    ['features.0.0', 'features.0.1'],
    (place) => ({ down: `features.${2 * place}`, block: `features.${2 * place + 1}.*` }),
    { convDw: 'block.0', norm: 'block.2', fc1: 'block.3', fc2: 'block.5', gamma: 'layer_scale' },
    'classifier.0',
  ),
};

const transformers: Layout = {
  name: "transformers' convnext",
  family: 'convnext',
  anchor: 'encoder.stages.0.layers.0.dwconv.weight',
  rows: rowsOf(
    ['embeddings.patch_embeddings', 'embeddings.layernorm'],
    (place) => ({ down: `encoder.stages.${place}.downsampling_layer`, block: `encoder.stages.${place}.layers.*` }),
    { convDw: 'dwconv', norm: 'layernorm', fc1: 'pwconv1', fc2: 'pwconv2', gamma: 'layer_scale_parameter' },
    'layernorm',
  ),
  form: { normEps: 1e-12 },
};

/** Of layouts that fit alike the first is taken. */
export const convnextLayouts = {
  'timm-convnext': timm,
  'torchvision-convnext': torchvision,
  'transformers-convnext': transformers,
} as const satisfies Readonly<Record<string, Layout>>;
