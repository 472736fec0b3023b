import { noGrad, ones, type Tensor, zeros } from 'tandem-torch';
import type { Architecture, ViT } from '../../networks/index.js';
import type { EncoderCard } from '../../weights/card.js';
import { type Layout, layouts, underTheirNames } from '../../weights/layouts/index.js';
import {
  type LaidOut,
  type LayOut,
  type Library,
  refuseWhere,
  timmConfig,
  timmPython,
  torchvisionPython,
  transformersPython,
} from './layout.js';

type Tensors = Readonly<Record<string, Tensor>>;

/** What a ViT is made of, with the numbers that its name stands for. */
interface Form extends Architecture {
  readonly depth: number;
  readonly heads: number;
  readonly patch: number;
  readonly size: number;
  readonly mlpWidth: number;
}

function formOf({ blocks, patch }: ViT, { architecture, size }: EncoderCard): Form {
  const [first] = blocks as [ViT['blocks'][number]];
  const { heads } = first.attn;
  const mlpWidth = first.mlp.fc2.weight.shape[1] as number;
  return { ...architecture, depth: blocks.length, heads, patch, mlpWidth, size: architecture.size ?? size };
}

const positionsOf = (form: Form) => (form.positions === 'rotary' ? 'rotary' : 'learned');

/** What a plain ViT does not have. */
function refuseForms(library: Library, form: Form): void {
  const { normEps = 1e-6, mlp, qkvBias, classToken } = form;
  refuseWhere(
    library,
    [positionsOf(form) === 'rotary', 'ViT with rotary positions in a form that can be written'],
    [normEps !== 1e-6, `ViT whose norms add ${normEps} (1e-6 in theirs)`],
    [mlp === 'swiglu', 'ViT with SwiGLU that its config.json can ask for'],
    [qkvBias === 'query-value', 'ViT whose keys alone have no bias'],
    [classToken === false && library !== 'timm', 'ViT without a class token'],
  );
}

export const vit: Readonly<Record<Library, LayOut<ViT>>> = {
  torchvision(encoder, card) {
    const form = formOf(encoder, card);
    refuseForms('torchvision', form);
    refuseWhere(
      'torchvision',
      [form.registers !== undefined, 'ViT with registers'],
      [form.layerScale !== undefined, 'ViT with factors of its layers (layerScale)'],
      [encoder.pooling !== 'class', 'ViT whose features are a mean of patches'],
      [form.qkvBias === 'none', 'ViT without biases of queries, keys and values'],
      [form.channels !== 3, `ViT of ${form.channels} channels`],
    );
    const sides = `image_size=${form.size}, patch_size=${form.patch}`;
    const build = `VisionTransformer(${sides}, num_layers=${form.depth}, num_heads=${form.heads}, hidden_dim=${form.width}, mlp_dim=${form.mlpWidth})`;
    return {
      tensors: underTheirNames(layouts['torchvision-vit'], encoder.stateDict()),
      config: {},
      python: torchvisionPython(build, 'heads'),
    };
  },

  timm(encoder, card) {
    const form = formOf(encoder, card);
    refuseForms('timm', form);
    const { registers, layerScale, classToken = true, qkvBias } = form;
    const args = {
      ...{ img_size: form.size, patch_size: form.patch, in_chans: form.channels },
      ...{ embed_dim: form.width, depth: form.depth, num_heads: form.heads, mlp_ratio: form.mlpWidth / form.width },
      ...(qkvBias === 'none' && { qkv_bias: false }),
      ...(layerScale !== undefined && { init_values: layerScale }),
      ...(registers !== undefined && { reg_tokens: registers, no_embed_class: true }),
      ...(!classToken && { class_token: false }),
      global_pool: encoder.pooling === 'class' ? 'token' : 'avg',
      ...(encoder.pooling === 'mean' && { fc_norm: false }),
    };
    const state = encoder.stateDict();
    const tensors = registers === undefined || !classToken ? state : withoutClassPosition(state);
    const laid = underTheirNames(layouts.timm, tensors);
    const config = timmConfig('vit_small_patch16_224', card, encoder.featureWidth, args);
    return { tensors: encoder.pooling === 'mean-norm' ? normedAfter(laid) : laid, config, python: timmPython() };
  },

  huggingface(encoder, card) {
    const form = formOf(encoder, card);
    const { registers, layerScale, classToken = true, qkvBias = 'all' } = form;
    const isRotary = positionsOf(form) === 'rotary';
    refuseWhere(
      'huggingface',
      [!classToken, 'ViT without a class token'],
      [encoder.pooling === 'mean-norm', 'ViT whose features are the norm of a mean'],
      [isRotary && qkvBias === 'all', 'ViT with rotary positions and biases of keys'],
      [!isRotary && qkvBias === 'query-value', 'ViT whose keys alone have no bias'],
      [!isRotary && form.mlp === 'swiglu', 'ViT with SwiGLU and learned positions that it writes and reads alike'],
    );
    if (isRotary) return dinov3(encoder, form);
    return registers === undefined && layerScale === undefined ? plain(encoder, form) : dinov2(encoder, form);
  },
};

