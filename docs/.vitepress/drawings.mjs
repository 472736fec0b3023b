// Mermaid drawings become SVG when the site is built, so that pages load no drawing library. Their
// colours are the theme's, in light and dark.

import { renderMermaidSVG } from 'beautiful-mermaid';

const colours = {
  bg: 'var(--vp-c-bg)',
  fg: 'var(--vp-c-text-1)',
  line: 'var(--vp-c-text-3)',
  accent: 'var(--vp-c-brand-1)',
  surface: 'var(--vp-c-bg-soft)',
  border: 'var(--vp-c-divider)',
  transparent: true,
};

/** @param {import('vitepress').MarkdownRenderer} md */
export function drawings(md) {
  const fence = md.renderer.rules.fence;
  md.renderer.rules.fence = (tokens, index, ...rest) => {
    const { info, content } = tokens[index];
    if (info.trim() !== 'mermaid') return fence(tokens, index, ...rest);
    // The page asks nobody else for a font.
    const svg = renderMermaidSVG(content, colours).replace(/@import[^;]*;/g, '');
    return `<div class="drawing" v-html="decodeURIComponent('${encodeURIComponent(svg).replaceAll("'", '%27')}')"></div>\n`;
  };
}
