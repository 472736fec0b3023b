import { noGrad, scope, type Tensor } from 'tandem-torch';
import { UserError } from '../errors.js';
import { type Encoder, type Grid, resampled, ViT } from '../networks/index.js';
import { loadWeights, named } from './file.js';
import { listed } from './listed.js';
import { publicWeights } from './public/assume.js';

type Tensors = Readonly<Record<string, Tensor>>;

/** Weights to start from. */
interface Beginning {
  /** Under the names here whatever the file calls them. */
  readonly tensors: Tensors;
  /** Names in the file of what is not of the network. */
  readonly elsewhere: readonly string[];
  /** What of the file is the network; empty where all of it is. */
  readonly taken: readonly string[];
}

/**
 * Hands over a file's weights, which are freed afterwards.
 * @throws UserError where the file cannot be read, or holds no network, NaN or infinity
 */
function withWeights<T>(path: string, use: (weights: Beginning) => T): T {
  const { tensors, about } = loadWeights(path);
  try {
    return scope(() => use(beginning(path, tensors, about !== undefined)));
  } catch (error) {
    throw new UserError(named(path, error));
  } finally {
    for (const tensor of Object.values(tensors)) tensor.dispose();
  }
}

function beginning(path: string, tensors: Tensors, isOwn: boolean): Beginning {
  if (isOwn) return { tensors, elsewhere: [], taken: [] };
  const found = publicWeights(path, tensors);
  if (!found) {
    throw new Error(
      `no network in it: its tensors (${listed(Object.keys(tensors).slice(0, 3))}) have the names neither of torchvision, timm and transformers nor of DINO, DINOv2 and MoCo`,
    );
  }
  const { prefix, layout, elsewhere } = found.recognised;
  const taken = prefix === '' ? [] : [`taken from ${path}: '${prefix}*', under the names of ${layout.name}`];
  return { tensors: found.tensors, elsewhere, taken };
}

/**
 * Says early whether a file could be started from.
 * @throws UserError where it cannot be read, or holds no network
 */
export function checkWeights(path: string): void {
  withWeights(path, () => undefined);
}

/**
 * Copies a file's weights into an encoder, as far as their names agree. Learned positions of
 * another grid are resampled to the encoder's.
 * @returns what does not agree: a line for the tensors that stay fresh, and one for those of the
 * file that are not used
 * @throws UserError naming those of another shape; then nothing has changed
 */
export function initEncoder(encoder: Encoder, path: string): string[] {
  return withWeights(path, ({ tensors, elsewhere, taken }) => {
    const own = encoder.stateDict();
    const [weights, moved] = withPositions(tensors, encoder);
    const both = Object.keys(own).filter((name) => weights[name]);
    if (both.length === 0) {
      throw new Error(`none of its tensors has the name of one in this network, so nothing would be started from it`);
    }
    const odd = both.filter((name) => String(weights[name]?.shape) !== String(own[name]?.shape));
    if (odd.length > 0) {
      const described = (name: string) =>
        `${name} is [${weights[name]?.shape}] in it, [${own[name]?.shape}] in this network`;
      throw new Error(`${path} does not fit: ${listed(odd.map(described))}`);
    }
    noGrad(() => {
      for (const name of both) (own[name] as Tensor).copy_(weights[name] as Tensor);
    });
    // Older files lack the counters of batches, which nothing reads.
    const missing = Object.keys(own).filter((name) => !weights[name] && !name.endsWith('num_batches_tracked'));
    const unused = [...Object.keys(weights).filter((name) => !own[name]), ...elsewhere];
    return [
      ...taken,
      ...moved.map((line) => `${path}: ${line}`),
      ...(missing.length > 0 ? [`not in ${path}, so they begin fresh: ${listed(missing)}`] : []),
      ...(unused.length > 0 ? [`in ${path}, but not in this network: ${listed(unused)}`] : []),
    ];
  });
}

/** With positions for the encoder's grid, and what became of them. */
function withPositions(tensors: Tensors, encoder: Encoder): [Tensors, string[]] {
  const positions = tensors.pos_embed;
  if (!(encoder instanceof ViT) || !encoder.posEmbed || !positions) return [tensors, []];
  const [prefix, wanted] = [encoder.clsToken ? 1 : 0, encoder.posEmbed.shape[1] as number];
  const side = Math.sqrt((positions.shape[1] as number) - prefix);
  if (positions.shape[1] === wanted || !Number.isInteger(side)) return [tensors, []];
  const [from, to] = [side, encoder.side].map((rows) => ({ rows, columns: rows }));
  const way = encoder.resampling;
  const own = noGrad(() => resampled(positions.to('float32'), prefix, from as Grid, to as Grid, way));
  const line = `its ${side}x${side} positions were resampled to ${encoder.side}x${encoder.side} (resample=${way})`;
  return [{ ...tensors, pos_embed: own }, [line]];
}
