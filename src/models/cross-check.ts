import { formatParams } from "../plan/format.ts";

/** More than this apart, one of two counts is of something else. */
const TOLERANCE = 0.1;

interface Count {
  what: string;
  total: number | null;
}

/** A sentence when two counts of one model differ by more than 10 %; nothing when they agree or one is missing. */
export function compareCounts(used: Count, other: Count): string[] {
  if (used.total === null || other.total === null) return [];
  if (Math.abs(used.total / other.total - 1) <= TOLERANCE) return [];
  const [usedText, otherText] = [formatParams(used.total), formatParams(other.total)];
  return [`${used.what} say ${usedText} and ${other.what} say ${otherText}: ${usedText} is used; --params is surer`];
}
