import { cat, noGrad, zerosLike } from 'tandem-torch';
import { type Encoder, ViT } from '../../networks/index.js';
import { asLinear, type Classifier } from '../onnx/classifier.js';
import type { LaidOut } from './layout.js';

/** How transformers calls a network with a classifier, and the parts of it. */
interface Named {
  readonly architecture: string;
  readonly encoder: string;
  readonly classifier: string;
  /** Whether it has the class token beside the patches' mean, and not one of them. */
  readonly takesBoth?: true;
}

/** By the `model_type` of `config.json`. */
const named: Readonly<Record<string, Named>> = {
  resnet: { architecture: 'ResNetForImageClassification', encoder: 'resnet', classifier: 'classifier.1' },
  convnext: { architecture: 'ConvNextForImageClassification', encoder: 'convnext', classifier: 'classifier' },
  vit: { architecture: 'ViTForImageClassification', encoder: 'vit', classifier: 'classifier' },
  dinov2: {
    ...{ architecture: 'Dinov2ForImageClassification', encoder: 'dinov2' },
    ...{ classifier: 'classifier', takesBoth: true },
  },
  dinov2_with_registers: {
    ...{ architecture: 'Dinov2WithRegistersForImageClassification', encoder: 'dinov2_with_registers' },
    ...{ classifier: 'classifier', takesBoth: true },
  },
};

/**
 * What `layOut` made for transformers, with a classifier on it, whose scores are divided by the
 * temperature already.
 * @returns why the library has no such classifier, where that is so
 */
export function classified(laid: LaidOut, encoder: Encoder, { head, temperature }: Classifier): LaidOut | string {
  const names = named[String(laid.config.model_type)];
  const isMean = encoder instanceof ViT && encoder.pooling !== 'class';
  if (head.layers.length !== 1) return 'transformers has no classifier of several layers';
  if (names === undefined || (isMean && !names.takesBoth)) {
    return `transformers has no classifier on a ${laid.config.model_type}${isMean ? ' whose features are a mean of patches' : ''}`;
  }
  return noGrad(() => {
    const line = asLinear(head.layers[0]?.layers ?? [], 1 / temperature);
    const weight = line.weight.to('float32');
    const halves = isMean ? [zerosLike(weight), weight] : [weight, zerosLike(weight)];
    const under = (prefix: string) => Object.entries(laid.tensors).map(([name, x]) => [`${prefix}.${name}`, x]);
    return {
      ...laid,
      tensors: {
        ...Object.fromEntries(under(names.encoder)),
        [`${names.classifier}.weight`]: names.takesBoth ? cat(halves, { dim: 1 }) : weight,
        [`${names.classifier}.bias`]: line.bias.to('float32'),
      },
      config: { ...laid.config, architectures: [names.architecture] },
    };
  });
}
