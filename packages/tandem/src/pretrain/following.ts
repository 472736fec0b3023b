import type { distributed } from 'tandem-torch';
import type { ImageSource } from '../images/index.js';

/** How the reading of images is reported, and how a run is stopped. */
export interface LoadingOptions {
  /** Stops the reading; a run ends after the step at hand, and all of it is saved. */
  readonly signal?: AbortSignal | undefined;
  /** Reports while images are found and decoded. */
  readonly onLoading?: ((done: number, total: number | undefined, what: string) => void) | undefined;
  /** Images from code, in place of those that the configuration names. */
  readonly source?: ImageSource | undefined;
  /** The processes that share each batch; all of them call with the same settings. */
  readonly group?: distributed.ProcessGroup | undefined;
}

/** Where a run is kept, and how it is followed. */
export interface PretrainOptions extends LoadingOptions {
  /** The run folder; defaults to the next free `runs/<images>-<method>-<backbone>`. */
  readonly out?: string | undefined;
  /** Of the folder in `runs`, where it is not to be named after images, method and backbone. */
  readonly name?: string;
  /**
   * Whether a few steps of a copy are timed before the first, for `forecast` of the event `start`;
   * defaults to false. The run is the same bit for bit.
   */
  readonly forecast?: boolean | undefined;
}
