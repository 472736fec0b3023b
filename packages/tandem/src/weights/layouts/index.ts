import { convnextLayouts } from './convnext.js';
import type { Layout } from './layout.js';
import { resnetLayouts } from './resnet.js';
import { vitLayouts } from './vit.js';

export { type Family, type Layout, reader } from './layout.js';
export { underTheirNames } from './writer.js';

/** Every layout by its key, those of a family in the order in which they are tried. */
export const layouts = { ...resnetLayouts, ...vitLayouts, ...convnextLayouts } satisfies Readonly<
  Record<string, Layout>
>;

/** How a layout is called here. */
export type LayoutKey = keyof typeof layouts;
