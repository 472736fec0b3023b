import { dataSetNamed } from '../images/datasets/registry.js';
import { backbones } from '../networks/index.js';
import { markdown, printableJson } from '../text.js';
import type { EncoderCard } from '../weights/card.js';
import { classifyExample, code, type InPython, javascriptExample, pythonExamples } from './card-examples.js';
import { channelsOf } from './input-channels.js';

/** What a quantized model was made and measured with. */
export interface Quantization {
  /** Images whose activations its ranges come from. */
  readonly calibrated: number;
  /** By the name they were asked for. */
  readonly images: string;
  /** Mean cosine of its features with the float32 model's. */
  readonly cosine: number;
  /** Shares of queries whose nearest neighbour has their class; absent without labels. */
  readonly accuracy?: {
    readonly float32: number;
    readonly quantized: number;
    /** Images of the reference set. */
    readonly bank: number;
    readonly queries: number;
  };
}

/**
 * Of a folder's ONNX models: what the quantized one was measured to be, or why there is none; or
 * why there are none at all.
 */
export type Onnx = { readonly quantized: Quantization | string } | string;

/** One measured number. */
export interface Quality {
  /** How it was measured, in a few words. */
  readonly protocol: string;
  /** What it was measured on. */
  readonly images: string;
  /** What else decides the number, in words. */
  readonly settings: string;
  /** A share. */
  readonly accuracy: number;
  /** The share of the largest class among what was asked; absent where that is not known. */
  readonly majority?: number | undefined;
}

/** Where an encoder comes from, as far as that is known. */
export interface Provenance {
  /** Of the exported folder. */
  readonly name: string;
  /** By name. */
  readonly method?: string;
  /** What it learned from. */
  readonly images?: string;
  /** Of its run. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** What it was measured to be worth. */
  readonly quality: readonly Quality[];
  /** What is lost of what was measured, a line each. */
  readonly lost?: readonly string[];
}

export type { InPython } from './card-examples.js';

/**
 * The folder's README.md.
 * @param classes that a classifier on it tells apart
 * @param library whose names its weights have, where they are not Tandem's own
 */
export function modelCard(
  provenance: Provenance,
  card: EncoderCard,
  features: number,
  onnx: Onnx,
  classes?: readonly string[],
  library?: InPython,
): string {
  const { name, method, images } = provenance;
  const { backbone, width, stem } = card.architecture;
  const share = Number(provenance.settings?.labels ?? 0);
  const labels = share > 0 ? `with ${Number((share * 100).toPrecision(3))} % of the labels` : 'without labels';
  const learned = method && images ? `, learned by ${markdown(method)} from ${markdown(images)} ${labels}` : '';
  return [
    frontMatter(provenance, card, onnx, classes),
    `# ${markdown(name)}`,
    `An image encoder${learned}: ${backbone} of width ${width}${stem ? ` (${stem} stem)` : ''}, images of ${card.size} pixels to ${features} features. Made with Tandem.`,
    ...quality(provenance),
    ...(classes ? classesOf(name, classes, onnx) : []),
    ...(typeof onnx === 'string'
      ? weightsAlone(card, features, onnx)
      : models(name, card, features, onnx.quantized, library)),
    ...settings(provenance),
    '',
  ].join('\n\n');
}

function models(
  name: string,
  card: EncoderCard,
  features: number,
  quantization: Quantization | string,
  library: InPython | undefined,
): string[] {
  return [
    '## The quantized model',
    quantizationText(quantization),
    '## Loading it',
    `In JavaScript, with transformers.js (here from the folder beside this one):`,
    javascriptExample(name),
    ...pythonExamples(card, library),
    preparation,
    '## Inputs and outputs',
    `ONNX, opset 13. ${inputsAndOutputs(card, features)} Compare vectors by cosine similarity.`,
    ...(card.architecture.channels === 1
      ? ['The encoder is one of gray images; the ONNX models take colour and make it gray themselves.']
      : []),
  ];
}

/** Classes that the card names. */
const mostNamed = 100;

function classesOf(name: string, classes: readonly string[], onnx: Onnx): string[] {
  const more = classes.length > mostNamed ? `, and ${classes.length - mostNamed} more in \`config.json\`` : '';
  const named = classes.slice(0, mostNamed).map(markdown).join(', ');
  return [
    '## Classes',
    `A classifier on its features tells ${classes.length} classes apart: ${named}${more}. Its weights are in \`classifier.safetensors\`.`,
    ...(typeof onnx === 'string'
      ? []
      : [
          'The ONNX models give its scores as `logits`, of which the softmax is the probability of each class. With transformers.js:',
          classifyExample(name),
        ]),
  ];
}

/** Measured as docs/reference/exported-folder.md says. */
const preparation =
  "How pictures are prepared matters. Of 60 photographs and an encoder like this one, vectors had these cosines with Tandem's own (median, least): prepared by this program .9987, .9877; by transformers' AutoImageProcessor .9957, .9752; squeezed to a square .9650, .8918; cropped as is usual for ImageNet .9579, .9010; without mean and deviation .7448, .5845.";

function inputsAndOutputs(card: EncoderCard, features: number): string {
  const { backbone } = card.architecture;
  if (!backbones.includes(backbone) || backbone.startsWith('convnext')) return recorded(card, features);
  return backbone.startsWith('vit') ? tokens(card, features) : maps(card, features);
}

/** Of a network that is written operator by operator. */
function recorded(card: EncoderCard, features: number): string {
  return `\`pixel_values\` float32 [batch, ${channelsOf(card)}, ${card.size}, ${card.size}], of no other size; \`last_hidden_state\` its last map and \`pooler_output\` [batch, ${features}].`;
}

