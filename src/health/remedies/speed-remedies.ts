import type { Check, Measurement, Remedy } from "../document.ts";
import { figure } from "../figures.ts";
import { metrics } from "../slo.ts";
import type { Patient, RemedyContext } from "./remedies.ts";
import { keptBaseline } from "./settle.ts";
import { withFlag } from "./with-flag.ts";

/** A tail this many times the median is not the model's own time: some requests wait for something. */
const LONG_TAIL = 4;

/** What to do about a limit on a request's time that is not kept. */
export function slowRemedies(patient: Patient, context: RemedyContext | null): Remedy[] {
  const worst = slowCheck(patient);
  if (worst === undefined) return [];
  const { p50, p95 } = patient.measurement[worst.name === firstToken.name ? firstToken.metric.of : "latencyMs"];
  const isSlowAlways = p50 === null || p50 >= worst.limit;
  const hasTail = p50 !== null && (p95 === null || p95 >= LONG_TAIL * p50);
  return [
    ...(isSlowAlways || !hasTail ? [smallerModel(worst, context)] : []),
    ...(hasTail ? tail(patient, worst, context) : []),
    ...(isSlowAlways && mayBeVercel(context) ? [region] : []),
  ];
}

const { firstTokenMs: firstToken } = metrics;

/** An app that is only known by its URL may be anywhere. */
export function mayBeVercel(context: RemedyContext | null): boolean {
  return context === null || context.target === "vercel";
}

/** The first limit on a time that is broken by slow answers. A cold start has remedies of its own, and so have errors. */
function slowCheck({ checks, measurement }: Patient): Check | undefined {
  return checks.find(
    (check) =>
      check.unit === "ms" &&
      check.name !== "cold start" &&
      check.verdict === "fail" &&
      !isBrokenByErrors(check, measurement),
  );
}

/** Errors rank last: as many as may be slow break a limit without a single slow answer. */
function isBrokenByErrors({ name, actual, limit }: Check, { errorRate }: Measurement): boolean {
  const metric = Object.values(metrics).find((each) => each.name === name)?.metric;
  if (errorRate === null || errorRate === 0) return false;
  if (metric?.kind === "quantile") return errorRate + metric.q >= 1;
  // The longest wait of all, for an answer or an error, was short enough: the errors count as slow.
  return metric?.kind === "maximum" && actual !== null && actual < limit;
}

function smallerModel({ name, limit }: Check, context: RemedyContext | null): Remedy {
  const text = `too slow for ${name} < ${figure(limit, "ms")}: see which model and mode keep that`;
  // The budget of a plan is the one for p95 or, for chat, the first token.
  const command = context === null ? null : `edge-ai plan --task ${context.task} --latency-budget ${Math.round(limit)}`;
  return { text, command };
}

export const warmUp: Remedy = {
  text: "warm up: load the model when the module loads, and not in the first request",
  command: null,
};

function tail({ load, measurement }: Patient, worst: Check, context: RemedyContext | null): Remedy[] {
  if (/ in bursts of /.test(worst.text)) {
    const text = "it stops now and then: look for a blocked event loop, collected garbage or restarts at these times";
    return [{ text, command: null }];
  }
  const rate = load?.ratePerSecond ?? null;
  const plan =
    context === null || rate === null
      ? null
      : `edge-ai plan --task ${context.task} --rps ${Number(rate.toPrecision(3))}`;
  return [
    {
      text: "most requests are quick and some wait: serve fewer at once in one instance, or with more memory",
      command: plan,
    },
    // A quick first request needs no warming up.
    ...(measurement.coldStartMs !== null && measurement.coldStartMs < worst.limit ? [] : [warmUp]),
  ];
}

export const region: Remedy = {
  text: 'every request is slow: run the functions near their callers, "regions" in vercel.json',
  command: null,
};

/** What to do about a throughput that is not reached. */
export function throughputRemedies(
  { checks, load, again, comparison }: Patient,
  context: RemedyContext | null,
): Remedy[] {
  const missed = checks.find(({ name, verdict }) => name === "throughput" && verdict !== "pass");
  if (missed === undefined) return [];
  const rate = load?.ratePerSecond ?? null;
  // Offering less than the limit cannot show it; in percent, so that 200/s becomes 220 and not 220.00000000000003.
  if (rate !== null && rate < missed.limit) {
    const isFixed = keptBaseline(comparison) !== null;
    const command = isFixed ? null : withFlag(again, "--rate", String(Math.ceil((missed.limit * 110) / 100)));
    return [
      { text: `${figure(rate, "1/s")} sent cannot show ${figure(missed.limit, "1/s")}: send more a second`, command },
    ];
  }
  if (missed.verdict !== "fail") return [];
  const plan = context === null ? null : `edge-ai plan --task ${context.task} --rps ${Math.ceil(missed.limit)}`;
  return [
    {
      text: "too few good answers a second: let one instance serve more at once, or take a smaller model",
      command: plan,
    },
    ...(context?.task === "embeddings" ? [batching] : []),
  ];
}

export const batching: Remedy = { text: 'ask for several texts at once: "input" takes a list of them', command: null };
