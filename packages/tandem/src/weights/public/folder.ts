import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { type Architecture, poolings } from '../../networks/index.js';

/** What the files beside weights say of how the network is built and fed. */
export interface FolderSays {
  /** What its weights do not show. */
  readonly form: Partial<Architecture>;
  /** Side of the images, in pixels. */
  readonly size?: number | undefined;
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
  /** What timm calls it. */
  readonly architecture?: string | undefined;
  /** Whether the folder is one of timm's. */
  readonly isTimm: boolean;
}

const side = z.union([
  z.number(),
  z.object({ height: z.number() }).transform(({ height }) => height),
  z.object({ shortest_edge: z.number() }).transform(({ shortest_edge }) => shortest_edge),
]);

const preprocessorSchema = z
  .object({
    do_center_crop: z.boolean(),
    do_normalize: z.boolean(),
    size: side,
    crop_size: side,
    image_mean: z.array(z.number()),
    image_std: z.array(z.number().positive()),
  })
  .partial();

const transformersSchema = z
  .object({
    model_type: z.string(),
    num_attention_heads: z.int().positive(),
    layer_norm_eps: z.number().positive(),
    image_size: side,
    hidden_act: z.string(),
    use_gated_mlp: z.boolean(),
    rope_theta: z.number(),
    rope_parameters: z.object({ rope_theta: z.number() }).partial(),
    downsample_in_bottleneck: z.boolean(),
    downsample_in_first_stage: z.boolean(),
  })
  .partial();

const timmSchema = z.object({
  architecture: z.string(),
  global_pool: z.string().optional(),
  model_args: z.object({ num_heads: z.int().positive() }).partial().optional(),
  pretrained_cfg: z
    .object({ mean: z.array(z.number()), std: z.array(z.number().positive()), input_size: z.array(z.number()) })
    .partial()
    .optional(),
});

/** What Tandem wrote into a folder of another library's names, which has no word for it. */
const ownSchema = z.object({ tandem: z.object({ architecture: z.object({ pooling: z.enum(poolings) }) }) });

/**
 * Reads `config.json` (of transformers or timm) and `preprocessor_config.json` beside a file of
 * weights.
 * @throws Error for what they say and no network here computes
 */
export function folderSays(weights: string): FolderSays {
  const config = jsonBeside(weights, 'config.json');
  const timm = timmSchema.safeParse(config).data;
  const transformers = timm ? undefined : transformersSchema.safeParse(config).data;
  if (transformers) refuseOther(transformers);
  const preparation = preprocessorSchema.safeParse(jsonBeside(weights, 'preprocessor_config.json')).data;
  const { mean, std, input_size: shown } = timm?.pretrained_cfg ?? {};
  const prepared = preparation?.do_normalize === false ? undefined : preparation;
  return {
    isTimm: timm !== undefined,
    architecture: timm?.architecture,
    form: {
      ...(timm
        ? { ...(timm.model_args?.num_heads !== undefined && { heads: timm.model_args.num_heads }), ...poolingOf(timm) }
        : formOf(transformers ?? {})),
      ...ownSchema.safeParse(config).data?.tandem.architecture,
    },
    size: preparation
      ? ((preparation.do_center_crop === false ? undefined : preparation.crop_size) ?? preparation.size)
      : (shown?.[1] ?? transformers?.image_size),
    mean: prepared?.image_mean ?? mean,
    std: prepared?.image_std ?? std,
  };
}

/** Of timm's DINOv3, which take the mean of what the last norm gives. */
function poolingOf({ architecture, global_pool: pool }: z.infer<typeof timmSchema>): Partial<Architecture> {
  return architecture.includes('dinov3') && pool === 'token' ? { pooling: 'class' } : {};
}

function formOf({
  num_attention_heads: heads,
  layer_norm_eps: normEps,
  model_type: type,
}: Transformers): Partial<Architecture> {
  if (type === 'resnet') return {};
  return { ...(heads !== undefined && { heads }), ...(normEps !== undefined && { normEps }) };
}

type Transformers = z.infer<typeof transformersSchema>;

/** What these say changes the features, and the weights look the same. */
function refuseOther(config: Transformers): void {
  const refuse = (key: string, value: unknown, why: string) => {
    throw new Error(`its config.json says ${key} ${JSON.stringify(value)}: ${why}`);
  };
  for (const key of ['downsample_in_bottleneck', 'downsample_in_first_stage'] as const) {
    if (config[key]) refuse(key, true, "a ResNet here strides elsewhere, and its features would be others'");
  }
  const act = config.model_type === 'resnet' ? 'relu' : config.use_gated_mlp ? 'silu' : 'gelu';
  if (config.hidden_act !== undefined && config.hidden_act !== act) {
    refuse('hidden_act', config.hidden_act, `such networks here have ${act}`);
  }
  const theta = config.rope_parameters?.rope_theta ?? config.rope_theta;
  if (theta !== undefined && theta !== 100) refuse('rope_theta', theta, 'rotary positions here have 100');
}

function jsonBeside(weights: string, name: string): unknown {
  const path = join(dirname(weights), name);
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new Error(`the ${name} beside it is not JSON`);
  }
}
