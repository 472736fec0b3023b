// What the server of `tandem ui` tells its page, as JSON.

/** What is known of a run's process. */
export type RunState = 'training' | 'elsewhere' | 'done' | 'stopped' | 'damaged';

/** A run, as far as its files tell. */
export interface RunSummary {
  /** Below the folder that is watched. */
  readonly id: string;
  readonly name: string;
  readonly state: RunState;
  /** Why it stopped, or what is damaged. */
  readonly note?: string;
  readonly epochs?: number;
  readonly done?: number;
  readonly method?: string;
  readonly backbone?: string;
  readonly images?: string;
  /** Those that are not the defaults. */
  readonly settings?: readonly string[];
  /** Seconds until its end, at the rate so far. */
  readonly left?: number;
  readonly seconds?: number;
  readonly kept?: 'student' | 'teacher' | 'average';
  /** k-NN of the encoder that it keeps, a share. */
  readonly accuracy?: number;
  /** Epochs of which it has an encoder, ascending. */
  readonly encoders?: readonly number[];
  readonly warnings?: readonly string[];
  /** What could not be judged. */
  readonly open?: readonly string[];
  readonly hasReport?: boolean;
  /** Values by name and epoch. */
  readonly curves?: Readonly<Record<string, readonly (readonly [epoch: number, value: number])[]>>;
}

/** The machine that the page is of. */
export interface SystemLoad {
  readonly cores: number;
  /** Processes that wanted to run, the mean of the last minute. */
  readonly load: number;
  /** Bytes. */
  readonly freeMemory: number;
  readonly memory: number;
}

/** All that is shown. */
export interface Snapshot {
  readonly runs: readonly RunSummary[];
  readonly system: SystemLoad;
  /** Whether runs may be stopped and resumed. */
  readonly mayControl: boolean;
}

/** A picture that a run was asked for, or found. */
export interface ShownPicture {
  /** A PNG as a data URI. */
  readonly uri: string;
  /** Its class, or its file. */
  readonly caption: string;
}

/** What a run saw, and what it found alike, at an epoch. */
export interface EpochShown {
  readonly queries: readonly (ShownPicture & {
    /** Nearest first. */
    readonly neighbours: readonly (ShownPicture & {
      /** Cosine. */
      readonly similarity: number;
      /** Whether it has the query's class, where classes are known. */
      readonly right?: boolean;
    })[];
  })[];
  /** How many images the neighbours were looked for in. */
  readonly among: number;
  /** Images beside their views, a row each, as a PNG in a data URI; sides in pixels. */
  readonly views: { readonly uri: string; readonly width: number; readonly height: number; readonly images: number };
}
