const WIDTH = 100;

/** A line as lines of at most 100 columns, broken at spaces; those after the first are indented by `indent`. */
export function wrap(line: string, indent: number): string[] {
  const lines: string[] = [];
  let rest = line;
  while (rest.length > WIDTH) {
    const at = rest.lastIndexOf(" ", WIDTH);
    // A word that is longer than a line stays whole.
    if (at <= indent) break;
    lines.push(rest.slice(0, at));
    rest = `${" ".repeat(indent)}${rest.slice(at + 1)}`;
  }
  return [...lines, rest];
}
