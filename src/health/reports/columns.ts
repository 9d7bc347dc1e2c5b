/** Columns a CI log shows without wrapping. */
export const WIDTH = 100;

/** Pads every column but the last to its widest cell. */
export function align(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** Breaks text between words into lines of at most WIDTH; a longer word stays whole, so that it can be copied. */
export function wrap(text: string, indent = ""): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/).filter((each) => each !== "")) {
    if (line !== "" && indent.length + line.length + 1 + word.length > WIDTH) {
      lines.push(indent + line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return line === "" ? lines : [...lines, indent + line];
}

/**
 * Text of others on one line, without control characters. GitHub's runner takes a line of a log that starts with `::`, blanks aside,
 * or holds `##[` for a command; a line that is wrapped may start with any word.
 */
export function oneLine(text: string): string {
  return text
    .replaceAll(/[\s\p{Cc}\p{Cs}]+/gu, " ")
    .replaceAll(/(?<=^| )::/g, ": :")
    .replaceAll("##[", "## [")
    .trim();
}
