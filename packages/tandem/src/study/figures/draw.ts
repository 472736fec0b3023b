import { UserError } from '../../errors.js';
import type { Spec } from './spec.js';

/**
 * Draws a figure with Vega, which needs no browser for it. Vega is loaded here, and only here: who
 * reproduces nothing need not have it.
 * @returns SVG
 * @throws UserError where Vega is not installed
 */
export async function drawSvg(spec: Spec): Promise<string> {
  const { vega, lite } = await loadVega();
  const compiled = lite.compile(spec as unknown as Parameters<typeof lite.compile>[0]).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', logLevel: vega.Error });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

async function loadVega() {
  try {
    const [vega, lite] = await Promise.all([import('vega'), import('vega-lite')]);
    return { vega, lite };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new UserError('figures need Vega, which is not installed: npm install vega vega-lite');
  }
}
