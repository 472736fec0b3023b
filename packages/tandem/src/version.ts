import { readFileSync } from 'node:fs';

const manifest = new URL('../../package.json', import.meta.url);

/** Tandem's own version. */
export const tandemVersion: string = JSON.parse(readFileSync(manifest, 'utf8')).version;
