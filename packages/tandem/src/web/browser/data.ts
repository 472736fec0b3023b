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
