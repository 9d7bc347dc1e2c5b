import { errorCauses, type ErrorCause } from "../requests/causes.ts";
import type { Measurement } from "../document.ts";

/** The errors of one cause. */
export interface FoundError {
  cause: ErrorCause;
  count: number;
  /** The first of them, in words. */
  first: string;
  requestId: string | null;
}

/** The errors of a run, a row per cause, the most frequent first. */
export function foundErrors({ errorsByCause }: Measurement): FoundError[] {
  const rows = errorCauses.flatMap((cause) => {
    const found = errorsByCause[cause];
    return found === undefined ? [] : [{ cause, ...found }];
  });
  return rows.toSorted((a, b) => b.count - a.count);
}
