import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where Tandem keeps what it can make or fetch again: `tandem` in XDG_CACHE_HOME, or in ~/.cache.
 */
export function cacheHome(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tandem');
}
