import { type ImageSet, pictureOf } from '../set/image-set.js';
import { loadSharp } from './sharp.js';

/** One image of a set as a PNG file, made smaller where its side is above `largest` pixels. */
export async function pngOf(set: ImageSet, index: number, largest: number): Promise<Buffer> {
  const { height, width } = set;
  const sharp = await loadSharp();
  const { channels, pixels: image } = pictureOf(set, index);
  const area = height * width;
  // Colours of a pixel stand side by side in files, and in planes in a set.
  const pixels = Uint8Array.from(
    { length: image.length },
    (_, i) => image[(i % channels) * area + Math.floor(i / channels)] as number,
  );
  const whole = sharp(pixels, { raw: { width, height, channels } }).toColourspace(channels === 1 ? 'b-w' : 'srgb');
  const isLarge = Math.max(height, width) > largest;
  // A palette makes what is only looked at three times smaller; small images keep their very
  // pixels.
  const shown = isLarge ? whole.resize(largest, largest, { fit: 'inside' }) : whole;
  return shown.png({ compressionLevel: 9, palette: isLarge }).toBuffer();
}

/** A picture as a PNG file. @param pixels interleaved RGB, 0 to 255 */
export async function rgbToPng({
  pixels,
  width,
  height,
}: {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}): Promise<Buffer> {
  const sharp = await loadSharp();
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}
