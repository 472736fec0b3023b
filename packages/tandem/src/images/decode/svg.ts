import { loadSharp } from './sharp.js';

/**
 * An SVG as PNG at twice its size. Its texts need a font on the machine, such as Debian's
 * `fonts-dejavu-core`.
 * @param margin pixels to which white margins are cut; left as they are without it
 */
export async function svgToPng(svg: string, margin?: number): Promise<Buffer> {
  const sharp = await loadSharp();
  const whole = sharp(Buffer.from(svg), { density: 144 });
  const cut =
    margin === undefined
      ? whole
      : whole
          .flatten({ background: 'white' })
          .trim({ background: 'white' })
          .extend({ top: margin, bottom: margin, left: margin, right: margin, background: 'white' });
  return cut.png({ compressionLevel: 9 }).toBuffer();
}
