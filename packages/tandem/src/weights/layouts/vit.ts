import type { Layout, Row } from './layout.js';

// The vision transformers of other libraries. What stands here of names and of what files do not
// say was read from files that those libraries wrote (scripts/fixtures/public/models.py).

const same = (...names: string[]): Row[] => names.map((name) => [name, name]);

/** Of a block, but for its attention. */
const block = (own: Readonly<Record<string, string>>, prefix: string): Row[] =>
  Object.entries(own).map(([name, theirs]) => [`blocks.*.${name}`, `${prefix}.${theirs}`]);

const plainBlock = same(
  ...['norm1', 'attn.qkv', 'attn.q_bias', 'attn.v_bias', 'attn.proj', 'norm2'].map((name) => `blocks.*.${name}`),
);
const perceptron = same('blocks.*.mlp.fc1', 'blocks.*.mlp.fc2');
const scales = same('blocks.*.ls1.gamma', 'blocks.*.ls2.gamma');
const ends = same('cls_token', 'pos_embed', 'patch_embed.proj');

const timm: Layout = {
  name: "timm's vit",
  family: 'vit',
  anchor: 'patch_embed.proj.weight',
  rows: [...ends, ...same('reg_token'), ...plainBlock, ...perceptron, ...scales, ...same('norm', 'head')],
  form: { normEps: 1e-6, resample: 'antialias' },
  classPositionWithRegisters: false,
};

const timmEva: Layout = {
  name: "timm's eva (DINOv3)",
  family: 'vit',
  anchor: 'patch_embed.proj.weight',
  rows: [
    ...ends,
    ...same('reg_token'),
    ...plainBlock,
    ['blocks.*.mlp.fc1', ['blocks.*.mlp.fc1_g', 'blocks.*.mlp.fc1_x']],
    ['blocks.*.mlp.fc1', 'blocks.*.mlp.fc1'],
    ['blocks.*.mlp.fc2', 'blocks.*.mlp.fc2'],
    ['blocks.*.ls1.gamma', 'blocks.*.gamma_1'],
    ['blocks.*.ls2.gamma', 'blocks.*.gamma_2'],
    ...same('norm'),
  ],
  form: { normEps: 1e-5, positions: 'rotary', pooling: 'mean' },
};

/** DINO's, iBOT's, MoCo v3's and DINOv2's own files: timm's names, but for what DINOv2 added. */
const authors: Layout = {
  name: "the authors' vit (DINO, MoCo v3, DINOv2)",
  family: 'vit',
  anchor: 'patch_embed.proj.weight',
  rows: [
    ...ends,
    ['reg_token', 'register_tokens'],
    ...plainBlock,
    ['blocks.*.mlp.fc1', 'blocks.*.mlp.w12'],
    ['blocks.*.mlp.fc1', 'blocks.*.mlp.fc1'],
    ['blocks.*.mlp.fc2', 'blocks.*.mlp.w3'],
    ['blocks.*.mlp.fc2', 'blocks.*.mlp.fc2'],
    ...scales,
    ['norm', 'norm'],
  ],
  form: { normEps: 1e-6, resample: 'offset' },
  classPositionWithRegisters: true,
};

/** Queries, keys and values apart. */
const apart = (prefix: string, [q, k, v]: readonly [string, string, string]): Row[] => [
  ['blocks.*.attn.qkv', [`${prefix}.${q}`, `${prefix}.${k}`, `${prefix}.${v}`]],
  ['blocks.*.attn.q_bias', `${prefix}.${q}.bias`],
  ['blocks.*.attn.v_bias', `${prefix}.${v}.bias`],
];
const short = ['q_proj', 'k_proj', 'v_proj'] as const;
const long = ['query', 'key', 'value'] as const;

const transformersEnds: Row[] = [
  ['cls_token', 'embeddings.cls_token'],
  ['reg_token', 'embeddings.register_tokens'],
  ['pos_embed', 'embeddings.position_embeddings'],
  ['patch_embed.proj', 'embeddings.patch_embeddings.projection'],
];

const vitFile: Layout = {
  name: "transformers' vit",
  family: 'vit',
  anchor: 'embeddings.patch_embeddings.projection.weight',
  rows: [
    ...transformersEnds,
    ...apart('encoder.layer.*.attention.attention', long),
    ...block(
      {
        norm1: 'layernorm_before',
        'attn.proj': 'attention.output.dense',
        norm2: 'layernorm_after',
        'mlp.fc1': 'intermediate.dense',
        'mlp.fc2': 'output.dense',
      },
      'encoder.layer.*',
    ),
    ['norm', 'layernorm'],
  ],
  form: { normEps: 1e-12, resample: 'plain' },
};

const vitMemory: Layout = {
  ...vitFile,
  name: "transformers' vit, as it is in memory",
  rows: [
    ...transformersEnds,
    ...apart('layers.*.attention', short),
    ...block(
      {
        norm1: 'layernorm_before',
        'attn.proj': 'attention.o_proj',
        norm2: 'layernorm_after',
        'mlp.fc1': 'mlp.fc1',
        'mlp.fc2': 'mlp.fc2',
      },
      'layers.*',
    ),
    ['norm', 'layernorm'],
  ],
};

