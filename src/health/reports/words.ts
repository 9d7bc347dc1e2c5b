import type { Check, HealthDocument, LoadFigures } from "../document.ts";
import { duration, figure } from "../figures.ts";

/** How a check stands for a reader: a warning is one that is not kept or not proven, and does not block. */
export type State = "pass" | "fail" | "inconclusive" | "warn";

export const marks: Record<State, string> = { pass: "✓", fail: "✗", inconclusive: "?", warn: "!" };

/** How the check stands, its level taken into account. */
export function stateOf({ verdict, level }: Pick<Check, "verdict" | "level">): State {
  return level === "warn" && verdict !== "pass" ? "warn" : verdict;
}

/** "p95", or "p95 of search" when it is about one probe. */
export function nameOf({ name, probe }: Check): string {
  return probe === null ? name : `${name} of ${probe}`;
}

/** What the check claims: "p95 < 300 ms", "throughput ≥ 100/s". */
export function claimOf({ name, limit, unit }: Check): string {
  const isLeast = unit === "1/s" || unit === "requests";
  return `${name} ${isLeast ? "≥" : "<"} ${figure(limit, unit)}`;
}

const endings: Record<LoadFigures["ended"], string> = {
  decided: "every check was decided",
  "max-requests": "the most requests were sent",
  duration: "the time was over",
  "max-bytes": "the most bytes were received",
  "max-cost": "the most money was spent",
  interrupted: "a signal stopped it",
};

/** How the requests were sent, and why sending ended. A closed loop says what it hides. */
export function loadText(load: LoadFigures): string {
  const ramp = load.rampMs > 0 ? ` after a ramp of ${duration(load.rampMs)}` : "";
  const how =
    load.kind === "open"
      ? `open loop, ${figure(load.ratePerSecond, "1/s")} for ${duration(Math.max(0, load.sentMs - load.rampMs))}${ramp}`
      : `closed loop, ${load.concurrency ?? "?"} connections for ${duration(load.sentMs)}${ramp}, which hides freezes`;
  return `${how}; ended: ${endings[load.ended]}`;
}

const MOST_ROUTES = 4;

/** "POST /api/embeddings": what was asked, the first four. */
export function routesText({ probes }: HealthDocument): string {
  const shown = probes.slice(0, MOST_ROUTES).map(({ method, path }) => `${method} ${path}`);
  const more = probes.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

/** "build b1, model m1": who answered, as far as it said. */
export function appText({ buildId, modelId }: HealthDocument): string {
  return [...(buildId === null ? [] : [`build ${buildId}`]), ...(modelId === null ? [] : [`model ${modelId}`])].join(
    ", ",
  );
}

/** One sentence of a whole number of things: "1 request", "5 requests". */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}

/** "p = 0.012", or "p < 0.001". */
export function pValueText(pValue: number): string {
  return pValue < 0.001 ? "p < 0.001" : `p = ${pValue.toFixed(3)}`;
}
