// Least squares on the relative error, with costs that are not negative: nothing is faster for having more to do.

/** One measurement: amounts of each part, what is known already, and what was measured. */
export interface Sample {
  amounts: Readonly<Record<string, number | undefined>>;
  /** Part of the measured value that needs no fitting. */
  known: number;
  measured: number;
}

/**
 * Finds the costs for which Σ cost × amount + known is nearest to what was measured, every sample counting alike whatever its size:
 * minimises Σ ((predicted − measured) ÷ measured)². A cost that would be negative is taken out, the worst first, and the rest is
 * fitted again.
 * @param names the parts that may have a cost
 */
export function fit(samples: readonly Sample[], names: readonly string[]): Record<string, number> {
  let kept = [...names];
  for (;;) {
    const rows = samples.map(({ amounts, measured }) => kept.map((name) => (amounts[name] ?? 0) / measured));
    const wanted = samples.map(({ known, measured }) => 1 - known / measured);
    const costs = leastSquares(rows, wanted);
    const worst = Math.min(...costs);
    if (worst >= 0) return Object.fromEntries(kept.map((name, at) => [name, costs[at] ?? 0]));
    kept = kept.filter((_, at) => costs[at] !== worst);
  }
}

/** Σ cost × amount + known. */
export function predict(
  { amounts, known }: Omit<Sample, "measured">,
  costs: Readonly<Record<string, number | undefined>>,
): number {
  return Object.entries(costs).reduce((sum, [name, cost]) => sum + (cost ?? 0) * (amounts[name] ?? 0), known);
}

/** Solves the normal equations; columns are scaled to the same length first, since amounts differ by a million times. */
function leastSquares(rows: readonly (readonly number[])[], wanted: readonly number[]): number[] {
  const columns = rows[0]?.length ?? 0;
  const scales = Array.from({ length: columns }, (_, at) => Math.hypot(...rows.map((row) => row[at] ?? 0)) || 1);
  const scaled = rows.map((row) => row.map((value, at) => value / (scales[at] ?? 1)));
  const matrix = Array.from({ length: columns }, (_, i) => [
    ...Array.from({ length: columns }, (__, j) => dot(scaled, (row) => (row[i] ?? 0) * (row[j] ?? 0))),
    scaled.reduce((sum, row, at) => sum + (row[i] ?? 0) * (wanted[at] ?? 0), 0),
  ]);
  return solve(matrix).map((value, at) => value / (scales[at] ?? 1));
}

function dot(rows: readonly number[][], of: (row: number[]) => number): number {
  return rows.reduce((sum, row) => sum + of(row), 0);
}

/** Gauss-Jordan with pivoting, of a matrix with the right side as its last column. */
function solve(matrix: number[][]): number[] {
  const size = matrix.length;
  for (let column = 0; column < size; column++) {
    const from = matrix.slice(column);
    const best = from.reduce((top, row) => (Math.abs(row[column] ?? 0) > Math.abs(top[column] ?? 0) ? row : top));
    const at = matrix.indexOf(best);
    const swapped = matrix[column] ?? [];
    matrix[column] = best;
    matrix[at] = swapped;
    const pivot = best[column] ?? 0;
    // Two parts that always come together cannot be told apart: one of them gets all.
    if (Math.abs(pivot) < 1e-12) continue;
    for (const [index, row] of matrix.entries()) {
      if (index === column) continue;
      const factor = (row[column] ?? 0) / pivot;
      matrix[index] = row.map((value, each) => value - factor * (best[each] ?? 0));
    }
  }
  return matrix.map((row, at) => {
    const pivot = row[at] ?? 0;
    return Math.abs(pivot) < 1e-12 ? 0 : (row[size] ?? 0) / pivot;
  });
}
