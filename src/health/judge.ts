import type { Check } from "./document.ts";
import { evidenceOf, type Evidence, type RunFacts } from "./evidence.ts";
import { findingFor } from "./findings.ts";
import type { Samples } from "./samples.ts";
import { metrics, type Limit } from "./slo.ts";
import type { Verdict } from "./statistics/statistics.ts";

/** Judges every limit on the requests it is about. May be asked at any time of a run: its verdicts stay valid (see sequential.ts). */
export function judge(samples: Samples, limits: readonly Limit[], facts: RunFacts): Check[] {
  const failures = Math.max(1, limits.filter(({ key, level }) => level === "error" && isShare(key)).length);
  const gathered = new Map<string | null, Evidence>();
  return limits.map((limit) => {
    const probe = limit.probe === null ? null : samples.probes.indexOf(limit.probe);
    const evidence = gathered.get(limit.probe) ?? evidenceOf(samples, probe, facts);
    gathered.set(limit.probe, evidence);
    return judgeLimit(limit, evidence, failures);
  });
}

/** The verdict of a run: one failure fails it, and only a run with at least one proof and no open question passes. */
export function overall(checks: readonly Pick<Check, "verdict" | "level">[]): Verdict {
  const blocking = checks.filter(({ level }) => level === "error");
  if (blocking.some(({ verdict }) => verdict === "fail")) return "fail";
  if (blocking.some(({ verdict }) => verdict === "inconclusive")) return "inconclusive";
  return blocking.some(({ verdict }) => verdict === "pass") ? "pass" : "inconclusive";
}

/**
 * Whether the verdict is made, whatever could still come: something is broken for certain, or nothing that could block is
 * open. A limit that would be forgiven at the end (see Limit) is open until then.
 * @param checks those of `limits`, in their order
 */
export function isDecided(checks: readonly Check[], limits: readonly Limit[]): boolean {
  const blocking = checks.filter((_, i) => limits[i]?.level === "error");
  if (blocking.some(({ verdict }) => verdict === "fail")) return true;
  return blocking.length > 0 && blocking.every(({ verdict }) => verdict === "pass");
}

/** Whether a limit may end a run early. The mean cost is judged once, at the end: its bounds do not allow for looking before. */
export function isJudgedEarly({ key }: Limit): boolean {
  return key !== "costPerRequestUsd";
}

/**
 * Judges one limit.
 * @param failures how many limits could fail the run (see findingFor)
 */
export function judgeLimit(limit: Limit, evidence: Evidence, failures = 1): Check {
  const { name, unit } = metrics[limit.key];
  const { unprovable = false, ...finding } = findingFor(limit, evidence, failures);
  const forgiven =
    finding.verdict === "inconclusive" &&
    unprovable &&
    limit.whenUnproven === "warn" &&
    keeps(finding.actual, limit.value);
  return {
    name,
    probe: limit.probe,
    unit,
    limit: limit.value,
    n: evidence.n,
    ...finding,
    interval: [finding.interval[0], finding.interval[1]],
    level: forgiven ? "warn" : limit.level,
    more: finding.more ?? null,
    text: forgiven ? `not proven: ${finding.text}` : finding.text,
  };
}

function isShare(key: Limit["key"]): boolean {
  const { kind } = metrics[key].metric;
  return kind === "quantile" || kind === "errors";
}

function keeps(actual: number | null, limit: number): boolean {
  return actual !== null && actual < limit;
}
