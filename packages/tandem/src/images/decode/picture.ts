/** Pictures of colour or gray, in the decoder that all formats share. */

import type { Sharp } from 'sharp';
import { grayOf } from '../set/in-channels.js';
import { directJpeg } from './direct-jpeg.js';
import { type Decoding, fromPixels, type PlanarImage, planesOf } from './pixels.js';
import { decoder, type Readable } from './readable.js';
import { type Bands, type Numbers, scaled } from './samples.js';
import { loadSharp } from './sharp.js';
import { toPlanar } from './to-planar.js';

/**
 * What was read of a file, as planes.
 * @returns the reason where it has other channels than are wanted, or numbers out of range
 */
export async function planarImage(readable: Readable, decoding: Decoding): Promise<PlanarImage | string> {
  const { channels, depth } = decoding.format;
  const isPicture = channels === 1 || channels === 3;
  if ('picture' in readable) {
    return isPicture ? fromFile(readable, decoding) : unwanted('a picture', channels);
  }
  const { bands } = readable;
  const isColour = isPicture && bands.colours > 0;
  if (!isColour && bands.channels !== channels) return unwanted(`${bands.channels} bands`, channels);
  const data = scaled(bands, decoding.range, depth === 16 ? 65535 : 255);
  if (typeof data === 'string') return data;
  if (isColour) return fromPicture(await asPicture(bands, data), decoding);
  return fromPixels(upright({ ...bands, data }), decoding);
}

function unwanted(found: string, channels: number): string {
  const usual = channels === 3 ? 'red, green and blue' : channels === 1 ? 'gray' : `${channels} bands`;
  const cure = found === 'a picture' ? ' (channels=3 reads pictures)' : '';
  return `${found}, where ${usual} ${channels === 1 ? 'is' : 'are'} wanted${cure}`;
}

/** What the decoder warns of in JPEGs that are whole but for their writer's habits. */
const harmless = /extraneous bytes before marker|Invalid SOS|JFIF revision|Adobe color|progression sequence|VipsIcc/;

/** @throws Error where it is damaged */
async function fromFile(
  { picture, isStrict, isJpeg }: Extract<Readable, { picture: Uint8Array }>,
  decoding: Decoding,
): Promise<PlanarImage | string> {
  const direct = isJpeg ? await directJpeg(picture, decoding, pixelsOf) : undefined;
  if (direct) return { ...direct, write: (to, start) => to.set(direct.planes, start) };
  try {
    return await fromPicture(await decoder(picture, isStrict), decoding);
  } catch (error) {
    const lines = String((error as Error).message).split('\n');
    if (!isStrict || !lines.every((line) => line.trim() === '' || harmless.test(line))) throw error;
    return fromPicture(await decoder(picture), decoding);
  }
}

/** A JPEG's pixels, red, green and blue. @param side 0 for its own */
async function pixelsOf(bytes: Uint8Array, side: number): Promise<Uint8Array> {
  return flat(await decoder(bytes, true), side || undefined)
    .toColourspace('srgb')
    .raw()
    .toBuffer();
}

/** The picture upright, at the side, transparent parts white. */
function flat(picture: Sharp, side: number | undefined): Sharp {
  const upright = picture.autoOrient().flatten({ background: '#ffffff' });
  return side === undefined ? upright : upright.resize(side, side, { fit: 'cover', position: 'centre' });
}

async function fromPicture(picture: Sharp, { side, format }: Decoding): Promise<PlanarImage | string> {
  const { channels, depth } = format;
  const sized = flat(picture, side);
  const raw = depth === 16 ? sized.toColourspace('rgb16').raw({ depth: 'ushort' }) : sized.toColourspace('srgb').raw();
  const { data: bytes, info } = await raw.toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) return `${info.channels} channels after conversion to RGB`;
  const { width, height } = info;
  if (channels === 3 && depth !== 16) return { width, height, write: (to, start) => toPlanar(bytes, to, start) };
  const data = depth === 16 ? new Uint16Array(new Uint8Array(bytes).buffer) : bytes;
  const planes = planesOf({ data: channels === 1 ? gray(data) : data, channels });
  return { width, height, write: (to, start) => to.set(planes, start) };
}

/** Bands that are a picture, as the decoder takes them: bands beyond its colours are left out. */
async function asPicture(bands: Bands, numbers: Numbers): Promise<Sharp> {
  const { width, height, colours, alpha } = bands;
  const channels = (colours + (alpha ? 1 : 0)) as 1 | 2 | 3 | 4;
  const area = width * height;
  const chosen = bands.channels === channels ? numbers : numbers.slice(0, area * channels);
  if (chosen !== numbers) {
    for (let i = 0; i < area; i++) {
      for (let c = 0; c < channels; c++) chosen[i * channels + c] = numbers[i * bands.channels + c] as number;
    }
  }
  const sharp = await loadSharp();
  const { data, ...size } = upright({ ...bands, channels, data: chosen });
  return sharp(data, { raw: { ...size, channels } });
}

/** What is turned or mirrored. */
interface Pixels {
  readonly data: Numbers;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** Pixels turned and mirrored as EXIF's orientations from 1 to 8 say. */
function upright({ data, width, height, channels, orientation }: Pixels & Pick<Bands, 'orientation'>): Pixels {
  if (!(orientation >= 2 && orientation <= 8)) return { data, width, height, channels };
  const isAcross = orientation >= 5;
  const [w, h] = isAcross ? [height, width] : [width, height];
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBelow = [3, 4, 6, 7].includes(orientation);
  const turned = data.slice();
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const [across, down] = isAcross ? [y, x] : [x, y];
      const column = fromRight ? width - 1 - across : across;
      const row = fromBelow ? height - 1 - down : down;
      for (let c = 0; c < channels; c++) {
        turned[(y * w + x) * channels + c] = data[(row * width + column) * channels + c] as number;
      }
    }
  }
  return { data: turned, width: w, height: h, channels };
}

function gray(colours: Numbers): Numbers {
  const plane = colours.slice(0, colours.length / 3);
  for (let i = 0, j = 0; i < plane.length; i++, j += 3) {
    plane[i] = grayOf(colours[j] as number, colours[j + 1] as number, colours[j + 2] as number);
  }
  return plane;
}
