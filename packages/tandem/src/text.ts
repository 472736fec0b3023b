// Names of files and classes come from outside and may hold anything. Each kind of output has one
// way in which it shows them, whatever they hold.

/**
 * What moves a cursor, colours a terminal, ends a line, turns the direction of writing, or is no
 * character at all: control characters, separators of lines and paragraphs, overrides and isolates
 * of direction, halves of surrogates, noncharacters.
 */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\p{Cs}\p{Noncharacter_Code_Point}]/gu;

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Text as one line, for a terminal: what cannot be printed as `\n`, `\x1b` or `\u{202e}`. */
export function printable(text: string): string {
  return text.replace(unprintable, (sign) => {
    const code = sign.codePointAt(0) as number;
    const hex = code.toString(16);
    return short[sign] ?? (code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`);
  });
}

/** A value as JSON, in one line that a terminal takes; it parses to the same value. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(unprintable, (sign) =>
    [...Array(sign.length).keys()].map((i) => `\\u${sign.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  );
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that stays text in HTML and XML (SVG), also in quoted attributes. */
export function markup(text: string): string {
  return printable(text).replace(/[&<>"']/g, (sign) => entities[sign] as string);
}

/** Text that stays text in Markdown, also in a cell of a table. */
export function markdown(text: string): string {
  return printable(text).replace(/[\\`*_[\]<>|~&#]/g, '\\$&');
}

/** Lines of CSV by RFC 4180: a field is quoted where it holds a separator. */
export function csv(lines: readonly (readonly unknown[])[]): string {
  return lines.map((line) => `${line.map(csvField).join(',')}\n`).join('');
}

function csvField(value: unknown): string {
  const text = value === undefined || value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
