// What stands before every answer: who may ask, and from where.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import { Refusal } from './refusal.js';

/** Who may ask a server. */
export interface GuardOptions {
  /** The name or address that it listens on. */
  readonly host: string;
  /** What clients must know; anyone may ask where there is none. */
  readonly token?: string | undefined;
  /** Origins whose pages may ask by script; none where there are none. */
  readonly cors?: readonly string[] | undefined;
}

/** Whether a host is reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
}

/** The guards of a server, in their order. @param open paths that need no token */
export function guards(
  { host, token, cors: origins = [] }: GuardOptions,
  open: readonly string[],
): MiddlewareHandler[] {
  return [
    plain,
    ...(isLoopback(host) ? [onlyHere] : []),
    ...(origins.length > 0
      ? [cors({ origin: [...origins], allowMethods: ['GET', 'POST'], allowHeaders: ['authorization', 'content-type'] })]
      : []),
    ...(token === undefined ? [] : [withToken(token, open)]),
  ];
}

/**
 * What is told is what it says it is, and is kept by nobody. Said before there is an answer: one
 * that is made has to be made again for each header.
 */
const plain: MiddlewareHandler = async (c, next) => {
  c.header('x-content-type-options', 'nosniff');
  c.header('referrer-policy', 'no-referrer');
  c.header('cache-control', 'no-store');
  await next();
};

/**
 * A page elsewhere may let its own name lead to this machine (DNS rebinding), and would then be of
 * one origin with this server. Its name gives it away.
 */
const onlyHere: MiddlewareHandler = async (c, next) => {
  const name = /^(\[[^\]]*\]|[^:]*)/.exec(c.req.header('host') ?? '')?.[1] ?? '';
  if (!isLoopback(name.toLowerCase())) throw new Refusal(421, 'this server answers to localhost alone');
  await next();
};

/** `Authorization: Bearer TOKEN`, or the token as the password of a browser's own question. */
function withToken(token: string, open: readonly string[]): MiddlewareHandler {
  const wanted = digest(token);
  return async (c, next) => {
    const given = tokenIn(c.req.header('authorization') ?? '');
    if (!open.includes(c.req.path) && (given === undefined || !timingSafeEqual(digest(given), wanted))) {
      const headers = { 'www-authenticate': 'Basic realm="Tandem: any name, and the token as password"' };
      throw new Refusal(401, 'give the token: Authorization: Bearer TOKEN', headers);
    }
    await next();
  };
}

function tokenIn(header: string): string | undefined {
  const [, scheme = '', value = ''] = /^(\w+) +(\S+)$/.exec(header) ?? [];
  if (/^bearer$/i.test(scheme)) return value;
  if (/^basic$/i.test(scheme)) return /:(.*)/s.exec(Buffer.from(value, 'base64').toString())?.[1];
  return undefined;
}

/** Of one length, whatever was given. */
const digest = (text: string) => createHash('sha256').update(text).digest();
