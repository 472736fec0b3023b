import { UserError } from '../../errors.js';
import { buildEncoder, effectiveOperations, encoderOperations } from '../../networks/index.js';
import { architectureOf } from '../architecture.js';
import type { RunConfig } from '../config/options.js';

/** What decides how much an image's way through a network computes. */
export interface Shape {
  /** Channels of the first stage, or tokens. */
  readonly width: number;
  /** Side of the images, in pixels. */
  readonly size: number;
  /** Multiply-adds of an image's way through the encoder. */
  readonly macs: number;
}

/** The settings of a network that may change. */
export type NetworkChange = Partial<Pick<RunConfig['network'], 'width' | 'stem'>>;

/** The size and channels of images. */
export type ImageShape = Pick<Shape, 'size'> & { readonly channels: number };

/** The shape that a run's encoder has on such images. @throws UserError where there can be none */
export function shapeOf({ network }: RunConfig, images: ImageShape, change: NetworkChange = {}): Shape {
  const architecture = architectureOf({ ...network, ...change }, images);
  const encoder = buildEncoder(architecture);
  try {
    const macs = effectiveOperations(encoderOperations(encoder, images));
    return { width: architecture.width, size: images.size, macs };
  } finally {
    encoder.dispose();
  }
}

/** The same; undefined where there can be none. */
export function possibleShape(config: RunConfig, images: ImageShape, change: NetworkChange): Shape | undefined {
  try {
    return shapeOf(config, images, change);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** Whether weights that a run begins with leave its network as it is. */
export function isGivenNetwork({ network: { initFrom }, method: { options } }: RunConfig): boolean {
  return initFrom !== undefined || ('from' in options && options.from !== undefined);
}
