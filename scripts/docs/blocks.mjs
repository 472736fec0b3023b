// The parts of the pages that the code says better: settings, presets, help texts, import rules.
// Each function returns Markdown; reference.mjs puts it between the marks of a page.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { common, house } from '../imports.mjs';
import { root } from '../run.mjs';
import { publicNames } from './api.mjs';

const source = (/** @type {string} */ path) => import(join(root, 'packages/tandem/dist/src', path));
const { run } = await source('cli/program.js');
const { methods, methodPresets } = await source('methods/index.js');
/** The settings of every run, in the parts that their readers want. */
const parts = {
  data: (await source('pretrain/config/data.js')).dataOptions,
  method: (await source('pretrain/config/options.js')).methodOptions,
  network: (await source('pretrain/config/network.js')).networkOptions,
  training: (await source('pretrain/config/training.js')).trainingOptions,
  views: (await source('pretrain/config/views.js')).viewOptions,
  execution: (await source('pretrain/config/execution.js')).executionOptions,
};
const { z } = await import('zod');

/** The page of each method; one that is missing is a fault. */
export const methodPages = Object.keys(methods).map((name) => `docs/reference/methods/${name}.md`);

/** The kinds of blocks: `<!-- generated: settings clbo -->` calls `settings('clbo')`. */
export const blocks = { settings, presets: presetsOf, help, rooms, findings, api };

/** Those of a part of every run's settings, or of a method alone. @param {string} of */
function settings(of) {
  const { shape } = parts[/** @type {keyof typeof parts} */ (of)] ?? methods[of].options;
  const rows = Object.entries(shape).map(([name, type]) => {
    const schema = z.toJSONSchema(type, { io: 'input' });
    const fallback = z.safeParse(type, undefined);
    const byDefault = fallback.success && fallback.data !== undefined ? code(fallback.data) : '';
    return [code(name), valuesOf(schema), byDefault, meaningOf(schema)];
  });
  if (rows.length === 0) return 'It has none of its own.';
  return table(['setting', 'values', 'default', 'meaning'], rows);
}

/** What a setting means, and other names that are read too. @param {Record<string, any>} schema */
function meaningOf({ description = '', aliases = {} }) {
  const also = [...(aliases.names ?? []), ...Object.keys(aliases.values ?? {})].map(code);
  return also.length > 0 ? `${description} (also: ${also.join(', ')})` : description;
}

/** What may be given: names, or a kind with its range. @param {Record<string, any>} schema */
function valuesOf(schema) {
  if (schema.enum) return schema.enum.map(code).join(' ');
  if (schema.type === 'boolean') return '`true` `false`';
  if (schema.type === 'string') return 'text';
  const { minimum: least = -Infinity, maximum: most = Infinity } = schema;
  const hasLeast = least > Number.MIN_SAFE_INTEGER;
  const hasMost = most < Number.MAX_SAFE_INTEGER;
  if (hasLeast && hasMost) return `${schema.type}, ${least} to ${most}`;
  const ends = [
    hasLeast && `at least ${least}`,
    schema.exclusiveMinimum !== undefined && `above ${schema.exclusiveMinimum}`,
    hasMost && `at most ${most}`,
    schema.exclusiveMaximum !== undefined && `below ${schema.exclusiveMaximum}`,
  ].filter(Boolean);
  return [schema.type, ...ends].join(', ');
}

/** What a method's presets change. @param {string} method */
function presetsOf(method) {
  const rows = Object.entries(methodPresets[method] ?? {}).map(([name, changes]) => {
    const words = Object.entries(changes).map(([key, value]) => code(`${key}=${value}`));
    return [code(name), words.join(' ') || 'nothing'];
  });
  return table(['preset', 'changes'], rows);
}

/** Usage, arguments and options of a command, as it prints them. @param {string} command */
async function help(command) {
  let text = '';
  const { write } = process.stdout;
  process.stdout.write = (/** @type {any} */ part) => {
    text += part;
    return true;
  };
  try {
    await run(['help', command, '--all']);
  } finally {
    process.stdout.write = write;
  }
  const parts = text.trimEnd().split('\n\n');
  const options = parts.findIndex((part) => part.startsWith('Options:'));
  return ['```', parts.slice(0, options + 1).join('\n\n'), '```'].join('\n');
}

/** What each room may import, and why. @param {string} folder */
function rooms(folder) {
  const short = (/** @type {string} */ path) =>
    code(path === folder ? '.' : path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path);
  const rows = house
    .filter(({ room }) => room.startsWith(folder))
    .map(({ room, may = [], packages = [], worldly, why = '' }) => [
      short(room),
      may
        .filter((one) => !common.includes(one))
        .map(short)
        .join(' '),
      [...packages.map(code), ...(worldly ? ['Node.js'] : [])].join(' '),
      why,
    ]);
  return table(['room', 'may import', 'from outside', 'why'], rows);
}

/** What `tandem-vision` exports, by groups. */
function api() {
  const parts = publicNames().flatMap(({ title, purpose, names }) => {
    const rows = names.filter(({ isType }) => !isType).map(({ name, summary }) => [code(name), summary]);
    const types = names.filter(({ isType }) => isType).map(({ name }) => code(name));
    if (types.length > 0) rows.push(['types', types.join(' ')]);
    return [`## ${title}`, sentence(purpose), table(['name', 'what'], rows)];
  });
  return parts.join('\n\n');
}

/** @param {string} text */
const sentence = (text) => text[0].toUpperCase() + text.slice(1);

/** The scripts in findings/, each with the first line of its comment. */
function findings() {
  const folder = join(root, 'findings');
  const files = existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String) : [];
  const scripts = files.filter((file) => /\.(m?[jt]s|py|sh|cc)$/.test(file)).sort();
  if (scripts.length === 0) return 'There are none yet.';
  const rows = scripts.map((file) => {
    const text = readFileSync(join(folder, file), 'utf8').replace(/^#!.*\n/, '');
    const comment = /^\s*(?:\/\/|#|"""|\/\*\*?)\s*(.*)/.exec(text)?.[1] ?? '';
    return [`[${file}](../../findings/${file})`, comment.replace(/"""|\*\/$/, '')];
  });
  return table(['script', 'what it shows'], rows);
}

const code = (/** @type {unknown} */ value) => `\`${value}\``;

/** @param {string[]} head @param {string[][]} rows */
function table(head, rows) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}
