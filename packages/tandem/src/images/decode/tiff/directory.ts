/**
 * The first directory of a TIFF or BigTIFF file: what its tags say, without its pixels. See "TIFF
 * Revision 6.0" (Adobe, 1992).
 */

/** The tags that are looked at. */
export const tag = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  stripOffsets: 273,
  orientation: 274,
  samples: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  planar: 284,
  predictor: 317,
  palette: 320,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  extraSamples: 338,
  sampleFormat: 339,
  lumas: 529,
  subsampling: 530,
  blackAndWhite: 532,
  lerc: 50674,
} as const;

/** Those that hold one whole number and decide where pixels lie. */
const single = [
  'width',
  'height',
  'compression',
  'photometric',
  'samples',
  'rowsPerStrip',
  'planar',
  'predictor',
  'tileWidth',
  'tileHeight',
] as const;

/** Those that hold several, of which readers take none where they are of another type. */
const several = ['bits', 'stripOffsets', 'stripByteCounts', 'tileOffsets', 'tileByteCounts', 'palette'] as const;

/** An entry of the directory as it stands in the file. */
interface Entry {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  /** Where its values stand. */
  readonly at: number;
}

/** Bytes of a number, by its type. */
const lengths: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 13: 4, 16: 8, 18: 8 };

/** What the first directory says. */
export class TiffDirectory {
  readonly #view: DataView;
  readonly #little: boolean;
  readonly #big: boolean;
  readonly #entries = new Map<number, Entry>();
  readonly #doubled = new Set<number>();

