import sharp from 'sharp';

/** An SVG as PNG at twice its size. Its texts need a font on the machine, such as Debian's `fonts-dejavu-core`. */
export async function svgToPng(svg: string): Promise<Buffer> {
  return sharp(Buffer.from(svg), { density: 144 }).png({ compressionLevel: 9 }).toBuffer();
}
