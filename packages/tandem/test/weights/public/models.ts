import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { io, noGrad, scope, type Tensor, zeros } from 'tandem-torch';
import { byFormula } from '../../networks/filled.js';
import { fixture } from '../../support.js';

/** A network of another library: names and shapes of its file, and its features. */
export interface PublicModel {
  readonly name: string;
  /** What its config.json says, where it has one. */
  readonly config: object | null;
  readonly preprocessor: object | null;
  /** How that library brings positions to another size, where it is not its authors' way. */
  readonly resample: 'plain' | null;
  readonly state: Readonly<Record<string, readonly number[]>>;
  readonly counters: readonly string[];
  /** The first features of two images of each size. */
  readonly runs: readonly { readonly size: readonly [number, number]; readonly features: readonly number[] }[];
}

/** By family. */
export const publicModels = fixture<Readonly<Record<string, readonly PublicModel[]>>>('public-models');

/** Scale and shift of a tensor's numbers, as scripts/fixtures/public/models.py has them. */
function rule(name: string, shape: readonly number[]): [scale: number, shift: number] {
  if (name.endsWith('running_var')) return [1, 1];
  const last = name.split('.').at(-1) as string;
  const scales = ['gamma', 'gamma_1', 'gamma_2', 'lambda1', 'layer_scale_parameter', 'layer_scale'];
  if (scales.includes(last) || (shape.length === 1 && last === 'weight')) return [0.5, 1];
  const each = shape.slice(1).reduce((product, side) => product * side, 1);
  if (shape.length >= 2 && shape[0] !== 1) return [Math.sqrt(12 / each), 0];
  return [shape.length >= 2 ? 1 : 0.2, 0];
}

/** Its weights in float32 for the caller to free, under its library's names. */
export function weightsOf({ state, counters }: PublicModel): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(state).map(([name, shape], t) => [
      name,
      counters.includes(name)
        ? zeros(shape, { dtype: 'int64' }).keep()
        : scope(() => byFormula(shape, t, ...rule(name, shape)).to('float32')).keep(),
    ]),
  );
}

/** Two images of a size. */
export function imagesOf([height, width]: readonly [number, number]): Tensor {
  return byFormula([2, 3, height, width], 1000, 4, 0).to('float32');
}

/**
 * Writes its file and those beside it.
 * @param change of the names, or of what the file holds beside
 * @returns the file
 */
export function writeModel(
  folder: string,
  model: PublicModel,
  change: (weights: Record<string, Tensor>) => Record<string, Tensor> = (weights) => weights,
): string {
  const path = join(folder, 'model.safetensors');
  const weights = weightsOf(model);
  noGrad(() => io.saveSafetensors(path, change(weights), { format: 'pt' }));
  for (const tensor of Object.values(weights)) tensor.dispose();
  const beside = { config: model.config, preprocessor_config: model.preprocessor };
  for (const [name, content] of Object.entries(beside)) {
    if (content) writeFileSync(join(dirname(path), `${name}.json`), JSON.stringify(content));
  }
  return path;
}
