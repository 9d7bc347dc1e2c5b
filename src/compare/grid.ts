/** A table for a terminal: cells wrap at words, so that no line is wider than the columns and the two spaces between. */

const GAP = "  ";

/** The lines of a table whose columns have these widths. A word that is longer than its column is cut to fit. */
export function gridLines(rows: readonly (readonly string[])[], widths: readonly number[]): string[] {
  return rows.flatMap((cells) => {
    const columns = widths.map((width, i) => wrap(cells[i] ?? "", width));
    const height = Math.max(...columns.map(({ length }) => length));
    return Array.from({ length: height }, (_, line) =>
      columns
        .map((column, i) => (column[line] ?? "").padEnd(widths[i] ?? 0))
        .join(GAP)
        .trimEnd(),
    );
  });
}

/** A text in lines of at most `width` characters; at least one line. */
export function wrap(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ").flatMap((each) => pieces(each, width))) {
    const line = lines.at(-1) ?? "";
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function pieces(word: string, width: number): string[] {
  if (word.length <= width) return [word];
  return [word.slice(0, width), ...pieces(word.slice(width), width)];
}
