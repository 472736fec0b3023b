import { loadSharp } from './sharp.js';

/**
 * An SVG as PNG at twice its size. Its texts need a font on the machine, such as Debian's
 * `fonts-dejavu-core`.
 */
export async function svgToPng(svg: string): Promise<Buffer> {
  const sharp = await loadSharp();
  return sharp(Buffer.from(svg), { density: 144 }).png({ compressionLevel: 9 }).toBuffer();
}
