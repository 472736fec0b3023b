import { existsSync, readdirSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UsageError, UserError } from '../errors.js';
import type { Encoder } from '../networks/index.js';
import { modelConfig, preprocessorConfig } from './configs.js';
import { type EncoderCard, saveEncoder } from './encoder-file.js';
import { makeFolder } from './make-folder.js';
import { modelCard, type Provenance, type Quantization } from './model-card.js';
import { encodeModel, type Graph, graphOf, halved } from './onnx/index.js';

/** What goes into an exported folder. */
export interface Export {
  readonly encoder: Encoder;
  readonly card: EncoderCard;
  readonly provenance: Provenance;
  /** Of the Tandem that writes. */
  readonly version: string;
  /** The graph in 8 bits and what it was measured to be, or why there is none. */
  readonly quantized: { readonly graph: Graph; readonly made: Quantization } | string;
}

/** @throws UserError where a folder is there that is not empty, or another file; UsageError for an empty name */
export function checkExportFolder(out: string): void {
  if (out.trim() === '') throw new UsageError('--out must name a folder');
  if (!existsSync(out)) return;
  if (statSync(out).isDirectory() && readdirSync(out).length === 0) return;
  throw new UserError(`${out} exists already and is never overwritten; give another --out`);
}

/**
 * Writes an encoder as a folder that transformers.js, ONNX Runtime and torchvision load as it is, in the layout of Hugging Face's Hub.
 * It is written beside and renamed: the folder appears whole or not at all.
 * @returns its files, from the folder, and what was left out
 * @throws UserError where the folder is not empty or cannot be written, or the encoder cannot be put into this form
 */
export function exportFolder(
  out: string,
  { encoder, card, provenance, version, quantized }: Export,
): { files: string[]; notes: string[] } {
  checkExportFolder(out);
  const graph = graphOf(encoder);
  const half = halved(graph);
  const model = (of: Graph) =>
    encodeModel(of, { name: provenance.name, producerVersion: version, metadata: { tandem: JSON.stringify(card) } });
  const hasQuantized = typeof quantized !== 'string';
  const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`;
  const files: Record<string, string | Uint8Array> = {
    'config.json': json(modelConfig(encoder, card, hasQuantized)),
    'preprocessor_config.json': json(preprocessorConfig(card)),
    'onnx/model.onnx': model(graph),
    ...(typeof half !== 'string' && { 'onnx/model_fp16.onnx': model(half) }),
    ...(hasQuantized && { 'onnx/model_quantized.onnx': model(quantized.graph) }),
    'README.md': modelCard(provenance, card, encoder.featureWidth, hasQuantized ? quantized.made : quantized),
  };
  const beside = `${resolve(out)}.${process.pid}.part`;
  try {
    makeFolder(join(beside, 'onnx'));
    saveEncoder(join(beside, 'model.safetensors'), encoder, card);
    for (const [name, content] of Object.entries(files)) writeFileSync(join(beside, name), content);
    if (existsSync(out)) rmdirSync(out); // empty, or this fails
    renameSync(beside, out);
  } catch (error) {
    rmSync(beside, { recursive: true, force: true });
    throw new UserError(`${out} cannot be written: ${(error as Error).message}`);
  }
  const notes = [
    ...(typeof half === 'string' ? [`no float16 model: ${half}`] : []),
    ...(typeof quantized === 'string' ? [`no quantized model: ${quantized}`] : []),
  ];
  return { files: ['model.safetensors', ...Object.keys(files)], notes };
}