/** Both of DINOv2's: with registers and without. */
const dinov2Block = {
  norm1: 'norm1',
  norm2: 'norm2',
  'ls1.gamma': 'layer_scale1.lambda1',
  'ls2.gamma': 'layer_scale2.lambda1',
};
const dinov2Mlp: Row[] = [
  ['blocks.*.mlp.fc1', 'encoder.layer.*.mlp.weights_in'],
  ['blocks.*.mlp.fc1', ['encoder.layer.*.mlp.gate_proj', 'encoder.layer.*.mlp.up_proj']],
  ['blocks.*.mlp.fc1', 'encoder.layer.*.mlp.fc1'],
  ['blocks.*.mlp.fc2', 'encoder.layer.*.mlp.weights_out'],
  ['blocks.*.mlp.fc2', 'encoder.layer.*.mlp.down_proj'],
  ['blocks.*.mlp.fc2', 'encoder.layer.*.mlp.fc2'],
];

const dinov2File: Layout = {
  name: "transformers' dinov2",
  family: 'vit',
  anchor: 'embeddings.patch_embeddings.projection.weight',
  rows: [
    ...transformersEnds,
    ...apart('encoder.layer.*.attention.attention', long),
    ...block({ ...dinov2Block, 'attn.proj': 'attention.output.dense' }, 'encoder.layer.*'),
    ...dinov2Mlp,
    ['norm', 'layernorm'],
  ],
  form: { normEps: 1e-6, resample: 'offset' },
  classPositionWithRegisters: true,
};

const dinov2Memory: Layout = {
  ...dinov2File,
  name: "transformers' dinov2, as it is in memory",
  rows: [
    ...transformersEnds,
    ...apart('encoder.layer.*.attention', short),
    ...block({ ...dinov2Block, 'attn.proj': 'attention.o_proj' }, 'encoder.layer.*'),
    ...dinov2Mlp,
    ['norm', 'layernorm'],
  ],
};

const dinov3 = (prefix: string): Row[] => [
  ['cls_token', 'embeddings.cls_token'],
  ['reg_token', 'embeddings.register_tokens'],
  ['patch_embed.proj', 'embeddings.patch_embeddings'],
  ...apart(`${prefix}layer.*.attention`, short),
  ...block(
    {
      norm1: 'norm1',
      'attn.proj': 'attention.o_proj',
      'ls1.gamma': 'layer_scale1.lambda1',
      norm2: 'norm2',
      'ls2.gamma': 'layer_scale2.lambda1',
      'mlp.fc2': 'mlp.down_proj',
    },
    `${prefix}layer.*`,
  ),
  ['blocks.*.mlp.fc1', [`${prefix}layer.*.mlp.gate_proj`, `${prefix}layer.*.mlp.up_proj`]],
  ['blocks.*.mlp.fc1', `${prefix}layer.*.mlp.up_proj`],
  ['norm', 'norm'],
];

const dinov3File: Layout = {
  name: "transformers' dinov3_vit",
  family: 'vit',
  anchor: 'embeddings.patch_embeddings.weight',
  rows: dinov3(''),
  form: { normEps: 1e-5, positions: 'rotary' },
};

const torchvision: Layout = {
  name: "torchvision's vit",
  family: 'vit',
  anchor: 'conv_proj.weight',
  rows: [
    ['cls_token', 'class_token'],
    ['pos_embed', 'encoder.pos_embedding'],
    ['patch_embed.proj', 'conv_proj'],
    ['blocks.*.attn.qkv.weight', 'encoder.layers.encoder_layer_*.self_attention.in_proj_weight'],
    ['blocks.*.attn.qkv.bias', 'encoder.layers.encoder_layer_*.self_attention.in_proj_bias'],
    // Of files that older versions wrote.
    ...block({ 'mlp.fc1': 'mlp.linear_1', 'mlp.fc2': 'mlp.linear_2' }, 'encoder.layers.encoder_layer_*'),
    ...block(
      { norm1: 'ln_1', 'attn.proj': 'self_attention.out_proj', norm2: 'ln_2', 'mlp.fc1': 'mlp.0', 'mlp.fc2': 'mlp.3' },
      'encoder.layers.encoder_layer_*',
    ),
    ['norm', 'encoder.ln'],
  ],
  form: { normEps: 1e-6, resample: 'plain' },
};

/** Of layouts that fit alike the first is taken. */
export const vitLayouts = {
  authors,
  timm,
  timmEva,
  'transformers-vit': vitFile,
  'transformers-vit-memory': vitMemory,
  'transformers-dinov2': dinov2File,
  'transformers-dinov2-memory': dinov2Memory,
  'transformers-dinov3': dinov3File,
  'transformers-dinov3-memory': { ...dinov3File, rows: dinov3('model.') },
  'torchvision-vit': torchvision,
} as const satisfies Readonly<Record<string, Layout>>;
