/** Mean and standard deviation of each channel of a data set, of values in [0, 1]. */
export interface Normalisation {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

const imagenet: Normalisation = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/**
 * The usual constants by data set. The std of cifar10 is the one of MoCo's demo: per image, then
 * averaged.
 */
export const normalisations: Readonly<Record<string, Normalisation>> = {
  cifar10: { mean: [0.4914, 0.4822, 0.4465], std: [0.2023, 0.1994, 0.201] },
  cifar100: { mean: [0.5071, 0.4865, 0.4409], std: [0.2673, 0.2564, 0.2762] },
  stl10: { mean: [0.4914, 0.4823, 0.4465], std: [0.247, 0.243, 0.261] },
  'tiny-imagenet': { mean: [0.48, 0.448, 0.398], std: [0.277, 0.269, 0.282] },
  imagenet,
  mnist: { mean: [0.1307], std: [0.3081] },
  'fashion-mnist': { mean: [0.286], std: [0.353] },
};

/**
 * The constants for a data set: its own where it is known, ImageNet's where it is not. For images
 * with another number of channels than the constants have, gray ones are repeated and coloured ones
 * averaged.
 */
export function normalisationOf(data: string | undefined, channels: 1 | 3): Normalisation {
  const known = data !== undefined && Object.hasOwn(normalisations, data) ? normalisations[data] : undefined;
  const { mean, std } = known ?? imagenet;
  return { mean: fit(mean, channels), std: fit(std, channels) };
}

function fit(values: readonly number[], channels: number): readonly number[] {
  if (values.length === channels) return values;
  const average = values.reduce((sum, value) => sum + value, 0) / values.length;
  return new Array<number>(channels).fill(average);
}
