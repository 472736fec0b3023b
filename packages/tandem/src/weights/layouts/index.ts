import type { Layout } from './layout.js';
import { resnetLayouts } from './resnet.js';
import { vitLayouts } from './vit.js';

export { type Family, type Layout, reader } from './layout.js';

/** Every layout by its key, those of a family in the order in which they are tried. */
export const layouts = { ...resnetLayouts, ...vitLayouts } satisfies Readonly<Record<string, Layout>>;

/** How a layout is called here. */
export type LayoutKey = keyof typeof layouts;
