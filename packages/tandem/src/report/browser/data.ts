/** What the report's page draws; it stands in the page as JSON. */
export interface PageData {
  readonly charts: readonly Plot[];
  readonly scatter?: PageScatter;
}

/** Curves over epochs. */
export interface Plot {
  /** The canvas it is drawn on. */
  readonly id: string;
  readonly epochs: readonly number[];
  readonly lines: readonly Line[];
  /** Values are shares, shown as per cent. */
  readonly percent?: boolean;
}

export interface Line {
  readonly name: string;
  /** One an epoch; null where nothing was measured. */
  readonly values: readonly (number | null)[];
  /** `limit` is a level to compare with, drawn thin and dashed. */
  readonly role: 'student' | 'teacher' | 'average' | 'plain' | 'limit';
}

/** Points in the plane, by class. */
export interface PageScatter {
  readonly id: string;
  readonly classes: readonly { readonly name: string; readonly points: readonly (readonly [number, number])[] }[];
}
