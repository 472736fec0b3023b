/** Whose settings a run starts from. */
export type MethodPreset = 'paper' | 'official';

/**
 * The LARS of solo-learn, whose CIFAR recipes stand in where a method's authors have none for small
 * images.
 */
const soloLars = { optimizer: 'lars', larsTrust: 0.02, larsClip: true, scaleLr: true, schedule: 'step', warmup: 10 };

/**
 * What szq0214/S2-BNN has in common for ImageNet where there is a teacher, with the optimizer that
 * it found better for binary networks; without one it decays by 1e-4.
 */
const binary = { views: 'lite', optimizer: 'adam', lr: 1e-3, decay: 'linear', weightDecay: 0 };

/** Fine-tuning with few labels; `tandem finetune` sets epochs and batch by their share. */
const tuning = {
  views: 'weak',
  cropMin: 0.2,
  batch: 128,
  lr: 0.05,
  nesterov: true,
  weightDecay: 0,
  schedule: 'step',
  knnEvery: 0,
};

/**
 * How a method's settings differ from the defaults. `paper` is the uniform setting of the CLBO
 * study, which the defaults are but for the scale of two losses: one optimizer, one kind of heads,
 * losses as means; methods that cannot do with its optimizer (`s2bnn`, `simclr-v2`, `supervised`)
 * have their own. `official` is what the method's authors use for small images; where they never
 * did, their ImageNet settings or solo-learn's CIFAR recipe with the authors' loss, as said beside
 * each. Settings that anything else names win over both.
 */
export const methodPresets: Readonly<
  Record<string, Readonly<Record<MethodPreset, Readonly<Record<string, unknown>>>>>
> = {
  clbo: { paper: {}, official: {} }, // there is no code but the paper
  // google-research/simclr: the CIFAR-10 command of its README; the sum of both views' means
  simclr: {
    paper: {},
    official: {
      epochs: 1000,
      batch: 512,
      optimizer: 'lars',
      larsMomentum: 'steps',
      lr: 1,
      scaleLr: true,
      weightDecay: 1e-4,
      schedule: 'step',
      warmup: 10,
      scaleLoss: 2,
      views: 'simclr',
      projLayers: 3,
      projHidden: 0,
      projDim: 128,
      lastNorm: 'scale',
      zeroGain: true,
    },
  },
  // facebookresearch/moco: the CIFAR-10 demo
  moco: { paper: {}, official: { epochs: 200, batch: 512, lr: 0.06, projLayers: 1, projNorm: false, projDim: 128 } },
  // facebookresearch/moco-v3: ViT-S on ImageNet, 300 epochs
  mocov3: {
    paper: {},
    official: {
      epochs: 300,
      batch: 1024,
      optimizer: 'adamw',
      lr: 1.5e-4,
      scaleLr: true,
      weightDecay: 0.1,
      schedule: 'step',
      warmup: 40,
      views: 'asymmetric-small',
      projHidden: 4096,
      projDim: 256,
      predHidden: 4096,
    },
  },
  byol: {
    paper: { scaleLoss: 0.25 },
    official: {
      ...soloLars,
      epochs: 1000,
      lr: 1,
      weightDecay: 1e-5,
      eta: 0.996, // the authors' for 1000 epochs
      views: 'asymmetric-small',
      projHidden: 4096,
      projDim: 256,
      predHidden: 4096,
    },
  },
  // the appendix of the SimSiam paper; PatrickHua/SimSiam
  simsiam: {
    paper: {},
    official: {
      epochs: 800,
      batch: 512,
      lr: 0.03,
      scaleLr: true,
      cropMin: 0.2,
      projHidden: 2048,
      projDim: 2048,
      predHidden: 512,
    },
  },
  // SwinTransformer/Transformer-SSL, written for ImageNet: 1e-3 for a batch of 512
  moby: {
    paper: { scaleLoss: 0.5 },
    official: {
      epochs: 300,
      batch: 512,
      optimizer: 'adamw',
      lr: 5e-4,
      scaleLr: true,
      lrEnd: 5e-6,
      weightDecay: 0.05,
      clip: 5,
      schedule: 'step',
      warmup: 5,
      dropPath: 0.2,
      views: 'asymmetric-small',
      projHidden: 4096,
      projDim: 256,
      predHidden: 4096,
    },
  },
  // facebookresearch/dino, written for ViTs on ImageNet
  dino: {
    paper: {},
    official: {
      epochs: 100,
      batch: 512,
      optimizer: 'adamw',
      lr: 5e-4,
      scaleLr: true,
      lrEnd: 1e-6,
      weightDecay: 0.04,
      weightDecayEnd: 0.4,
      clip: 3,
      clipBy: 'tensor',
      schedule: 'step',
      warmup: 10,
      dropPath: 0.1,
      views: 'multi-crop',
      prototypes: 65536,
    },
  },
  // facebookresearch/dinov2: its default configuration, written for ViTs on ImageNet; its rate goes
  // with the root of the batch, which is 1024 there
  dinov2: {
    paper: {},
    official: {
      epochs: 100,
      batch: 256,
      optimizer: 'adamw',
      lr: 2e-3,
      lrEnd: 1e-6,
      weightDecay: 0.04,
      weightDecayEnd: 0.4,
      clip: 3,
      schedule: 'step',
      warmup: 10,
      dropPath: 0.3,
      views: 'multi-crop',
      prototypes: 65536,
      teacherTemperature: 0.07,
      teacherTemperatureStart: 0.04,
      teacherWarmup: 30,
    },
  },
  // lr 0.1 of SGD for small images; the authors' optimizer is that of their pretraining
  'simclr-v2': {
    paper: { views: 'weak', lr: 0.1, scaleLr: true, weightDecay: 1e-4, schedule: 'step' },
    official: {
      views: 'weak',
      optimizer: 'lars',
      larsMomentum: 'steps',
      lr: 1,
      scaleLr: true,
      weightDecay: 1e-4,
      schedule: 'step',
      warmup: 10,
    },
  },
  // SimCLR v2's for ImageNet, brought to small images
  supervised: { paper: tuning, official: tuning },
  'barlow-twins': {
    paper: {},
    official: {
      ...soloLars,
      epochs: 1000,
      lr: 0.3,
      weightDecay: 1e-4,
      scaleLoss: 0.1,
      views: 'asymmetric-small',
      projHidden: 2048,
      projDim: 2048,
    },
  },
  vicreg: {
    paper: {},
    official: {
      ...soloLars,
      epochs: 1000,
      lr: 0.3,
      weightDecay: 1e-4,
      views: 'asymmetric-small',
      cropMin: 0.2,
      projHidden: 2048,
      projDim: 2048,
    },
  },
  // jacobswan1/SEED, written for ImageNet, but for the queue, which must suit smaller sets, and
  // 1e-4, at which it is InfoNCE
  seed: {
    paper: {},
    official: { epochs: 200, lr: 0.03, scaleLr: true, weightDecay: 1e-4, warmup: 5, cropMin: 0.2 },
  },
  // Ours: what the authors of AM-RADIO and of feature distillation use goes with transformers
  'feature-matching': {
    paper: {},
    official: { optimizer: 'adamw', lr: 1e-3, weightDecay: 0.05, schedule: 'step', warmup: 5, cropMin: 0.2 },
  },
  // szq0214/S2-BNN, written for ImageNet
  s2bnn: { paper: binary, official: { ...binary, epochs: 200, lr: 3e-4, scaleLr: true, eta: 0.999 } },
};
