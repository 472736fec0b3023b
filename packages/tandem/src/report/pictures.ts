import { type ImageSet, pngOf } from '../images/index.js';

/** A picture of the report. */
export interface Picture {
  /** A PNG as a data URI. */
  readonly uri: string;
  /** Its class, or the file it came from. */
  readonly caption: string;
  /** The file it came from, where the caption is its class. */
  readonly file?: string;
}

/** Side of the largest picture, in pixels. */
const largestPicture = 160;

/** An image of a set. */
export async function pictureAt(set: ImageSet, i: number): Promise<Picture> {
  const png = await pngOf(set, i, largestPicture);
  const label = set.labels?.[i];
  const name = label === undefined ? undefined : (set.classes?.[label] ?? `class ${label}`);
  const file = set.files?.[i];
  return {
    uri: pngUri(png),
    caption: name ?? file ?? `image ${i}`,
    ...(name !== undefined && file !== undefined && { file }),
  };
}

/** A PNG as an address that holds it. */
export function pngUri(png: Buffer): string {
  return `data:image/png;base64,${png.toString('base64')}`;
}
