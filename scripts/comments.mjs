// Comments wrap at 100 columns: prose in longer lines is hard to read. Code may be wider; the
// formatter decides. `node scripts/comments.mjs` checks it.

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { withoutComments } from './imports.mjs';
import { isMain, root } from './run.mjs';

const widest = 100;
const folders = ['packages', 'bench', 'scripts', 'examples'];
const generated = /(^|\/)(node_modules|(?<!(src|test)\/)dist|build)\/|\.generated\.ts$|\.d\.ts$/;

/**
 * The faults of one file, each as `path:line message`. An address cannot be wrapped.
 * @param {string} path
 * @param {string} text
 */
export function longComments(path, text) {
  const lines = text.split('\n');
  const code = path.endsWith('.py') ? text.replace(/^[ \t]*#.*$/gm, '') : withoutComments(text);
  const codeLines = code.split('\n');
  return lines.flatMap((line, i) => {
    const hasComment = codeLines[i].trimEnd().length < line.trimEnd().length;
    if (line.length <= widest || !hasComment || /https?:\/\//.test(line)) return [];
    return [`${path}:${i + 1} has a comment up to column ${line.length}; wrap it at ${widest}`];
  });
}

/** The faults of all sources. */
export function checkComments() {
  return folders
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.(ts|mjs|js|cc|h|py)$/.test(entry.name))
    .map((entry) =>
      relative(root, join(entry.parentPath ?? entry.path, entry.name))
        .split('\\')
        .join('/'),
    )
    .filter((path) => !generated.test(path))
    .sort()
    .flatMap((path) => longComments(path, readFileSync(join(root, path), 'utf8')));
}

if (isMain(import.meta.url)) {
  const faults = checkComments();
  for (const fault of faults) console.log(fault);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
