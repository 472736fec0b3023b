// What every script here needs: the repository's root, and the tools of set-up.

import { fileURLToPath } from 'node:url';
import { run as runAnywhere } from '../packages/torch/setup/run.mjs';

export { Failure, onExit, runMain, secondsSince, step, tail, which } from '../packages/torch/setup/run.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/**
 * As set-up's, but in the repository's root.
 * @type {typeof runAnywhere}
 */
export const run = (command, args, options = {}) => runAnywhere(command, args, { cwd: root, ...options });

/** Whether this module is the one that node was started with. @param {string} url */
export const isMain = (url) => process.argv[1] !== undefined && fileURLToPath(url) === process.argv[1];
