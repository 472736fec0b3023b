import { nn, noGrad, ones, scope, type Tensor, zeros } from 'tandem-torch';
import type { SavedHead } from '../../weights/index.js';
import { Draft } from './draft.js';
import { type Graph, io } from './graph.js';
import { gelu } from './vit.js';

/** A classifier on an encoder's features. */
export interface Classifier {
  /** From features to scores. */
  readonly head: SavedHead['head'];
  /** In the order of its outputs. */
  readonly classes: readonly string[];
  /** What its scores are divided by. */
  readonly temperature: number;
}

/**
 * An encoder's graph with a classifier on it: its scores are a third output, `logits`. They are
 * divided by the temperature already, since whoever loads the model takes their softmax as it is.
 */
export function withClassifier(graph: Graph, { head, classes, temperature }: Classifier): Graph {
  const draft = new Draft();
  scope(() =>
    noGrad(() => {
      let x: string = io.pooled;
      for (const [i, { layers }] of head.layers.entries()) {
        const isLast = i === head.layers.length - 1;
        const folded = asLinear(layers, isLast ? 1 / temperature : 1);
        x = draft.linear(`classifier.${i}`, x, folded, isLast ? io.scores : undefined);
        if (layers.some((layer) => layer instanceof nn.ReLU)) x = draft.relu(`classifier.${i}`, x);
        if (layers.some((layer) => layer instanceof nn.GELU)) x = gelu(draft, `classifier.${i}.gelu`, x);
      }
    }),
  );
  return {
    ...graph,
    classes: classes.length,
    nodes: [...graph.nodes, ...draft.nodes],
    constants: { ...graph.constants, ...draft.constants },
  };
}

/** A Linear and the batch norm after it as one, in float64, times a factor. */
export function asLinear(layers: readonly nn.Module[], factor: number): { weight: Tensor; bias: Tensor } {
  const wide = (x: Tensor) => x.to({ device: 'cpu', dtype: 'float64' });
  const line = layers.find((layer) => layer instanceof nn.Linear) as nn.Linear;
  const norm = layers.find((layer) => layer instanceof nn.BatchNorm1d);
  const outputs = line.weight.shape[0] as number;
  const weight = wide(line.weight);
  const bias = line.bias ? wide(line.bias) : zeros([outputs], { dtype: 'float64' });
  if (!norm) return { weight: weight.mul(factor), bias: bias.mul(factor) };
  const { runningMean, runningVar, eps } = norm;
  const scale = wide(norm.weight ?? ones([outputs])).div(wide(runningVar).add(eps).sqrt());
  const shift = wide(norm.bias ?? zeros([outputs])).sub(wide(runningMean).mul(scale));
  return {
    weight: weight.mul(scale.view([-1, 1])).mul(factor),
    bias: bias.mul(scale).add(shift).mul(factor),
  };
}
