/**
 * The `count` names closest to `wanted`, closest first. What `wanted` leaves off at the end is cheap, so that
 * "llama-3" is close to "llama-3.2-1b-instruct".
 */
export function nearestNames(wanted: string, names: readonly string[], count: number): string[] {
  const scored = names.map((name) => ({ name, ...distances(wanted.toLowerCase(), name.toLowerCase()) }));
  return scored
    .toSorted((a, b) => a.toBestStart - b.toBestStart || a.whole - b.whole || a.name.localeCompare(b.name, "en"))
    .slice(0, count)
    .map(({ name }) => name);
}

/** Edit distance of `from` to the best start of `to`, and to all of `to`: the last row of Levenshtein's table. */
function distances(from: string, to: string): { toBestStart: number; whole: number } {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, letter] of Array.from(from).entries()) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column++) {
      const replace = at(row, column - 1) + (to[column - 1] === letter ? 0 : 1);
      next.push(Math.min(replace, at(row, column) + 1, at(next, column - 1) + 1));
    }
    row = next;
  }
  return { toBestStart: Math.min(...row), whole: at(row, to.length) };
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
