import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { z } from 'zod';
import { UserError } from '../errors.js';
import type { EpochShown } from '../web/browser/data.js';
import type { GuardOptions } from '../web/guards.js';
import { newApp } from '../web/new-app.js';
import { Refusal } from '../web/refusal.js';
import { stopRun } from './control.js';
import { uiPage } from './page.js';
import { Watcher } from './watch.js';

/** What a page over runs may do. */
export interface UiAppOptions {
  /** The folder that runs are in. */
  readonly root: string;
  /** Resumes a run in a process of its own; absent where the page only shows. */
  readonly resume?: ((run: string) => void) | undefined;
  /** Looks at what a run saw and found at an epoch. */
  readonly look: (run: string, epoch: number) => Promise<EpochShown>;
  /** Ends the pages' streams. */
  readonly signal: AbortSignal;
}

const command = z.strictObject({ run: z.string(), action: z.enum(['stop', 'resume']) });

/** Routes of the page over runs. */
export function uiApp(
  { root, resume, look, signal }: UiAppOptions,
  guards: GuardOptions,
  onFault: (error: Error) => void,
): Hono {
  const app = newApp(guards, [], onFault);
  const watcher = new Watcher(root, resume !== undefined);
  app.get('/', (c) => c.html(uiPage(root)));
  app.get('/runs', (c) => c.json(watcher.snapshot()));
  app.get('/events', (c) =>
    streamSSE(c, async (stream) => {
      const gone = new AbortController();
      stream.onAbort(() => gone.abort());
      for await (const now of watcher.changes(AbortSignal.any([signal, gone.signal]))) {
        await stream.writeSSE({ data: JSON.stringify(now) });
      }
    }),
  );
  app.get('/report', (c) => {
    const path = found(c.req.query('run') ?? '');
    try {
      return c.html(readFileSync(join(path, 'report.html'), 'utf8'));
    } catch {
      throw new Refusal(404, 'the run has no report yet');
    }
  });
  app.get('/epoch', async (c) => {
    const path = found(c.req.query('run') ?? '');
    const epoch = Number(c.req.query('epoch'));
    if (!(Number.isInteger(epoch) && epoch > 0)) throw new Refusal(400, 'epoch must be a whole number of at least 1');
    try {
      return c.json(await look(path, epoch));
    } catch (error) {
      // What the page shows is a result: a failed request would be a message on its console.
      if (error instanceof UserError) return c.json({ error: error.message });
      throw error;
    }
  });
  app.post('/control', async (c) => {
    if (!resume) throw new Refusal(403, 'this page only shows; begin it with --allow-control');
    // Forms of other pages cannot send JSON.
    if (c.req.header('content-type')?.split(';')[0] !== 'application/json') throw new Refusal(415, 'send JSON');
    const { success, data } = command.safeParse(await c.req.json().catch(() => undefined));
    if (!success) throw new Refusal(400, 'send {"run": "...", "action": "stop"} or "resume"');
    const path = found(data.run);
    if (data.action === 'stop') stopRun(path);
    else resume(path);
    return c.json({ done: data.action });
  });

  function found(id: string): string {
    const path = watcher.pathOf(id);
    if (path === undefined) throw new Refusal(404, 'there is no such run');
    return path;
  }
  return app;
}
