import type { JobHooks } from '../evaluate/index.js';
import { pictureTile, tileStyle } from '../gallery/tiles.js';
import { pageStyle } from '../report/assets.js';
import { html } from '../report/html.js';
import { htmlPage } from '../report/html-page.js';
import { thumbnails } from './thumbnails.js';
import type { CurateOptions } from './vectors.js';

/** Pictures on a page, and in one of its sections: a page of a thousand would be slow to open. */
const [mostPictures, mostInSection] = [600, 24] as const;

/** Pictures that belong together. */
export interface Section {
  readonly title: string;
  readonly pictures: readonly { readonly file: string; readonly note: string }[];
}

/** A page one can look through. */
export interface ContactSheet {
  readonly title: string;
  /** What the sections are, in a sentence or two. */
  readonly about: string;
  readonly sections: readonly Section[];
}

/** The pictures as one HTML page that needs no other file and no network. */
export async function contactSheet(
  { title, about, sections }: ContactSheet,
  options: CurateOptions,
  hooks: JobHooks,
): Promise<string> {
  const shown = firstOf(sections);
  const uris = await thumbnails(
    options,
    shown.flatMap(({ pictures }) => pictures.map(({ file }) => file)),
    hooks,
  );
  const hidden = sections.length - shown.length;
  return htmlPage({
    title,
    policy: "default-src 'none'; img-src data:; style-src 'unsafe-inline'",
    style: html`${pageStyle()}${tileStyle}`,
    about: hidden === 0 ? about : `${about} The first ${shown.length} of ${sections.length} are shown.`,
    main: shown.map(
      ({ title, pictures, more }) =>
        html`<section><h2>${title}</h2><div class="tiles">${pictures.map(({ file, note }) =>
          pictureTile(uris.get(file), file, note),
        )}</div>${more > 0 && html`<p class="muted">and ${more.toLocaleString('en')} more</p>`}</section>`,
    ),
    origin: html`${options.encoder} and ${options.images}.`,
  });
}

/** Whole sections, as far as they fit; of long ones their first pictures. */
function firstOf(sections: readonly Section[]): (Section & { readonly more: number })[] {
  const shown: (Section & { more: number })[] = [];
  let room = mostPictures;
  // One section alone may fill the page.
  const most = sections.length === 1 ? mostPictures : mostInSection;
  for (const { title, pictures } of sections) {
    const first = pictures.slice(0, most);
    if (first.length > room) break;
    room -= first.length;
    shown.push({ title, pictures: first, more: pictures.length - first.length });
  }
  return shown;
}
