import { allocate } from './allocate.js';
import { bytesOf, type DataSet, type ImageSet, imageBytes, type PixelFormat, samplesOf } from './image-set.js';

/** Images converted at once, so that a set in a file needs little memory beside the result. */
const chunk = 1000;

/**
 * The same data with images of so many channels: gray ones repeated as red, green and blue, or
 * coloured ones made gray (ITU-R BT.601, rounded), in memory. A note says so. Of other channels
 * nothing is changed: those are no colours.
 */
export function inChannels(data: DataSet, channels: number | undefined): DataSet {
  const note = conversionNote(data.train, channels);
  if (note === undefined) return data;
  const made = new Map<ImageSet, ImageSet>();
  const once = (set: ImageSet): ImageSet => {
    const done = made.get(set) ?? setInChannels(set, channels);
    made.set(set, done);
    return done;
  };
  return {
    ...data,
    train: once(data.train),
    ...(data.reference && { reference: once(data.reference) }),
    ...(data.queries && { queries: once(data.queries) }),
    note: [...(data.note === undefined ? [] : [data.note]), note].join('; '),
  };
}

/** What users are told of images that are brought to gray, or from it; undefined for others. */
export function conversionNote(own: Pick<PixelFormat, 'channels'>, channels: number | undefined): string | undefined {
  if (channels === own.channels) return undefined;
  if (channels === 1 && own.channels === 3) return 'the images are made gray';
  return channels === 3 && own.channels === 1 ? 'the gray images are repeated as red, green and blue' : undefined;
}

/** What users are told of files that did not come out as colour. */
export function formatNotes({ channels, depth }: PixelFormat, asked: number | undefined): readonly string[] {
  if (channels === 1 && asked === 1) return ['the images are made gray'];
  if (channels === 3 || asked !== undefined) return [];
  return [
    `the images have ${channels} bands of ${depth ?? 8} bits, and all are learned from; channels=3 reads red, green and blue alone`,
  ];
}

/** One set as `inChannels` has it. */
export function setInChannels(set: ImageSet, channels: number | undefined): ImageSet {
  if (channels === undefined || conversionNote(set, channels) === undefined) return set;
  const format = { ...set, channels };
  const pixels = allocate(set.count, format, Math.max(set.height, set.width));
  const each = imageBytes(format);
  for (let from = 0; from < set.count; from += chunk) {
    const to = Math.min(from + chunk, set.count);
    const all = bytesOf(set, from, to);
    for (let image = from; image < to; image++) {
      const bytes = all.subarray((image - from) * imageBytes(set), (image - from + 1) * imageBytes(set));
      const target = pixels.subarray(image * each, (image + 1) * each);
      if (channels === 1) writeGray(samplesOf(bytes, set), samplesOf(target, set));
      else for (let c = 0; c < 3; c++) target.set(bytes, c * bytes.length);
    }
  }
  return { ...format, pixels: pixels.subarray(0, set.count * each) };
}

type Samples = ReturnType<typeof samplesOf>;

function writeGray(planes: Samples, to: Samples): void {
  const area = to.length;
  for (let i = 0; i < area; i++) {
    to[i] = grayOf(planes[i] as number, planes[area + i] as number, planes[2 * area + i] as number);
  }
}

/** Gray of red, green and blue (ITU-R BT.601), rounded, as Pillow's; of 8 or 16 bits. */
export function grayOf(red: number, green: number, blue: number): number {
  return Math.floor((19595 * red + 38470 * green + 7471 * blue + 0x8000) / 0x10000);
}
