import * as ort from 'onnxruntime-web/wasm';
import { type Preparation, prepared } from './prepare.js';
import { unit } from './vectors.js';

/** What `build.mjs` writes for the page. */
interface Model extends Preparation {
  readonly file: string;
}

/** Turns pictures into vectors of length 1, in this page. */
export interface Encoder {
  embed(picture: ImageBitmap): Promise<Float32Array>;
}

export async function loadEncoder(): Promise<Encoder> {
  ort.env.wasm.wasmPaths = new URL('.', location.href).href;
  ort.env.wasm.numThreads = 1; // more need headers that not every static server sends
  const model = (await (await fetch('model.json')).json()) as Model;
  const session = await ort.InferenceSession.create(model.file, { logSeverityLevel: 3 });
  return {
    async embed(picture) {
      const pixels = new ort.Tensor('float32', prepared(picture, model), [1, 3, model.size, model.size]);
      const { pooler_output } = await session.run({ pixel_values: pixels }, ['pooler_output']);
      return unit(pooler_output?.data as Float32Array);
    },
  };
}
