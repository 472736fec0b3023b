// Checks the Markdown pages: lines of at most 100 columns, links that lead somewhere, short guides.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { isMain, root } from '../run.mjs';

const widest = 100;
const longestGuide = 120;

/** All Markdown files of the project. */
export function pages() {
  const passedOver = /^(node_modules|dist|build|runs|data|\.git|api)$/;
  const below = (/** @type {string} */ folder) =>
    readdirSync(folder, { withFileTypes: true }).flatMap((/** @type {import('node:fs').Dirent} */ entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return passedOver.test(entry.name) ? [] : below(path);
      return entry.name.endsWith('.md') ? [path] : [];
    });
  return below(root).sort();
}

/**
 * What is wrong with a page.
 * @param {string} path
 * @returns {string[]}
 */
export function faultsOf(path) {
  const text = readFileSync(path, 'utf8');
  const name = relative(root, path);
  const lines = text.split('\n');
  const faults = [];
  for (const [i, line] of lines.entries()) {
    if ([...line].length > widest && canBreak(line)) faults.push(`${name}:${i + 1}: ${[...line].length} columns`);
  }
  if (name.startsWith('docs/guide/') && lines.length > longestGuide) {
    faults.push(`${name}: ${lines.length} lines; a guide has at most ${longestGuide}`);
  }
  for (const { line, target } of linksOf(text)) {
    const fault = faultOfLink(path, target);
    if (fault) faults.push(`${name}:${line}: ${fault}`);
  }
  return faults;
}

/** Rows of tables and lines that are one link have to stay as they are. @param {string} line */
function canBreak(line) {
  return !/^\s*\|/.test(line) && !/^\s*([-*]|\d+\.)?\s*!?\[[^\]]*\]\([^)]*\)[.,;:]?$/.test(line);
}

/** Links and pictures outside of code. @param {string} text */
function linksOf(text) {
  const prose = text.replace(/^ *```[\s\S]*?^ *```|`[^`\n]*`/gm, (part) => part.replace(/[^\n]/g, ' '));
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((found) => ({
    line: prose.slice(0, found.index).split('\n').length,
    target: /** @type {string} */ (found[1]),
  }));
}

/** @param {string} page @param {string} target */
function faultOfLink(page, target) {
  if (/^[a-z]+:/.test(target)) return undefined;
  const [path, anchor] = target.split('#');
  const file = path === '' ? page : join(dirname(page), /** @type {string} */ (path));
  if (!existsSync(file)) return `no file ${target}`;
  if (anchor === undefined || !file.endsWith('.md') || statSync(file).isDirectory()) return undefined;
  return anchorsOf(readFileSync(file, 'utf8')).has(anchor) ? undefined : `no heading ${target}`;
}

/** The anchors of a page's headings, as GitHub names them. @param {string} text */
function anchorsOf(text) {
  const prose = text.replace(/^ *```[\s\S]*?^ *```/gm, '');
  return new Set([...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => slug(/** @type {string} */ (heading))));
}

/** @param {string} heading */
export function slug(heading) {
  const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
  return words
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

if (isMain(import.meta.url)) {
  const faults = pages().flatMap(faultsOf);
  for (const fault of faults) console.log(fault);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
