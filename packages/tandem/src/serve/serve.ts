import { UsageError } from '../errors.js';
import type { JobHooks } from '../evaluate/index.js';
import { openGallery } from '../gallery/index.js';
import { type LoadOptions, load } from '../load/index.js';
import { listen } from '../web/listen.js';
import { serveApp } from './app.js';
import { servePage } from './page.js';
import { workOf } from './work.js';

/** Which encoder is served, where, and what clients are granted. */
export interface ServeOptions extends Pick<LoadOptions, 'classifier' | 'device' | 'mostPixels'> {
  /** A run folder, an exported folder, or a file of weights. */
  readonly encoder: string;
  /** An index to search: a folder, or `postgres://...`, that holds vectors of this encoder. */
  readonly index?: string | undefined;
  /** A name or address of this machine; defaults to 127.0.0.1, which only itself reaches. */
  readonly host?: string | undefined;
  /** Defaults to 8080; 0 for any that is free. */
  readonly port?: number | undefined;
  /** What clients must know; needed where others than this machine reach the server. */
  readonly token?: string | undefined;
  /** Origins whose pages may ask by script, such as `https://example.org`; defaults to none. */
  readonly cors?: readonly string[] | undefined;
  /** Bytes of a request, at most; defaults to 20 MiB. */
  readonly mostBytes?: number | undefined;
  /** Pictures that wait at a time; more are refused with 429. Defaults to 256. */
  readonly queue?: number | undefined;
  /** Seconds until an answer, else 503; defaults to 30. */
  readonly seconds?: number | undefined;
}

/** A server that answers. */
export interface Served {
  /** Where it is: `http://127.0.0.1:8080`. */
  readonly url: string;
  /** What it answers by POST. */
  readonly paths: readonly string[];
  /** Whether it shows a page to search with. */
  readonly hasPage: boolean;
  /** Answers the requests at hand, takes no more, and frees the encoder. */
  stop(): Promise<void>;
}

/** Pixels of a picture, where nothing else is said: 8192 x 8192. */
const usualPixels = 2 ** 26;

/**
 * Serves an encoder over HTTP: pictures in, vectors, classes or neighbours out. The network
 * computes in threads of its own, those that wait for it together, so the server answers meanwhile.
 * @param hooks `onNote` is told of faults that are none of a client's
 * @throws UserError where the encoder or the index cannot be opened, or the port is taken
 */
export async function serve(options: ServeOptions, hooks: JobHooks = {}): Promise<Served> {
  const { host = '127.0.0.1', port = 8080, queue = 256, seconds = 30, mostBytes = 20 * 2 ** 20 } = options;
  checkOrigins(options.cors ?? []);
  if (options.token?.trim() === '') throw new UsageError('--token must not be empty');
  const { model, gallery, close } = await open(options, hooks);
  try {
    const page = gallery && servePage({ classes: await gallery.classes(), place: options.index ?? '' });
    const work = workOf(model, gallery, page);
    const onFault = (error: Error) => hooks.onNote?.(`a request failed: ${error.message}`);
    const guards = { host, token: options.token, cors: options.cors };
    const { app, stop } = serveApp(work, guards, { body: mostBytes, queue, seconds }, onFault);
    const { url, stop: stopListening } = await listen(app, { host, port, seconds });
    return {
      url,
      paths: Object.keys(work.tasks).map((task) => `/${task}`),
      hasPage: page !== undefined,
      async stop() {
        stop();
        await stopListening(seconds);
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The encoder, in threads of its own, and the index where there is one. */
async function open(options: ServeOptions, hooks: JobHooks) {
  const { encoder, index, mostPixels = usualPixels, device, classifier } = options;
  const how = { device, classifier, mostPixels, worker: 'many' } as const;
  if (index === undefined) {
    const model = await load(encoder, how);
    return { model, gallery: undefined, close: async () => model.dispose() };
  }
  const gallery = await openGallery(index, { encoder, ...how }, hooks);
  return { model: gallery.model, gallery, close: () => gallery.close() };
}

/** @throws UsageError for what no browser sends */
function checkOrigins(origins: readonly string[]): void {
  for (const origin of origins) {
    if (origin === '*' || (URL.canParse(origin) && new URL(origin).origin === origin)) continue;
    throw new UsageError(`--cors must be an origin such as https://example.org, or *, got ${origin}`);
  }
}
