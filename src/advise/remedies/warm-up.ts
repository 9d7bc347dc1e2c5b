import { formatMs } from "../../plan/format.ts";
import { coldStart, input, measuredMs, p95, unknownEffect } from "../effects.ts";
import type { Effect, Remedy, Situation } from "../types.ts";

/** More than this share of cold requests, and p95 is a cold start. */
const TAIL = 0.05;

/** Asks for the model before a user does. */
export const warmUp: Remedy = {
  name: "warm-up",
  helps: ["cold-start", "latency", "first-token"],
  advise(situation) {
    const { plan, parts, measured } = situation;
    const coldMs = measured?.coldStartMs ?? plan?.predicted.coldStartMs ?? null;
    const isSlow = situation.troubles.some(({ topic }) => topic === "cold-start");
    // Where the first request was as quick as the others there is nothing to warm.
    if (!isSlow && (coldMs === null || coldMs <= (measuredMs(situation, p95) ?? plan?.predicted.p95Ms ?? 0)))
      return null;
    const isThere = parts?.routes.includes("prefetch") ?? false;
    return {
      text: isThere
        ? 'warm up: let a cron call /api/prefetch, "crons" in vercel.json or a scheduled workflow; which instance that warms, the platform decides'
        : "warm up: a route that loads the model before a user asks, for a cron or the page to call",
      command: isThere ? null : "edge-ai add prefetch",
      effects: [effectOf(situation, coldMs)],
    };
  },
};

/** Each cold request that is spared saves at most the cold start; how many there are, only traffic shows. */
function effectOf(situation: Situation, coldMs: number | null): Effect {
  if (coldMs === null) return unknownEffect(coldStart, "nobody has timed the first request");
  const warmMs = measuredMs(situation, p95) ?? situation.plan?.predicted.p95Ms ?? null;
  const isMeasured = situation.measured?.coldStartMs != null;
  const source = isMeasured ? "the health check" : "edge-ai plan";
  const after = warmMs ?? 0;
  return {
    on: "cold start",
    topic: "cold-start",
    kind: "bound",
    before: coldMs,
    after,
    unit: "ms",
    gain: Math.max(0, 1 - after / coldMs),
    text:
      `cold start: at most ${formatMs(coldMs)} less for a request that it spares one; p95 moves only when more than ` +
      `${TAIL * 100} % of the requests are cold, and that share is unknown until measured`,
    explained: [
      {
        what: "cold start that is spared, at most",
        value: Number(coldMs.toPrecision(3)),
        unit: "ms",
        formula: "cold start × share of cold requests, for a share of 1",
        inputs: [
          input("cold start", coldMs, "ms", source),
          input("share of cold requests", "unknown", "", "not measured"),
        ],
      },
    ],
  };
}
