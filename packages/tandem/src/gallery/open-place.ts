import { existsSync, statSync } from 'node:fs';
import { UserError } from '../errors.js';
import { folderPlace } from './folder/folder-place.js';
import type { Place } from './place.js';
import { postgresPlace } from './postgres/postgres-place.js';

/** Whether a place is a PostgreSQL. */
export function isPostgres(place: string): boolean {
  return place.startsWith('postgres://') || place.startsWith('postgresql://');
}

/** A place without its password, as it may be shown. */
export function shownPlace(place: string): string {
  return isPostgres(place) ? place.replace(/^(\w+:[/][/][^:@/]*):[^@/]*@/, '$1@') : place;
}

/**
 * Opens a folder of vectors, or a PostgreSQL (`postgres://user:password@host/database`).
 * @param mustExist whether a folder must be there already
 * @throws UserError where there is none, or the server does not answer
 */
export async function openPlace(
  place: string,
  { mustExist, onProgress }: { mustExist: boolean; onProgress?: (done: number, total: number) => void },
): Promise<Place> {
  if (isPostgres(place)) return openPostgres(place);
  if (place.includes('://')) throw new UserError(`${place}: a folder, or postgres://..., can hold an index`);
  if (existsSync(place) && !statSync(place).isDirectory())
    throw new UserError(`${place}: a file; an index is a folder`);
  if (mustExist && !existsSync(place))
    throw new UserError(`${place}: there is no such index; make it with tandem index`);
  return folderPlace(place, onProgress);
}

async function openPostgres(place: string): Promise<Place> {
  const pg = await import('pg').catch(() => {
    throw new UserError('PostgreSQL is spoken to with pg, which is not installed: npm install pg');
  });
  const client = new pg.default.Client({ connectionString: place, connectionTimeoutMillis: 10_000 });
  // One that breaks while nothing is asked is told by the next question.
  client.on('error', () => {});
  const said = (error: unknown) => {
    const { message, code, severity } = error as Error & { code?: string; severity?: string };
    const why = message || code || String(error);
    // A server that is ended says so in its last word, class 57P.
    const isGone = severity === undefined || code?.startsWith('57P');
    return new UserError(
      `${shownPlace(place)}: ${isGone ? `does not answer (${why}); see that it runs, then call this again` : `refused (${why})`}`,
    );
  };
  try {
    await client.connect();
  } catch (error) {
    throw said(error);
  }
  const query = async (text: string, values?: unknown[]) => {
    try {
      return await client.query(text, values);
    } catch (error) {
      throw said(error);
    }
  };
  return postgresPlace({ query }, () => client.end().catch(() => {}));
}
