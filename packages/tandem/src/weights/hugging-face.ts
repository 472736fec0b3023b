/** Parts of a Hugging Face ResNet's names, and what torchvision calls them. */
const parts: readonly (readonly [RegExp, (...found: string[]) => string])[] = [
  [/^embedder\.embedder\.convolution\./, () => 'conv1.'],
  [/^embedder\.embedder\.normalization\./, () => 'bn1.'],
  [
    /^encoder\.stages\.(\d+)\.layers\.(\d+)\.layer\.(\d+)\.convolution\./,
    (_, s, b, k) => `${block(s, b)}.conv${next(k)}.`,
  ],
  [
    /^encoder\.stages\.(\d+)\.layers\.(\d+)\.layer\.(\d+)\.normalization\./,
    (_, s, b, k) => `${block(s, b)}.bn${next(k)}.`,
  ],
  [/^encoder\.stages\.(\d+)\.layers\.(\d+)\.shortcut\.convolution\./, (_, s, b) => `${block(s, b)}.downsample.0.`],
  [/^encoder\.stages\.(\d+)\.layers\.(\d+)\.shortcut\.normalization\./, (_, s, b) => `${block(s, b)}.downsample.1.`],
  [/^classifier\.1\./, () => 'fc.'],
];

const next = (number: string | undefined) => Number(number) + 1;
const block = (stage: string | undefined, place: string | undefined) => `layer${next(stage)}.${place}`;

/**
 * Tensors under torchvision's names, where they have those of Hugging Face's ResNet (`ResNetModel`,
 * or one with a classifier); others keep theirs. The networks are the same.
 * (huggingface/transformers, models/resnet/modeling_resnet.py)
 */
export function torchvisionNames<T>(tensors: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [torchvisionName(name), tensor]));
}

function torchvisionName(name: string): string {
  const bare = name.replace(/^resnet\./, '');
  const found = parts.find(([pattern]) => pattern.test(bare));
  return found ? bare.replace(...found) : name;
}
