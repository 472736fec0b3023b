import { existsSync, readdirSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { io, scope } from 'tandem-torch';
import { UsageError, UserError } from '../errors.js';
import { beside, clearAbandoned } from '../files/beside.js';
import { alreadyThere } from '../files/existing.js';
import { makeFolder } from '../files/make-folder.js';
import { checkWritable } from '../files/out.js';
import { syncFolder } from '../files/sync.js';
import { reasonOf } from '../files/system-error.js';
import { writeSynced } from '../files/write-whole.js';
import type { Encoder } from '../networks/index.js';
import { exportedClassifier } from '../runs/index.js';
import type { EncoderCard } from '../weights/card.js';
import { saveEncoder } from '../weights/encoder.js';
import { saveHead } from '../weights/head.js';
import { modelConfig, preprocessorConfig } from './configs.js';
import { classified, type ExportLayout, type LaidOut, layOut, libraryNames } from './layouts/index.js';
import { type InPython, modelCard, type Provenance, type Quantization } from './model-card.js';
import { type Classifier, encodeModel, type Graph, graphOf, halved, withClassifier } from './onnx/index.js';

/** What goes into an exported folder. */
export interface Export {
  /** What is written. */
  readonly encoder: Encoder;
  /** How to feed it. */
  readonly card: EncoderCard;
  /** Where it comes from. */
  readonly provenance: Provenance;
  /** Of the Tandem that writes. */
  readonly version: string;
  /** What stands on its features and names classes. */
  readonly classifier?: Classifier | undefined;
  /** Whose names the weights get; defaults to Tandem's own, with what Tandem reads of them. */
  readonly layout?: ExportLayout | undefined;
  /** The graph in 8 bits and what it was measured to be, or why there is none. */
  readonly quantized: { readonly graph: Graph; readonly made: Quantization } | string;
}

/**
 * @throws UserError where a folder is there that is not empty, or another file, or nothing can be
 * written there; UsageError for an empty name
 */
export function checkExportFolder(out: string): void {
  if (out.trim() === '') throw new UsageError('--out must name a folder');
  const isEmpty = existsSync(out) && statSync(out).isDirectory() && readdirSync(out).length === 0;
  if (existsSync(out) && !isEmpty) throw alreadyThere(out);
  checkWritable(out);
}

/**
 * Writes an encoder, with the classifier on it, as a folder that transformers.js, ONNX Runtime and
 * torchvision load as it is, in the layout of Hugging Face's Hub. An encoder that has no form in
 * ONNX is written without those models. It is written beside and renamed: the folder appears whole
 * or not at all.
 * @returns its files, from the folder, and what was left out
 * @throws UserError where the folder is not empty or cannot be written
 */
export function exportFolder(out: string, what: Export): { files: string[]; notes: string[] } {
  checkExportFolder(out);
  return scope(() => writeFolder(out, what, laidOut(what)));
}

/** @throws UserError where the library has no such network */
export function laidOut({
  encoder,
  card,
  layout = 'tandem',
}: Pick<Export, 'encoder' | 'card' | 'layout'>): LaidOut | undefined {
  return layout === 'tandem' ? undefined : layOut(encoder, card, layout);
}

function writeFolder(
  out: string,
  { encoder, card, classifier, provenance, version, quantized, layout = 'tandem' }: Export,
  bare: LaidOut | undefined,
): { files: string[]; notes: string[] } {
  const whetherClassified =
    bare && classifier && layout === 'huggingface' ? classified(bare, encoder, classifier) : undefined;
  const laid = typeof whetherClassified === 'object' ? whetherClassified : bare;
  const whole = (of: Graph | string) => (typeof of === 'string' || !classifier ? of : withClassifier(of, classifier));
  const graph = whole(graphOf(encoder, { size: card.size, channels: card.architecture.channels }));
  const half = typeof graph === 'string' ? graph : halved(graph);
  const about = { name: provenance.name, producerVersion: version, metadata: { tandem: JSON.stringify(card) } };
  const models = Object.entries({ model: graph, model_fp16: half, model_quantized: whole(graphIn(quantized)) });
  const onnx =
    typeof graph === 'string' ? graph : { quantized: typeof quantized === 'string' ? quantized : quantized.made };
  const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`;
  const files: Record<string, string | Uint8Array> = {
    'config.json': json(configOf(layout, modelConfig(encoder, card, onnx, classifier?.classes), laid)),
    'preprocessor_config.json': json(preprocessorConfig(card, onnx)),
    ...Object.fromEntries(
      models.flatMap(([name, of]) => (typeof of === 'string' ? [] : [[`onnx/${name}.onnx`, encodeModel(of, about)]])),
    ),
    'README.md': modelCard(provenance, card, encoder.featureWidth, onnx, classifier?.classes, inPython(layout, laid)),
  };
  const part = beside(out);
  try {
    clearAbandoned(out);
    makeFolder(typeof graph === 'string' ? part : join(part, 'onnx'));
    const weights = join(part, 'model.safetensors');
    if (laid) io.saveSafetensors(weights, laid.tensors, { format: 'pt' });
    else saveEncoder(weights, encoder, card);
    if (classifier) saveHead(join(part, exportedClassifier), classifier);
    for (const [name, content] of Object.entries(files)) writeSynced(join(part, name), content);
    if (typeof graph !== 'string') syncFolder(join(part, 'onnx'));
    syncFolder(part);
    if (existsSync(out)) rmdirSync(out); // empty, or this fails
    renameSync(part, out);
    syncFolder(dirname(resolve(out)));
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    throw new UserError(`${out} cannot be written: ${reasonOf(error)}`);
  }
  const weights = ['model.safetensors', ...(classifier ? [exportedClassifier] : [])];
  const notes = notesOf(graph, half, quantized);
  if (typeof whetherClassified === 'string')
    notes.push(`model.safetensors is without the classifier: ${whetherClassified}`);
  return { files: [...weights, ...Object.keys(files)], notes };
}

/** What the library asks for, over what there is anyway; timm knows its own folders by the rest. */
function configOf(layout: ExportLayout, usual: object, laid: LaidOut | undefined): object {
  if (layout === 'timm') return { ...laid?.config, ...('tandem' in usual && { tandem: usual.tandem }) };
  return { ...usual, ...laid?.config };
}

function inPython(layout: ExportLayout, laid: LaidOut | undefined): InPython | undefined {
  return laid && layout !== 'tandem' ? { library: libraryNames[layout], lines: laid.python } : undefined;
}

function graphIn(quantized: Export['quantized']): Graph | string {
  return typeof quantized === 'string' ? quantized : quantized.graph;
}

function notesOf(graph: Graph | string, half: Graph | string, quantized: Export['quantized']): string[] {
  if (typeof graph === 'string') return [`no ONNX models: ${graph}; the weights are written all the same`];
  return [
    ...(typeof half === 'string' ? [`no float16 model: ${half}`] : []),
    ...(typeof quantized === 'string' ? [`no quantized model: ${quantized}`] : []),
  ];
}
