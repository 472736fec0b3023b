import type { ImageLike } from '../images/index.js';
import { percent } from '../math.js';
import { pageStyle } from '../report/assets.js';
import { html } from '../report/html.js';
import { htmlPage } from '../report/html-page.js';
import type { Found } from './search.js';
import { thumbnail, tile, tileStyle } from './tiles.js';

/**
 * What was found as one HTML page that needs no other file and no network.
 * @param name of the picture that was asked for, the picture itself, and where it was looked for
 */
export async function searchPage(
  { name, picture, place }: { name: string; picture: ImageLike; place: string },
  { matches, among }: Found,
): Promise<string> {
  const asked = await thumbnail(picture);
  const tiles = await Promise.all(
    matches.map(({ images, file, class: own, similarity }) =>
      tile(images, file, `${own === undefined ? '' : `${own}, `}${percent(similarity, 1)} alike`),
    ),
  );
  return htmlPage({
    title: `Like ${name}`,
    policy: "default-src 'none'; img-src data:; style-src 'unsafe-inline'",
    style: html`${pageStyle()}${tileStyle}`,
    about: `The ${matches.length} nearest of ${among.toLocaleString('en')} images, by the cosine of their vectors.`,
    main: [
      html`<section><h2>Asked for</h2><div class="tiles"><figure class="card tile">${
        asked !== undefined && html`<img src="${asked}" alt="${name}" width="160" height="160">`
      }<figcaption>${name}</figcaption></figure></div></section>`,
      html`<section><h2>Found</h2><div class="tiles">${tiles}</div></section>`,
    ],
    origin: html`${place}.`,
  });
}
