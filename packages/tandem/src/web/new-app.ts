import { Hono } from 'hono';
import { type GuardOptions, guards } from './guards.js';
import { Refusal } from './refusal.js';

/**
 * An app behind its guards, whose errors are one line of JSON: `{ "error": "..." }`.
 * @param open paths that need no token
 * @param onFault told of what is no fault of the client's, who learns nothing of it
 */
export function newApp(options: GuardOptions, open: readonly string[], onFault: (error: Error) => void): Hono {
  const app = new Hono();
  app.use(...guards(options, open));
  app.notFound((c) => c.json({ error: `there is no ${c.req.method} ${c.req.path}` }, 404));
  app.onError((error, c) => {
    if (error instanceof Refusal) {
      if (error.cause instanceof Error) onFault(error.cause);
      return c.json({ error: error.message }, error.status, { ...error.headers });
    }
    onFault(error);
    return c.json({ error: 'the server failed; it says more itself' }, 500);
  });
  return app;
}
