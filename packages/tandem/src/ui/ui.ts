import { LookingThread } from '../report/epochs/in-thread.js';
import { listen } from '../web/listen.js';
import { uiApp } from './app.js';
import { findRuns } from './find-runs.js';

/** Which runs are shown, and where. */
export interface UiOptions {
  /** The folder that runs are in; defaults to `runs`. */
  readonly root?: string | undefined;
  /** A name or address of this machine; defaults to 127.0.0.1, which only itself reaches. */
  readonly host?: string | undefined;
  /** Defaults to 8081; 0 for any that is free. */
  readonly port?: number | undefined;
  /** What browsers must know, as a password. */
  readonly token?: string | undefined;
  /** Resumes a run in a process of its own; runs may be stopped and resumed where it is given. */
  readonly resume?: ((run: string) => void) | undefined;
}

/** A page that is shown. */
export interface ShownRuns {
  /** Where the page is. */
  readonly url: string;
  /** Runs that there are now. */
  readonly runs: number;
  /** Ends the server. */
  stop(): Promise<void>;
}

/**
 * Shows all runs of a folder in a page that follows them, from the files that they write anyway.
 * @param onNote told of faults that are none of a browser's
 * @throws UserError where there is no such folder, or the port is taken
 */
export async function showRuns(
  { root = 'runs', host = '127.0.0.1', port = 8081, token, resume }: UiOptions = {},
  { onNote }: { readonly onNote?: (line: string) => void } = {},
): Promise<ShownRuns> {
  const runs = findRuns(root).length;
  const ending = new AbortController();
  const onFault = (error: Error) => onNote?.(`a request failed: ${error.message}`);
  const looking = new LookingThread();
  const look = (run: string, epoch: number) => looking.look(run, epoch);
  const app = uiApp({ root, resume, look, signal: ending.signal }, { host, token }, onFault);
  const { url, stop } = await listen(app, { host, port, seconds: 30 });
  return {
    ...{ url, runs },
    async stop() {
      ending.abort();
      await looking.close();
      await stop(1);
    },
  };
}
