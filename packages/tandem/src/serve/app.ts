import type { Context, Hono, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { routePath } from 'hono/route';
import { UserError } from '../errors.js';
import type { GuardOptions } from '../web/guards.js';
import { newApp } from '../web/new-app.js';
import { Refusal } from '../web/refusal.js';
import { Admission } from './admission.js';
import { Metrics } from './metrics.js';
import { openApi } from './openapi.js';
import { picturesOf, why } from './pictures.js';
import { type Answer, health, type Query, queries, type Task } from './schemas.js';
import type { Work } from './work.js';

/** What a server grants its clients. */
export interface Limits {
  /** Bytes of a body. */
  readonly body: number;
  /** Pictures that wait at a time. */
  readonly queue: number;
  /** Seconds until an answer. */
  readonly seconds: number;
}

/** A server without its socket. */
export interface ServeApp {
  readonly app: Hono;
  /** From here on `/health` says that it is stopping. */
  stop(): void;
}

/** Bodies at hand have so many bytes together at most, or so many of the largest. */
const [mostBytes, mostBodies] = [2 ** 28, 4] as const;

/** Routes of a server that does some work. */
export function serveApp(work: Work, guards: GuardOptions, limits: Limits, onFault: (error: Error) => void): ServeApp {
  const app = newApp(guards, ['/health'], onFault);
  const metrics = new Metrics();
  const bytes = Math.max(mostBytes, mostBodies * limits.body);
  const admission = new Admission({ pictures: limits.queue, bytes });
  let isStopping = false;

  app.use(async (c, next) => {
    const begun = performance.now();
    await next();
    metrics.request(routePath(c, -1), c.res.status, (performance.now() - begun) / 1000);
  });
  app.get('/health', (c) => {
    const { width, size, classes } = work;
    const told = { status: isStopping ? 'stopping' : 'ok', width, size, classes, indexed: 'search' in work.tasks };
    return c.json(health.parse(told), isStopping ? 503 : 200);
  });
  app.get('/metrics', (c) =>
    c.text(metrics.text(admission.pictures), 200, { 'content-type': 'text/plain; version=0.0.4' }),
  );
  const tasks = Object.keys(work.tasks) as Task[];
  const document = openApi(tasks, guards.token !== undefined);
  app.get('/openapi.json', (c) => c.json(document));
  if (work.page !== undefined) app.get('/', (c) => c.html(work.page as string));

  const tooLarge = () => {
    throw new Refusal(413, `the body is too large: at most ${limits.body.toLocaleString('en')} bytes are taken`, {
      connection: 'close',
    });
  };
  const counted = bodyLimit({ maxSize: limits.body, onError: tooLarge });
  // Node.js holds a body to the length that it begins with. Counting makes a stream of it, which
  // takes longer than all else that is done with a request.
  const bounded: MiddlewareHandler = async (c, next) => {
    const length = c.req.header('content-length');
    if (length === undefined || c.req.header('transfer-encoding') !== undefined) return counted(c, next);
    if (Number(length) > limits.body) tooLarge();
    return next();
  };
  for (const task of Object.keys(queries) as Task[]) {
    app.post(`/${task}`, bounded, (c) => {
      const giveBack = admission.bytes(Number(c.req.header('content-length') ?? limits.body));
      return within(limits.seconds, answered(c, task).finally(giveBack));
    });
  }

  async function answered<T extends Task>(c: Context, task: T): Promise<Response> {
    const job = work.tasks[task];
    if (job === undefined) throw new Refusal(404, work.without[task] ?? `there is no ${task}`);
    const { success, data, error } = queries[task].safeParse(c.req.query());
    if (!success) throw new Refusal(400, `the words behind ? are not as they should be: ${why(error)}`);
    const { pictures, isList } = await picturesOf(c.req);
    const giveBack = admission.work(pictures.length);
    try {
      const results = await Promise.all(pictures.map((picture) => attempt(job, picture, data as Query<T>)));
      if (isList) return c.json({ results });
      const [result] = results as [Answer<T> | { error: string }];
      return c.json(result, 'error' in result ? 422 : 200);
    } finally {
      giveBack();
    }
  }

  /** The answer, or why the picture has none. */
  async function attempt<T extends Task>(
    job: NonNullable<Work['tasks'][T]>,
    picture: Uint8Array,
    query: Query<T>,
  ): Promise<Answer<T> | { error: string }> {
    try {
      const answer = await job(picture, query);
      metrics.picture('answered');
      return answer;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      metrics.picture('refused');
      return { error: error.message };
    }
  }

  return {
    app,
    stop: () => {
      isStopping = true;
    },
  };
}

/** The answer, or a refusal where it takes too long. */
async function within(seconds: number, answer: Promise<Response>): Promise<Response> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const refusal = new Refusal(503, `no answer in ${seconds} seconds; come again later`, { 'retry-after': '5' });
    timer = setTimeout(() => reject(refusal), 1000 * seconds);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
    // Nobody waits for one that comes late.
    answer.catch(() => {});
  }
}
