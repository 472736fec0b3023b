import { type Device, scope } from 'tandem-torch';
import { features } from '../evaluate/index.js';
import type { ImageSet } from '../images/index.js';
import { workingCopy } from '../networks/index.js';
import { encoderView, type LoadedEncoder } from '../weights/index.js';

/** What gives images their features, in this thread or in another. */
export interface Computing {
  /** Of images of one shape: float32, a row an image. */
  rows(set: ImageSet): Promise<Float32Array>;
  /** Frees the network; what is being computed fails. */
  dispose(): void;
}

/** Computes in this thread, which does nothing else meanwhile. It takes the encoder over. */
export function computeHere({ encoder, card }: LoadedEncoder, device: Device): Computing {
  encoder.to({ device });
  const copy = workingCopy(encoder);
  if (copy) encoder.dispose();
  const network = copy ?? encoder.eval();
  const options = { view: encoderView(card), device, alike: true };
  return {
    rows: async (set) => scope(() => features(network, set, options).to('cpu').data()) as Float32Array,
    dispose: () => network.dispose(),
  };
}