const common = ({ channels, width, depth, heads, patch, size, normEps = 1e-6 }: Form) => ({
  ...{ num_channels: channels, hidden_size: width, num_hidden_layers: depth, num_attention_heads: heads },
  ...{ patch_size: patch, image_size: size, layer_norm_eps: normEps },
});

/** The features in Python: the class token, or the patches' mean. */
function transformersFeatures({ pooling, prefix }: ViT): string {
  const tokens = 'model(pixels).last_hidden_state';
  return pooling === 'class' ? `${tokens}[:, 0]` : `${tokens}[:, ${prefix}:].mean(1)`;
}

function laid(encoder: ViT, layout: Layout, tensors: Tensors, config: Record<string, unknown>): LaidOut {
  const isGated = encoder.blocks[0]?.mlp.gated === true;
  return {
    tensors: underTheirNames(layout, tensors, isGated),
    config,
    python: transformersPython(transformersFeatures(encoder)),
  };
}

function plain(encoder: ViT, form: Form): LaidOut {
  return laid(encoder, layouts['transformers-vit'], encoder.stateDict(), {
    architectures: ['ViTModel'],
    model_type: 'vit',
    ...common(form),
    ...{ intermediate_size: form.mlpWidth, hidden_act: 'gelu', qkv_bias: form.qkvBias !== 'none' },
  });
}

function dinov2(encoder: ViT, form: Form): LaidOut {
  const { registers, width } = form;
  const ratio = form.mlpWidth / width;
  refuseWhere('huggingface', [
    !Number.isInteger(ratio),
    `ViT with registers or layerScale whose perceptrons are ${ratio} times as wide`,
  ]);
  const kind =
    registers === undefined ? ['Dinov2Model', 'dinov2'] : ['Dinov2WithRegistersModel', 'dinov2_with_registers'];
  const out = laid(encoder, layouts['transformers-dinov2'], withScales(encoder), {
    architectures: [kind[0]],
    model_type: kind[1],
    ...common(form),
    ...{ mlp_ratio: ratio, hidden_act: 'gelu', qkv_bias: form.qkvBias !== 'none', use_swiglu_ffn: false },
    ...(registers !== undefined && { num_register_tokens: registers }),
  });
  // It has a place for it, though features do not depend on it.
  return { ...out, tensors: { ...out.tensors, 'embeddings.mask_token': zeros([1, width]) } };
}

/** Its turning's base of 100 is the library's own, who asks for one with a point: 100.0. */
function dinov3(encoder: ViT, form: Form): LaidOut {
  const { registers = 0, qkvBias, mlpWidth, width } = form;
  const isGated = form.mlp === 'swiglu';
  const hasBias = qkvBias === 'query-value';
  const out = laid(encoder, layouts['transformers-dinov3'], withScales(encoder), {
    architectures: ['DINOv3ViTModel'],
    model_type: 'dinov3_vit',
    ...common(form),
    ...{ intermediate_size: mlpWidth, hidden_act: isGated ? 'silu' : 'gelu', use_gated_mlp: isGated },
    num_register_tokens: registers,
    ...{ query_bias: hasBias, key_bias: false, value_bias: hasBias, proj_bias: true, mlp_bias: true },
  });
  const beside = {
    'embeddings.mask_token': zeros([1, 1, width]),
    ...(registers === 0 && { 'embeddings.register_tokens': zeros([1, 0, width]) }),
  };
  return { ...out, tensors: { ...out.tensors, ...beside } };
}

/** Where there are no factors of layers, ones change nothing. */
function withScales(encoder: ViT): Tensors {
  const state = encoder.stateDict();
  const scales = encoder.blocks.flatMap(({ ls1 }, i) =>
    ls1 ? [] : [1, 2].map((n): [string, Tensor] => [`blocks.${i}.ls${n}.gamma`, ones([encoder.featureWidth])]),
  );
  return { ...state, ...Object.fromEntries(scales) };
}

/** The class token with its position in it, and the positions of patches alone. */
function withoutClassPosition({ cls_token: token, pos_embed: positions, ...rest }: Tensors): Tensors {
  const [own, all] = [token as Tensor, positions as Tensor];
  const patches = (all.shape[1] as number) - 1;
  return noGrad(() => ({
    ...rest,
    cls_token: own.add(all.narrow(1, 0, 1)),
    pos_embed: all.narrow(1, 1, patches).contiguous(),
  }));
}

/** timm calls a norm after the mean otherwise. */
function normedAfter({ 'norm.weight': weight, 'norm.bias': bias, ...rest }: Tensors): Tensors {
  return { ...rest, 'fc_norm.weight': weight as Tensor, 'fc_norm.bias': bias as Tensor };
}
