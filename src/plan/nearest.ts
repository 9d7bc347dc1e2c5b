import type { Attempt } from "./attempt.ts";
import { changes } from "./changes.ts";
import type { Nearest } from "./types.ts";

/** What would do, nearest first; each was planned again and does. */
export function findNearest(attempt: Attempt): Nearest[] {
  return changes.flatMap((change) => change(attempt) ?? []);
}
