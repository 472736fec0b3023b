import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { decodeSingle, type ImageLike, pngOf } from '../images/index.js';
import { type Html, html } from '../report/html.js';

/** Side of the pictures on a page, in pixels. */
const side = 160;

/** A picture as a data URI; undefined where it cannot be read, or lies in an archive. */
export async function thumbnail(picture: ImageLike): Promise<string | undefined> {
  try {
    const set = await decodeSingle('picture', picture, { size: side, channels: 3 });
    return `data:image/png;base64,${(await pngOf(set, 0, side)).toString('base64')}`;
  } catch {
    return undefined;
  }
}

/** Where an indexed image lies on disk; undefined where it is no file of its own. */
export function fileOf(images: string, file: string): string | undefined {
  return [join(images, file), file].find((path) => existsSync(path));
}

/** An indexed image as a data URI, small; undefined where it is no file of its own any more. */
export async function pictureOf(images: string, file: string): Promise<string | undefined> {
  const path = fileOf(images, file);
  return path && thumbnail(path);
}

/** A picture on disk with its name and a line under it. */
export async function tile(images: string, file: string, note: string): Promise<Html> {
  return pictureTile(await pictureOf(images, file), file, note);
}

/**
 * A picture with its name and a line under it.
 * @param uri of its pixels, where they could be read
 */
export function pictureTile(uri: string | undefined, name: string, note: string): Html {
  return html`<figure class="card tile">${
    uri === undefined
      ? html`<div class="missing">no picture</div>`
      : html`<img src="${uri}" alt="${name}" width="${side}" height="${side}" loading="lazy">`
  }<figcaption title="${name}">${name}<small>${note}</small></figcaption></figure>`;
}

/** The style of tiles. */
export const tileStyle = html`.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.5rem,1fr));gap:.75rem}.tile{margin:0;padding:.5rem;min-width:0}.tile img,.tile .missing{width:100%;height:auto;aspect-ratio:1;object-fit:cover;display:block}.tile .missing{display:grid;place-items:center}.tile figcaption{overflow-wrap:anywhere;font-size:.85rem}.tile small{display:block}`;
