/** A picture, planar: all red, all green, all blue, or one gray plane; 0 to 255. */
export interface Picture {
  /** In pixels. */
  readonly side: { readonly height: number; readonly width: number };
  /** 3 for colour, 1 for gray. */
  readonly channels: 1 | 3;
  /** Planar, 0 to 255. */
  readonly pixels: Uint8Array;
}

/** A contact sheet as interleaved RGB. */
export interface ContactSheet {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** RGB, pixel by pixel. */
  readonly pixels: Uint8Array;
}

const white = 255;

/** Pixels between pictures. */
const space = 4;

/**
 * Rows of pictures, in columns as wide as their widest; small ones larger, each pixel as a square.
 * @param gaps columns, by number, that stand apart from the one before
 */
export function contactSheet(rows: readonly (readonly Picture[])[], gaps: ReadonlySet<number>): ContactSheet {
  const sides = rows.flat().map(({ side }) => Math.max(side.height, side.width));
  const scale = Math.max(1, Math.floor(128 / Math.max(...sides)));
  const lefts: number[] = [];
  let width = space;
  for (let column = 0; column < Math.max(...rows.map((row) => row.length)); column++) {
    if (gaps.has(column)) width += 3 * space;
    lefts.push(width);
    width += scale * Math.max(...rows.map((row) => row[column]?.side.width ?? 0)) + space;
  }
  const tops: number[] = [];
  let height = space;
  for (const row of rows) {
    tops.push(height);
    height += scale * Math.max(...row.map(({ side }) => side.height)) + space;
  }
  const sheet = { width, height, pixels: new Uint8Array(3 * width * height).fill(white) };
  for (const [r, row] of rows.entries()) {
    for (const [c, picture] of row.entries()) paste(picture, scale, sheet, lefts[c] as number, tops[r] as number);
  }
  return sheet;
}

function paste(
  { side, channels, pixels }: Picture,
  scale: number,
  sheet: ContactSheet,
  left: number,
  top: number,
): void {
  const { height, width } = side;
  for (let y = 0; y < height * scale; y++) {
    for (let x = 0; x < width * scale; x++) {
      const from = Math.floor(y / scale) * width + Math.floor(x / scale);
      const to = 3 * ((top + y) * sheet.width + left + x);
      for (let c = 0; c < 3; c++) {
        sheet.pixels[to + c] = pixels[(channels === 3 ? c : 0) * height * width + from] as number;
      }
    }
  }
}
