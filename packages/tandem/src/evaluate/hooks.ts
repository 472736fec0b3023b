/** How a job reports what it does, and how it is stopped. */
export interface JobHooks {
  /**
   * Called while the work runs.
   * @param total undefined where it is not known yet @param what of the work, in a word or two
   */
  readonly onProgress?: ((done: number, total: number | undefined, what: string) => void) | undefined;
  /** Receives lines that the user should know, such as which files were skipped. */
  readonly onNote?: ((line: string) => void) | undefined;
  /** Stops the job, which is then rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}