  /** @throws RangeError where the file is too short for what it says */
  constructor(readonly bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#view = view;
    this.#little = bytes[0] === 0x49;
    this.#big = this.#short(2) === 43;
    const start = this.#big ? this.#offset(8) : this.#offset(4);
    const [count, first, length] = this.#big
      ? [this.#offset(start), start + 8, 20]
      : [this.#short(start), start + 2, 12];
    for (let i = 0; i < count; i++) {
      const at = first + i * length;
      const entry = { tag: this.#short(at), type: this.#short(at + 2), count: this.#offset(at + 4) };
      const inside = at + (this.#big ? 12 : 8);
      const size = (lengths[entry.type] ?? 0) * entry.count;
      if (this.#entries.has(entry.tag)) this.#doubled.add(entry.tag);
      this.#entries.set(entry.tag, { ...entry, at: size <= (this.#big ? 8 : 4) ? inside : this.#offset(inside) });
    }
  }

  has(name: number): boolean {
    return this.#entries.has(name);
  }

  /** The numbers of a tag; none where it is absent or holds no whole numbers. */
  numbers(name: number): number[] {
    const entry = this.#entries.get(name);
    const length = entry && lengths[entry.type];
    if (!entry || !length) return [];
    if (entry.count * length > this.bytes.length) throw new RangeError('the directory is larger than the file');
    return Array.from({ length: entry.count }, (_, i) => this.#number(entry.at + i * length, length));
  }

  /** The fractions of a tag, or others where it does not hold as many. */
  fractions(name: number, otherwise: readonly number[]): readonly number[] {
    const entry = this.#entries.get(name);
    if (entry?.type !== 5 || entry.count !== otherwise.length) return otherwise;
    const at = this.#offset(entry.at);
    return otherwise.map((_, i) => this.#number(at + 8 * i, 4) / this.#number(at + 8 * i + 4, 4));
  }

  /** What is wrong with a tag of which readers take different numbers. */
  damaged(): string | undefined {
    const isWhole = (name: keyof typeof tag) => lengths[this.#entries.get(tag[name])?.type ?? 1] !== undefined;
    const notOne = single.find((name) => !isWhole(name) || (this.#entries.get(tag[name])?.count ?? 1) !== 1);
    if (notOne) return `its ${notOne} is not one whole number`;
    const notWhole = several.find((name) => !isWhole(name));
    if (notWhole) return `its ${notWhole} are no whole numbers`;
    const [doubled] = Object.entries(tag).find(([, number]) => this.#doubled.has(number)) ?? [];
    if (doubled) return `it says its ${doubled} twice`;
    const predictor = this.number(tag.predictor, 1);
    if (predictor < 1 || predictor > 3) return `predictor ${predictor}, which there is none of`;
    if (this.number(tag.photometric, 1) === 3 && this.numbers(tag.palette).length !== 3 << this.number(tag.bits, 1)) {
      return 'its palette has not as many colours as its numbers';
    }
    return undefined;
  }

  /** The first number of a tag. */
  number(name: number, otherwise: number): number {
    return this.numbers(name)[0] ?? otherwise;
  }

  /**
   * The same file with its tiles as the strips of one tall picture, tile below tile: a decoder that
   * leaves damaged tiles black does say what is wrong with a strip.
   */
  tilesAsStrips(): Uint8Array {
    const separate = this.number(tag.planar, 1) === 2 ? this.number(tag.samples, 1) : 1;
    const tiles = this.numbers(tag.tileOffsets).length / separate;
    const height = this.number(tag.tileHeight, 0);
    const moved = new Map<number, number>([
      [tag.tileOffsets, tag.stripOffsets],
      [tag.tileByteCounts, tag.stripByteCounts],
    ]);
    const set = new Map<number, number>([
      [tag.width, this.number(tag.tileWidth, 0)],
      [tag.height, height * tiles],
      [tag.rowsPerStrip, height],
    ]);
    const dropped = new Set<number>([tag.tileWidth, tag.tileHeight, tag.orientation, ...set.keys()]);
    const kept = [...this.#entries.values()].filter((entry) => !dropped.has(entry.tag));
    const [before, length, after] = this.#big ? [8, 20, 8] : [2, 12, 4];
    const start = this.bytes.length + (this.bytes.length % 2);
    const count = kept.length + set.size;
    const file = new DataView(new ArrayBuffer(start + before + count * length + after));
    const bytes = new Uint8Array(file.buffer);
    bytes.set(this.bytes);
    const entries = [
      ...kept.map((entry) => ({
        tag: moved.get(entry.tag) ?? entry.tag,
        write: (at: number) => this.#copy(file, entry, at),
      })),
      ...[...set].map(([name, value]) => ({
        tag: name,
        write: (at: number) => this.#writeLong(file, value, at),
      })),
    ].sort((a, b) => a.tag - b.tag);
    this.#writeOffset(file, start, this.#big ? 8 : 4);
    if (this.#big) this.#writeOffset(file, count, start);
    else file.setUint16(start, count, this.#little);
    for (const [i, entry] of entries.entries()) {
      const at = start + before + i * length;
      entry.write(at);
      file.setUint16(at, entry.tag, this.#little);
    }
    return bytes;
  }

  /** Writes an entry as it is. */
  #copy(file: DataView, { type, count, at }: Entry, to: number): void {
    const value = to + (this.#big ? 12 : 8);
    const room = this.#big ? 8 : 4;
    file.setUint16(to + 2, type, this.#little);
    this.#writeOffset(file, count, to + 4);
    const isInside = (lengths[type] ?? 0) * count <= room;
    if (!isInside) this.#writeOffset(file, at, value);
    else for (let i = 0; i < room; i++) file.setUint8(value + i, this.bytes[at + i] ?? 0);
  }

  #writeLong(file: DataView, value: number, to: number): void {
    file.setUint16(to + 2, 4, this.#little);
    this.#writeOffset(file, 1, to + 4);
    file.setUint32(to + (this.#big ? 12 : 8), value, this.#little);
  }

  #writeOffset(file: DataView, value: number, at: number): void {
    if (this.#big) file.setBigUint64(at, BigInt(value), this.#little);
    else file.setUint32(at, value, this.#little);
  }

  #short(at: number): number {
    return this.#view.getUint16(at, this.#little);
  }

  #offset(at: number): number {
    return this.#number(at, this.#big ? 8 : 4);
  }

  #number(at: number, length: number): number {
    if (length === 1) return this.#view.getUint8(at);
    if (length === 2) return this.#short(at);
    if (length === 4) return this.#view.getUint32(at, this.#little);
    return Number(this.#view.getBigUint64(at, this.#little));
  }
}
