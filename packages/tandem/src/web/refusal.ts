import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** Why a request is not answered as it was meant: a status, and one line. */
export class Refusal extends Error {
  constructor(
    readonly status: ContentfulStatusCode,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
    /** What the server's owner is told of it, and the client is not. */
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
