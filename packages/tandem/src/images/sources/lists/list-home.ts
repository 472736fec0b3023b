import { join } from 'node:path';
import { cacheHome } from '../../cache/cache-home.js';

/** Where lists are kept that came without a file of their own. */
export function listHome(): string {
  return join(cacheHome(), 'lists');
}
