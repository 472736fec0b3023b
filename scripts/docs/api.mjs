// What `tandem-vision` exports, by the groups of its index.ts, with what the docstrings say. They
// are read by TypeScript's own API, which is young: should it change, this file alone does.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { API, SymbolFlags } from 'typescript/unstable/sync';
import { root } from '../run.mjs';

const index = join(root, 'packages/tandem/src/index.ts');
const config = join(root, 'packages/tandem/tsconfig.json');

/**
 * One name. `summary` is the first sentence of its docstring, empty where it has none; `silent` are
 * its members without a docstring.
 * @typedef {{ name: string, isType: boolean, summary: string, silent: string[] }} PublicName
 */

/**
 * The groups in the order of the file, each with its purpose and its names.
 * @returns {{ title: string, purpose: string, names: PublicName[] }[]}
 */
export function publicNames() {
  const docs = docstrings();
  const [, ...parts] = readFileSync(index, 'utf8').split(/^\/\/ (?=\w+: )/m);
  return parts.map((part) => {
    const [, title, purpose] = /** @type {RegExpExecArray} */ (/^(\w+): (.*)$/m.exec(part));
    const lists = [...part.matchAll(/^export \{([^}]*)\}/gm)].map(([, list]) => list);
    const names = [...lists.join().matchAll(/(type )?(\w+)\s*(?:,|$)/g)].map(([, type, name]) => {
      const { text, silent } = /** @type {Docstring} */ (docs.get(name));
      return { name, isType: type !== undefined, summary: firstSentence(text), silent };
    });
    return { title, purpose, names };
  });
}

/** @typedef {{ text: string, silent: string[] }} Docstring */

/** Of all exports, by name. @returns {Map<string, Docstring>} */
function docstrings() {
  const api = new API({ cwd: root });
  try {
    const { checker, program } = must(api.updateSnapshot({ openProjects: [config] }).getProject(config));
    const module = must(checker.getSymbolAtLocation(must(program.getSourceFile(index))));
    const textOf = (/** @type {Symbol} */ symbol) => symbol.getDocumentationComment(checker);
    return new Map(
      checker.getExportsOfModule(module).map((alias) => {
        const symbol = checker.getAliasedSymbol(alias);
        const silent = membersOf(symbol).filter((member) => textOf(member) === '');
        // What another package says nothing of is said where it is exported.
        return [alias.name, { text: textOf(symbol) || textOf(alias), silent: silent.map(({ name }) => name) }];
      }),
    );
  } finally {
    api.close();
  }
}

/** @typedef {import('typescript/unstable/sync').Symbol} Symbol */

/** Those of a class, an interface or an object type. @param {Symbol} symbol */
function membersOf(symbol) {
  if (!(symbol.flags & (SymbolFlags.Class | SymbolFlags.Interface | SymbolFlags.TypeAlias))) return [];
  return [...symbol.getMembers().values()].filter(({ name }) => /^[a-z]/.test(name));
}

/** @template T @param {T | undefined} found @returns {T} */
function must(found) {
  if (found === undefined) throw new Error(`TypeScript does not find ${index} in ${config}`);
  return found;
}

/** In one line. @param {string} text */
const firstSentence = (text) => text.split(/\.(?=\s|$)/, 1)[0].replace(/\s+/g, ' ');
