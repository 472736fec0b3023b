import { cat, noGrad, ones, scope, type Tensor, zeros } from 'tandem-torch';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { compareCrops, koleoLoss, maskedPatchLoss, sinkhornKnopp } from '../losses/index.js';
import { Branch, dinoHead, PrototypeHead, ViT } from '../networks/index.js';
import { type Masking, maskedPlaces, type StepContext } from '../step/index.js';
import { emaTeacher } from '../teachers/index.js';
import type { NewMethod } from './method.js';
import { checkWarmup, prototypeOptions, temperatureSchedule } from './options/prototypes.js';
import { ema } from './options/shared.js';

/** Options of DINOv2. */
export const dinov2Options = z.strictObject({
  ...prototypeOptions,
  ...ema('cosine', 0.992),
  maskShare: z.number().gt(0).max(1).default(0.5).describe('share of large crops with masked patches'),
  maskLeast: z.number().min(0).max(1).default(0.1).describe('least share of such a crop that is masked'),
  maskMost: z.number().min(0).max(1).default(0.5).describe('greatest share of such a crop that is masked'),
  patchWeight: z.number().min(0).default(1).describe("of the masked patches' loss; 0 leaves it out"),
  koleo: z.number().min(0).default(0.1).describe('of the loss that spreads class tokens; 0 leaves it out'),
});

type DinoV2Options = z.infer<typeof dinov2Options>;

/**
 * DINOv2: DINO's loss on class tokens; iBOT's on patches that the student is not shown, whose
 * distribution over prototypes the teacher finds for it; and KoLeo's, which spreads class tokens.
 * The teacher's scores become targets by Sinkhorn-Knopp, which uses all prototypes alike, so there
 * is no centre. Both losses have one head (Oquab et al., 2023; Zhou et al., 2022;
 * facebookresearch/dinov2).
 */
export const dinov2: NewMethod<DinoV2Options> = (newEncoder, views, o) => {
  const encoder = newEncoder({ maskToken: true });
  if (!(encoder instanceof ViT))
    throw new UserError('dinov2 masks patches, so it needs a vit; give --backbone vit-tiny');
  const { projLayers: layers, projHidden: hidden, projDim: bottleneck, projNorm: norm, fixedGain, prototypes } = o;
  const shape = dinoHead(encoder.featureWidth, prototypes, { layers, hidden, bottleneck, norm, fixedGain });
  const head = new PrototypeHead(shape);
  const student = new Branch(encoder, head);
  const teacher = emaTeacher(student, o, { counts: 'step' });
  const shown = teacher.branch.encoder as ViT;
  const teacherTemperature = temperatureSchedule(o);
  return {
    name: 'dinov2',
    student,
    teacher: teacher.branch,
    result: 'teacher',
    views,
    learnsFromPlaces: true,
    loss(crops, ctx) {
      refuseParts(crops[0], ctx);
      const large = cat(crops.slice(0, 2));
      const masks = masksOf(large, encoder, o, ctx);
      const images = large.shape[0] as number;

      // The teacher sees all; no gradient.
      const temperature = ctx.scalar(({ epoch }) => teacherTemperature(epoch));
      const [classTargets, patchTargets] = noGrad(() =>
        scope(() => {
          const tokens = shown.tokens(large);
          const rows = [tokens.select(1, 0), patchesAt(tokens, shown, masks.places)];
          const [classes, patches] = teacher.branch.head.forward(cat(rows)).splitWithSizes([images, masks.count]);
          return [sinkhornKnopp(classes as Tensor, temperature), sinkhornKnopp(patches as Tensor, temperature)];
        }),
      ) as [Tensor, Tensor];

      const tokens = encoder.tokens(large, masks.masked);
      const classes = tokens.select(1, 0);
      const small = crops.length > 2 ? [encoder.tokens(cat(crops.slice(2))).select(1, 0)] : [];
      const rows = cat([classes, ...small, patchesAt(tokens, encoder, masks.places)]);
      const [ofCrops, ofPatches] = head
        .forward(rows)
        .splitWithSizes([(rows.shape[0] as number) - masks.count, masks.count]) as [Tensor, Tensor];
      const [first, second] = classes.chunk(2) as [Tensor, Tensor];
      return {
        ...compareCrops(ofCrops.chunk(crops.length), classTargets.chunk(2), o.temperature),
        maskedPatches: maskedPatchLoss(ofPatches, patchTargets, {
          ...{ temperature: o.temperature, weights: masks.weights, images },
        }).mul(o.patchWeight),
        koleo: koleoLoss(first).add(koleoLoss(second)).mul(o.koleo),
      };
    },
    beforeStep(ctx) {
      const isFrozen = ctx.branch(({ epoch }) => epoch <= o.freezeLast);
      if (isFrozen) for (const x of head.prototypes.parameters()) x.grad = null;
    },
    afterStep: teacher.afterStep,
    metrics: (position) => ({
      ...teacher.metrics(position),
      teacherTemperature: teacherTemperature(position.epoch),
    }),
  };
};

/** Masks are drawn, and targets made, for a whole batch: its parts would get others. */
function refuseParts(crop: Tensor, { gather }: StepContext): void {
  if (gather(crop.narrow(1, 0, 1).narrow(2, 0, 1).narrow(3, 0, 1)).shape[0] === crop.shape[0]) return;
  throw new UserError('dinov2 learns in one process: leave --processes out');
}

/** Which patches of a batch of crops are masked. */
interface Masks {
  readonly count: number;
  /** Among the patches of all images: int64 [count]. */
  readonly places: Tensor;
  /** bool [n, patches] */
  readonly masked: Tensor;
  /** 1 / (masked patches of the image) of each: [count]. */
  readonly weights: Tensor;
}

function masksOf(large: Tensor, { patch }: ViT, o: DinoV2Options, ctx: StepContext): Masks {
  const [images, , size] = large.shape as [number, number, number];
  const side = size / patch;
  const masking: Masking = { images, side, share: o.maskShare, ratios: [o.maskLeast, o.maskMost] };
  const { device } = large;
  const all = side ** 2;
  const placed = ctx.indices(({ seed, step }) => maskedPlaces(masking, seed, step), device);
  const owners = ctx.indices(
    ({ seed, step }) => maskedPlaces(masking, seed, step).map((place) => Math.floor(place / all)),
    device,
  );
  return noGrad(() => {
    const [places, image] = [placed.to('int64'), owners.to('int64')];
    const one = ones([places.shape[0] as number], { device, dtype: large.dtype });
    const counts = zeros([images], { device, dtype: large.dtype }).indexAdd(0, image, one);
    return {
      count: places.shape[0] as number,
      places,
      masked: zeros([images * all], { device, dtype: large.dtype })
        .indexAdd(0, places, one)
        .reshape([images, all])
        .gt(0),
      weights: counts.indexSelect(0, image).reciprocal(),
    };
  });
}

/**
 * Tokens of patches by their places in the batch: [n, prefix + patches, width] to [count, width].
 */
function patchesAt(tokens: Tensor, { prefix }: ViT, places: Tensor): Tensor {
  const [n, all, width] = tokens.shape as [number, number, number];
  const patches = tokens.narrow(1, prefix, all - prefix).reshape([n * (all - prefix), width]);
  return patches.indexSelect(0, places);
}

/** @throws UserError for options that do not go together */
export function checkDinoV2(o: DinoV2Options): void {
  checkWarmup(o);
  if (o.maskLeast > o.maskMost) {
    throw new UserError(`maskLeast=${o.maskLeast} is above maskMost=${o.maskMost}; give the smaller one as maskLeast`);
  }
}
