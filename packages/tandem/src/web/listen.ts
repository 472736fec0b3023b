import { createServer, type Server } from 'node:http';
import { type AddressInfo, isIPv6, Server as NetServer } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import { UsageError, UserError } from '../errors.js';

/** Where a server listens, and how long it has patience. */
export interface ListenOptions {
  /** A name or address of this machine. */
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Seconds in which a request must have come whole. */
  readonly seconds: number;
}

/** A server that answers. */
export interface Listening {
  /** As a browser takes it, without a slash at the end. */
  readonly url: string;
  /** Takes no more connections, and waits for those at hand, `grace` seconds at most. */
  stop(grace: number): Promise<void>;
}

/** Milliseconds between the wish to stop and the end of listening. */
const lull = 200;
/** Turns of the event loop without a new connection after which none waits. */
const silentTurns = 5;

/** Connections that are open at a time; more are closed unheard. */
const mostConnections = 1000;

/**
 * Serves an app over HTTP.
 * @throws UserError where the port is taken, or the host is none of this machine
 */
export async function listen(
  app: { fetch(request: Request): Response | Promise<Response> },
  { host, port, seconds }: ListenOptions,
): Promise<Listening> {
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new UsageError(`--port must be from 0 to 65,535, got ${port}`);
  }
  const limits = {
    requestTimeout: 1000 * seconds,
    headersTimeout: 1000 * Math.min(seconds, 10),
    connectionsCheckingInterval: 1000,
  };
  let isStopping = false;
  const answer = getRequestListener((request) => app.fetch(request));
  const server = createServer(limits, (request, response) => {
    // Else a client that keeps its connection would be told nothing, and cut off.
    if (isStopping) response.setHeader('connection', 'close');
    void answer(request, response);
  });
  server.maxConnections = mostConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(told(error, host, port)));
    server.listen(port, host, resolve);
  });
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://${isIPv6(host) ? `[${host}]` : host}:${actual}`,
    async stop(grace) {
      isStopping = true;
      await setTimeout(Math.min(lull, 1000 * grace));
      await takeWaiting(server, grace);
      await closed(server, grace);
    },
  };
}

/**
 * Clients that have connected already wait in the system's queue, of which the event loop takes one
 * a turn: they are at hand too.
 */
async function takeWaiting(server: Server, grace: number): Promise<void> {
  let silent = 0;
  const hear = () => {
    silent = 0;
  };
  server.on('connection', hear);
  for (const end = performance.now() + 1000 * grace; silent < silentTurns && performance.now() < end; silent++) {
    await setImmediate();
  }
  server.off('connection', hear);
}

/** Waits for all connections, those that say nothing for a moment only. */
async function closed(server: Server, grace: number): Promise<void> {
  // As http's own `close`, which would cut off clients whose request is on its way.
  const over = new Promise<void>((resolve) => void NetServer.prototype.close.call(server, () => resolve()));
  const impatient = globalThis.setTimeout(() => server.closeAllConnections(), 1000 * grace);
  await Promise.race([over, setTimeout(Math.min(2 * lull, 1000 * grace))]);
  await setImmediate();
  server.closeIdleConnections();
  await over;
  clearTimeout(impatient);
}

function told(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const where = `${host}:${port}`;
  if (error.code === 'EADDRINUSE') {
    return new UserError(`${where}: another program listens on this port; give another by --port, or 0 for any`);
  }
  if (error.code === 'EACCES') return new UserError(`${where}: permission is denied; give a --port from 1024 on`);
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') {
    return new UserError(`--host ${host}: no address of this machine; 127.0.0.1 is for itself, 0.0.0.0 for all`);
  }
  return error;
}
