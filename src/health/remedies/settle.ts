import { quoted } from "../../shell-word.ts";
import type { Check, Comparison, HealthDocument, Measurement, Remedy } from "../document.ts";
import type { Patient } from "./remedies.ts";
import { withFlag } from "./with-flag.ts";

/** The most that --max-requests takes. */
const LARGEST_RUN = 100_000;
/** The longest time that any flag takes (src/quantities.ts). */
export const LONGEST_MS = 3_600_000;
/** Some room for a bad answer: the numbers of a check say what is enough if no further one is bad. */
const ROOM = 1.25;

type Found = Pick<HealthDocument, "verdict" | "cause" | "checks" | "comparison" | "measurement" | "load">;

/** What would settle a run that says neither yes nor no. */
interface Way {
  why: string;
  what: string;
  /** For the same command; null where no flag does it. */
  flag: readonly [name: string, value: string] | null;
}

/** The remedy of a run that says neither yes nor no though it could be measured. */
export function settlingRemedies({ again, ...found }: Patient): Remedy[] {
  const way = wayToSettle(found);
  if (way === null) return [];
  const command = way.flag && withFlag(again, ...way.flag);
  return [{ text: `${way.why}: ${way.what}`, command }];
}

/** The same in one line, with the flag alone; undefined where nothing is open, or something else made the verdict. */
export function hintFor(found: Found): string | undefined {
  const way = wayToSettle(found);
  if (way === null) return undefined;
  return way.flag === null ? `${way.why}: ${way.what}` : `${way.what}: ${way.flag.join(" ")}`;
}

function wayToSettle(found: Found): Way | null {
  const { verdict, cause, measurement } = found;
  // A run that failed has its answer: what else stayed open does not matter yet.
  if (verdict !== "inconclusive" || cause !== undefined || measurement.requests === 0) return null;
  const more = missing(found);
  return more > 0 ? sendMore(found, measurement.requests + more) : settleComparison(found);
}

/** So many that every open question is answered if no further answer is bad. What only warns leaves no question open. */
function missing({ checks, measurement }: Found): number {
  const open = checks.filter(({ verdict, level }) => verdict === "inconclusive" && level === "error");
  return Math.max(0, ...open.map((check) => Math.ceil(ofAllRequests(check.more ?? 0, check, measurement))));
}

/** What is said of one probe's requests, for the requests of all probes: they keep their parts of them. */
export function ofAllRequests(
  amount: number,
  { probe, n }: Pick<Check, "probe" | "n">,
  { requests }: Measurement,
): number {
  return probe === null || n === 0 ? amount : (amount * requests) / n;
}

function sendMore(found: Found, needed: number): Way {
  if (needed > LARGEST_RUN) {
    return {
      why: "one run takes at most 100,000 requests, and that many cannot prove it",
      what: "raise the limit, or use --export for a larger engine",
      flag: null,
    };
  }
  const way = withMost(found, needed, Math.min(LARGEST_RUN, Math.ceil(needed * ROOM)));
  return throughBaseline(found, { why: "too few requests to say yes or no", ...way });
}

/** Twice as many requests make the intervals narrower by 30 %, which is the least that is worth a new run. */
function settleComparison(found: Found): Way | null {
  const { comparison, measurement } = found;
  const open = comparison?.checks.filter(({ verdict }) => verdict === "inconclusive") ?? [];
  if (comparison === undefined || open.length === 0) return null;
  const name = quoted(comparison.baseline);
  if (open.some(({ baseline }) => baseline === null)) {
    return { why: `${name} has no figure to compare with`, what: "take a baseline that keeps its limits", flag: null };
  }
  const why = `the comparison with ${name} is not decided`;
  const { requests } = measurement;
  if (requests >= LARGEST_RUN)
    return { why, what: "one run has no more requests: allow more with --tolerance", flag: null };
  const way = withMost(found, requests + 1, Math.min(LARGEST_RUN, 2 * requests));
  return throughBaseline(found, { why, ...way, what: way.flag === null ? way.what : "measure longer" });
}

/** Raises the bound that ended the run, so that `requests` fit; `needed` have to. */
function withMost({ load, measurement }: Found, needed: number, requests: number): Pick<Way, "what" | "flag"> {
  const what = "send more";
  const share = requests / measurement.requests;
  if (load?.ended === "duration") return withTime(load, measurement.requests, needed, requests);
  if (load?.ended === "max-bytes") {
    return { what, flag: ["--max-bytes", `${Math.ceil((measurement.bytes * share) / 1e6)}MB`] };
  }
  if (load?.ended === "max-cost") {
    const mean = measurement.cost?.highestMeanUsd ?? null;
    if (mean === null) return { what: "allow the run to cost more, with --max-cost", flag: null };
    return { what, flag: ["--max-cost", Math.max(0.01, requests * mean).toFixed(2)] };
  }
  return { what, flag: ["--max-requests", String(requests)] };
}

function withTime(
  { sentMs, ratePerSecond }: NonNullable<Found["load"]>,
  sent: number,
  needed: number,
  requests: number,
): Pick<Way, "what" | "flag"> {
  const perMs = ratePerSecond === null ? sent / sentMs : ratePerSecond / 1_000;
  const timeMs = (count: number): number => sentMs + (count - sent) / perMs;
  if (timeMs(needed) > LONGEST_MS) {
    return { what: "so many take longer than the hour that one run may take: raise --rate or the limit", flag: null };
  }
  return { what: "send more", flag: ["--duration", inSeconds(timeMs(requests))] };
}

/** As the flags take it, "120s"; at most an hour. */
export function inSeconds(ms: number): string {
  return `${Math.ceil(Math.min(LONGEST_MS, ms) / 1_000)}s`;
}

/** A run beside a kept one is sent for as long as that one was: it is the kept one that has to be longer. */
function throughBaseline({ comparison }: Found, way: Way): Way {
  const file = keptBaseline(comparison);
  if (file === null || way.flag === null) return way;
  const [name, value] = way.flag;
  const flags = `${name === "--duration" ? "--min-duration" : name} ${value} --save ${file}`;
  return { ...way, what: `make it anew from the deployment that it was measured at, with ${flags}`, flag: null };
}

/** The file of a kept run, as one word of a shell; null for a URL, which is measured anew with whatever flags are given. */
export function keptBaseline(comparison: Comparison | undefined): string | null {
  return comparison === undefined || /^https?:\/\//.test(comparison.baseline) ? null : quoted(comparison.baseline);
}
