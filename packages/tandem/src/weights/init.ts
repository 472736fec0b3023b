import { noGrad, type Tensor } from 'tandem-torch';
import { UserError } from '../errors.js';
import type { Encoder } from '../networks/index.js';
import { loadWeights, named } from './file.js';
import { torchvisionNames } from './hugging-face.js';

/**
 * Weights to start from, under torchvision's names whatever the file calls them; the caller frees
 * them.
 * @throws UserError where the file cannot be read, or holds no ResNet, NaN or infinity
 */
function readWeights(path: string): Record<string, Tensor> {
  let tensors: Record<string, Tensor> = {};
  try {
    ({ tensors } = loadWeights(path));
    tensors = torchvisionNames(tensors);
  } catch (error) {
    free(tensors);
    throw new UserError(named(path, error));
  }
  if (tensors['conv1.weight'] || tensors['layer1.0.conv1.weight']) return tensors;
  free(tensors);
  throw new UserError(`${path}: no ResNet in it; its tensors have neither torchvision's nor Hugging Face's names`);
}

/**
 * Says early whether a file could be started from.
 * @throws UserError where it cannot be read, or holds no ResNet
 */
export function checkWeights(path: string): void {
  free(readWeights(path));
}

/**
 * Copies a file's weights into an encoder, as far as their names agree.
 * @returns what does not agree: a line for the tensors that stay fresh, and one for those of the
 * file that are not used
 * @throws UserError naming those of another shape; then nothing has changed
 */
export function initEncoder(encoder: Encoder, path: string): string[] {
  const weights = readWeights(path);
  try {
    const own = encoder.stateDict();
    const both = Object.keys(own).filter((name) => weights[name]);
    if (both.length === 0) {
      throw new UserError(
        `${path}: none of its tensors has the name of one in this network, so nothing would be started from it`,
      );
    }
    const odd = both.filter((name) => String(weights[name]?.shape) !== String(own[name]?.shape));
    if (odd.length > 0) {
      const described = (name: string) =>
        `${name} is [${weights[name]?.shape}] in it, [${own[name]?.shape}] in this network`;
      throw new UserError(`${path} does not fit: ${listed(odd.map(described))}`);
    }
    noGrad(() => {
      for (const name of both) (own[name] as Tensor).copy_(weights[name] as Tensor);
    });
    // Older files lack the counters of batches, which nothing reads.
    const missing = Object.keys(own).filter((name) => !weights[name] && !name.endsWith('num_batches_tracked'));
    const unused = Object.keys(weights).filter((name) => !own[name]);
    return [
      ...(missing.length > 0 ? [`not in ${path}, so they begin fresh: ${listed(missing)}`] : []),
      ...(unused.length > 0 ? [`in ${path}, but not in this network: ${listed(unused)}`] : []),
    ];
  } finally {
    free(weights);
  }
}

function listed(words: readonly string[]): string {
  return words.slice(0, 6).join(', ') + (words.length > 6 ? ` and ${words.length - 6} more` : '');
}

function free(tensors: Readonly<Record<string, Tensor>>): void {
  for (const tensor of Object.values(tensors)) tensor.dispose();
}
