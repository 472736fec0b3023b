import type { Tensor } from 'tandem-torch';
import { UserError } from '../../errors.js';
import type { Encoder } from '../../networks/index.js';
import type { EncoderCard } from '../../weights/card.js';

/** Whose names the weights of an exported folder have. */
export const exportLayouts = ['tandem', 'torchvision', 'timm', 'huggingface'] as const;
/** One of them. */
export type ExportLayout = (typeof exportLayouts)[number];

/** Libraries that others than Tandem load weights with. */
export type Library = Exclude<ExportLayout, 'tandem'>;

/** How libraries are called in messages. */
export const libraryNames: Readonly<Record<Library, string>> = {
  torchvision: 'torchvision',
  timm: 'timm',
  huggingface: 'transformers',
};

/** An encoder as a library has it. */
export interface LaidOut {
  /** Under the library's names; they live as long as the encoder or the scope. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Of its `config.json`: what tells the library how to build the network. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Lines of Python that load it and compute `vector` of `pixels` [n, channels, size, size]. */
  readonly python: readonly string[];
}

/** Lays an encoder of one family out for a library. */
export type LayOut<E extends Encoder> = (encoder: E, card: EncoderCard) => LaidOut;

/** @throws UserError that names the library and what of the network it does not have */
export function refuse(library: Library, what: string): never {
  throw new UserError(`${libraryNames[library]} has no ${what}; leave --layout out, or try another`);
}

/** @throws UserError as `refuse` for the first that holds of what the library does not have */
export function refuseWhere(library: Library, ...cases: readonly (readonly [holds: boolean, what: string])[]): void {
  const found = cases.find(([holds]) => holds);
  if (found) refuse(library, found[1]);
}

/** What a card says of preparing images, as timm's config.json has it. */
export function timmConfig(
  architecture: string,
  { size, mean, std }: EncoderCard,
  features: number,
  modelArgs: object,
): Record<string, unknown> {
  return {
    architecture,
    num_classes: 0,
    num_features: features,
    model_args: modelArgs,
    pretrained_cfg: {
      input_size: [mean.length, size, size],
      interpolation: 'bilinear',
      crop_pct: 1,
      ...{ mean, std, num_classes: 0 },
    },
  };
}

/** timm reads such a folder itself. */
export function timmPython(features = 'model(pixels)'): string[] {
  return [
    'import timm, torch',
    "model = timm.create_model('local-dir:.', pretrained=True, num_classes=0).eval()",
    'with torch.no_grad():',
    `    vector = ${features}`,
  ];
}

/** transformers reads such a folder itself. */
export function transformersPython(features: string): string[] {
  return [
    'import torch',
    'from transformers import AutoModel',
    "model = AutoModel.from_pretrained('.').eval()",
    'with torch.no_grad():',
    `    vector = ${features}`,
  ];
}

/** A model of torchvision, without its classifier. @param build such as `resnet18()` */
export function torchvisionPython(build: string, classifier: string): string[] {
  return [
    'import torch, torchvision',
    'from safetensors.torch import load_file',
    `model = torchvision.models.${build}`,
    `model.${classifier} = torch.nn.Identity()`,
    "model.load_state_dict(load_file('model.safetensors')); model.eval()",
    'with torch.no_grad():',
    '    vector = model(pixels)',
  ];
}
