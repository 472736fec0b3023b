export { type Indexed, type IndexOptions, indexImages } from './index-images.js';
export type { Match } from './place.js';
export { type Found, Gallery, type GalleryOptions, openGallery, type SearchOptions } from './search.js';
export { searchPage } from './search-page.js';
export { pictureOf, tileStyle } from './tiles.js';
