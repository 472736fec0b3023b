/**
 * How the encoder wants its pictures: what `tandem export` writes down, as `model.json` of this
 * page has it.
 */
export interface Preparation {
  readonly size: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Pixels of a square picture, red, green and blue one after another, 0 to 255. */
export interface Square {
  readonly side: number;
  readonly planes: readonly Float32Array[];
}

/** The square in the middle of a picture, over white where it is transparent. */
export function centreSquare(picture: ImageBitmap): Square {
  const side = Math.min(picture.width, picture.height);
  const canvas = new OffscreenCanvas(side, side);
  const paint = canvas.getContext('2d', { willReadFrequently: true }) as OffscreenCanvasRenderingContext2D;
  paint.fillStyle = 'white';
  paint.fillRect(0, 0, side, side);
  paint.drawImage(picture, Math.round((side - picture.width) / 2), Math.round((side - picture.height) / 2));
  const { data } = paint.getImageData(0, 0, side, side);
  const planes = [0, 1, 2].map((c) => Float32Array.from({ length: side * side }, (_, i) => data[4 * i + c] as number));
  return { side, planes };
}

type Kernel = { readonly reach: number; weight(distance: number): number };

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
const lanczos: Kernel = { reach: 3, weight: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) };
const triangle: Kernel = { reach: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) };

/**
 * The picture at another side; a kernel as wide as an output pixel when it shrinks, so that nothing
 * flickers.
 */
function resized({ side: from, planes }: Square, side: number, kernel: Kernel): Square {
  if (from === side) return { side, planes };
  const scale = from / side;
  const wide = Math.max(scale, 1);
  const taps = Array.from({ length: side }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - kernel.reach * wide));
    const last = Math.min(from, Math.ceil(centre + kernel.reach * wide));
    const weights = Array.from({ length: last - first }, (_, k) => kernel.weight((first + k + 0.5 - centre) / wide));
    const sum = weights.reduce((a, b) => a + b);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
  return { side, planes: planes.map((plane) => transposed(transposed(plane, from), from)) };

  /** One pass across, written down sideways: two of them do both directions. */
  function transposed(plane: Float32Array, width: number): Float32Array {
    const rows = plane.length / width;
    const out = new Float32Array(rows * side);
    for (const [i, { first, weights }] of taps.entries()) {
      for (let y = 0; y < rows; y++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) {
          sum += (weights[k] as number) * (plane[y * width + first + k] as number);
        }
        out[i * rows + y] = sum;
      }
    }
    return out;
  }
}

/**
 * A picture as the network wants it: as in training, first to 8/7 of the size in whole numbers,
 * then to the size.
 */
export function prepared(picture: ImageBitmap, { size, mean, std }: Preparation): Float32Array<ArrayBuffer> {
  const square = centreSquare(picture);
  const kept = resized(square, Math.ceil((size * 8) / 7), lanczos);
  const whole = {
    ...kept,
    planes: kept.planes.map((plane) => plane.map((x) => Math.min(255, Math.max(0, Math.round(x))))),
  };
  const out = new Float32Array(3 * size * size);
  for (const [c, plane] of resized(whole, size, triangle).planes.entries()) {
    out.set(
      plane.map((x) => (x / 255 - (mean[c] as number)) / (std[c] as number)),
      c * size * size,
    );
  }
  return out;
}
