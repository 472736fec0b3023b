const gap = 2;

/**
 * A table as lines, its columns two blanks apart. Where it is wider than the terminal, it comes in
 * several blocks, each of which begins with the columns that say what a row is, and long texts are
 * folded within their column: no line is longer than `width`.
 * @param cells the headings, then the rows; all of equal length
 * @param identity how many columns, from the first on, say what a row is
 * @param width columns of the terminal; without it nothing is folded
 */
export function tableLines(cells: readonly (readonly string[])[], identity: number, width = Infinity): string[] {
  const natural = (cells[0] ?? []).map((_, i) => Math.max(3, ...cells.map((row) => [...(row[i] ?? '')].length)));
  const total = (widths: readonly number[]) => widths.reduce((sum, x) => sum + x + gap, -gap);
  if (total(natural) <= width) return block(cells, natural);
  const most = Math.floor((width - gap * (identity - 1)) / (2 * Math.max(1, identity)));
  const own = natural.slice(0, identity).map((x) => Math.min(x, Math.max(3, most)));
  const room = width - total(own) - gap;
  const others = natural.slice(identity).map((x) => Math.min(x, room));
  const blocks = inBlocks(others, room).map((columns) => {
    const chosen = [...own.keys(), ...columns.map((i) => identity + i)];
    const widths = [...own, ...columns.map((i) => others[i] as number)];
    return block(
      cells.map((row) => chosen.map((i) => row[i] ?? '')),
      widths,
    );
  });
  return blocks.flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]));
}

/** As many columns in each block as there is room for, at least one. */
function inBlocks(widths: readonly number[], room: number): number[][] {
  const blocks: number[][] = [];
  let left = -1;
  for (const [i, width] of widths.entries()) {
    if (width > left) {
      blocks.push([]);
      left = room;
    }
    (blocks.at(-1) as number[]).push(i);
    left -= width + gap;
  }
  return blocks.length > 0 ? blocks : [[]];
}

function block(cells: readonly (readonly string[])[], widths: readonly number[]): string[] {
  return cells.flatMap((row) => {
    const folded = row.map((cell, i) => fold(cell, widths[i] as number));
    const height = Math.max(1, ...folded.map(({ length }) => length));
    return Array.from({ length: height }, (_, line) =>
      folded
        .map((lines, i) => (lines[line] ?? '').padEnd(widths[i] as number))
        .join(' '.repeat(gap))
        .trimEnd(),
    );
  });
}

/** Lines that end between words; a word that is longer alone is cut. */
function fold(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((one) => pieces(one, width))) {
    if (line === '') line = word;
    else if (line.length + 1 + word.length <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

function pieces(word: string, width: number): string[] {
  if (word.length <= width) return [word];
  return [word.slice(0, width), ...pieces(word.slice(width), width)];
}
