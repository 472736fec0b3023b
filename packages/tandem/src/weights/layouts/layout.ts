import type { Architecture } from '../../networks/index.js';

/** Networks that are read under other libraries' names. */
export type Family = 'vit' | 'resnet' | 'convnext';

/**
 * A name here and that of another library. Stars stand for numbers, the same on both sides. Names
 * are of tensors, or of modules whose tensors are called alike. Several names on the other side are
 * parts of the tensor here, one after the other in its first dimension.
 */
export type Row = readonly [own: string, theirs: string | readonly string[]];

/** The names that a library gives to the tensors of a family of networks. */
export interface Layout {
  /** Whose names they are, as messages say it. */
  readonly name: string;
  readonly family: Family;
  /** The tensor that tells where in a file such a network stands, under their name. */
  readonly anchor: string;
  /** Of several rows for a tensor the last is what the library writes today. */
  readonly rows: readonly Row[];
  /** What holds for networks of this layout unless a file or its folder says otherwise. */
  readonly form?: Partial<Architecture>;
  /** Whether pixels from 0 to 1 go in as they are, without mean and deviation. */
  readonly plainPixels?: boolean;
  /** Whether positions have one for the class token, where there are registers too. */
  readonly classPositionWithRegisters?: boolean;
}

/** From a name of theirs to one here, and which of its parts it is. */
export interface Found {
  readonly own: string;
  readonly part: number;
  readonly parts: number;
  /** The place of its row. */
  readonly row: number;
}

interface Side {
  readonly pattern: RegExp;
  readonly place: Omit<Found, 'own'> & { readonly own: string };
}

/** Finds the names here of names of theirs, in the order of the rows. */
export function reader({ rows }: Layout): (theirs: string) => Found[] {
  const sides = rows.flatMap(([own, theirs], row): Side[] => {
    const names = typeof theirs === 'string' ? [theirs] : theirs;
    return names.map((name, part) => ({ pattern: patternOf(name), place: { own, part, parts: names.length, row } }));
  });
  return (name) =>
    sides.flatMap(({ pattern, place }) => {
      const found = pattern.exec(name);
      return found ? [{ ...place, own: filledIn(place.own, found) }] : [];
    });
}

/** A name with stars, and what may stand behind it. */
function patternOf(name: string): RegExp {
  const body = name.replace(/[.*]/g, (sign) => (sign === '*' ? '(\\d+)' : '\\.'));
  return new RegExp(`^${body}(\\.\\w+)?$`);
}

/** The numbers go in for the stars, and what stood behind goes behind. */
function filledIn(name: string, [, ...found]: RegExpExecArray): string {
  const numbers = found.slice(0, -1);
  let star = 0;
  return name.replace(/\*/g, () => numbers[star++] ?? '') + (found.at(-1) ?? '');
}