function maps(card: EncoderCard, features: number): string {
  const { pool = 1, embedding } = card.architecture;
  const side = pool > 1 ? `${card.size}, ${card.size}], of no other size` : 'height, width]';
  const sizes = pool > 1 ? '' : `, of any size from ${smallest(card)} on, best ${card.size}`;
  const depth = embedding ? 'channels' : features / pool ** 2;
  const means =
    pool > 1 ? `means over ${pool}x${pool} cells of h and w, those of a channel side by side` : 'mean over h and w';
  const made = embedding ? `a linear layer of its ${means}` : `its ${means}`;
  return `\`pixel_values\` float32 [batch, ${channelsOf(card)}, ${side}${sizes}; \`last_hidden_state\` [batch, ${depth}, h, w] and \`pooler_output\` [batch, ${features}], ${made}.`;
}

function tokens(card: EncoderCard, features: number): string {
  const { size: side } = card;
  return `\`pixel_values\` float32 [batch, ${channelsOf(card)}, ${side}, ${side}], of no other size; \`last_hidden_state\` [batch, tokens, ${features}] and \`pooler_output\` [batch, ${features}], ${isOfClass(card) ? 'the class token, which is the first' : 'the mean of its patches'}.`;
}

function isOfClass({ architecture: { pooling, classToken = true } }: EncoderCard): boolean {
  return pooling === undefined ? classToken : pooling === 'class';
}

function weightsAlone({ architecture: { channels }, size }: EncoderCard, features: number, why: string): string[] {
  return [
    '## Loading it',
    `There are no ONNX models: ${markdown(why)}. Tandem reads \`model.safetensors\`, whose metadata say how the network is built:`,
    code('sh', ['tandem embed model.safetensors pictures --out features.npy']),
    '## Inputs and outputs',
    `float32 [batch, ${channels}, ${size}, ${size}], prepared as \`preprocessor_config.json\` says, to [batch, ${features}]. Compare vectors by cosine similarity.`,
  ];
}

function frontMatter(
  { name, method, images, quality }: Provenance,
  { architecture }: EncoderCard,
  onnx: Onnx,
  classes: readonly string[] | undefined,
): string {
  const text = printableJson; // JSON is YAML too
  const family =
    architecture.backbone.startsWith('resnet') && typeof onnx !== 'string' ? 'resnet' : architecture.backbone;
  const kind = typeof onnx === 'string' ? [family] : [family, 'onnx'];
  const tags = ['self-supervised-learning', ...(method ? [method] : []), ...kind, 'tandem'];
  const dataset = images === undefined ? undefined : dataSetNamed(images)?.hubName;
  const isAlone = (name: string) => quality.filter(({ protocol }) => protocol === name).length === 1;
  const results = quality.map(
    ({ protocol, settings, images: on, accuracy }) =>
      `  - task: { type: image-classification }\n    dataset: { name: ${text(on)}, type: ${text(dataSetNamed(on)?.hubName ?? on)} }\n    metrics: [{ type: accuracy, name: ${text(isAlone(protocol) ? protocol : `${protocol}, ${settings}`)}, value: ${round(accuracy)} }]`,
  );
  return [
    '---',
    `library_name: ${typeof onnx === 'string' ? 'tandem' : 'transformers.js'}`,
    `pipeline_tag: ${classes ? 'image-classification' : 'image-feature-extraction'}`,
    `tags: [${tags.map((tag) => text(tag)).join(', ')}]`,
    ...(dataset ? [`datasets: [${text(dataset)}]`] : []),
    ...(results.length > 0 ? ['model-index:', `- name: ${text(name)}`, '  results:', ...results] : []),
    '---',
  ].join('\n');
}

const round = (share: number) => Number((share * 100).toFixed(2));

function quality({ quality }: Provenance): string[] {
  if (quality.length === 0) return ['Its quality has not been measured.'];
  const rows = quality.map(
    ({ protocol, images, settings, accuracy, majority }) =>
      `| ${[protocol, images, settings].map(markdown).join(' | ')} | ${round(accuracy).toFixed(2)} % | ${majority === undefined ? '' : `${round(majority).toFixed(2)} %`} |`,
  );
  return [
    '## Measured',
    ['| protocol | images | settings | accuracy | largest class |', '|---|---|---|---|---|', ...rows].join('\n'),
  ];
}

function quantizationText(made: Quantization | string): string {
  if (typeof made === 'string')
    return `There is none: ${markdown(made)}. transformers.js loads the float32 model instead.`;
  const { calibrated, images, cosine, accuracy } = made;
  const how = `\`onnx/model_quantized.onnx\` has 8-bit activations and 7-bit weights by channel, calibrated on ${calibrated} images of ${markdown(images)}. Mean cosine with the float32 features: ${cosine.toFixed(4)}.`;
  if (!accuracy) return `${how} Its accuracy was not measured, as there were no labels.`;
  const { float32, quantized, bank, queries } = accuracy;
  return `${how} Nearest neighbour of ${queries} queries in a reference set of ${bank}: float32 ${round(float32).toFixed(2)} %, quantized ${round(quantized).toFixed(2)} %.`;
}

function smallest({ architecture: { stem } }: EncoderCard): number {
  return stem === 'standard' ? 32 : 8;
}

function settings({ settings }: Provenance): string[] {
  if (!settings) return [];
  const rows = Object.entries(settings).map(([key, value]) => `| ${markdown(key)} | ${cell(value)} |`);
  return ['## Settings', ['| | |', '|---|---|', ...rows].join('\n')];
}

function cell(value: unknown): string {
  return markdown(typeof value === 'string' ? value : JSON.stringify(value));
}
