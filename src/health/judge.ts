import type { Probe } from "../config/schema.ts";
import { evidenceOf, type Evidence } from "./evidence.ts";
import { findingFor } from "./findings.ts";
import type { Samples } from "./samples.ts";
import { metrics, type Limit, type Unit } from "./slo.ts";
import type { Interval, Verdict } from "./statistics.ts";

/** One limit, judged. */
export interface Check {
  name: string;
  /** The probe whose requests it is about; null: all. */
  probe: string | null;
  unit: Unit;
  limit: number;
  actual: number | null;
  interval: Interval;
  n: number;
  verdict: Verdict;
  /** `warn`: inconclusive, and that does not block (see Limit). */
  level: "fail" | "warn";
  /** How many more requests would prove the claim if those to come are good; null when that is not the question. */
  more: number | null;
  text: string;
}

/** Judges every limit on the requests it is about. */
export function judge(samples: Samples, limits: readonly Limit[], probes: readonly Pick<Probe, "name">[]): Check[] {
  return limits.map((limit) => {
    const probe = limit.probe === null ? null : probes.findIndex(({ name }) => name === limit.probe);
    return judgeLimit(limit, evidenceOf(samples, probe));
  });
}

/** The verdict of a run: one failure fails it, and only a run with at least one proof and no open question passes. */
export function overall(checks: readonly Check[]): Verdict {
  if (checks.some(({ verdict }) => verdict === "fail")) return "fail";
  if (checks.some(({ verdict, level }) => verdict === "inconclusive" && level === "fail")) return "inconclusive";
  return checks.some(({ verdict }) => verdict === "pass") ? "pass" : "inconclusive";
}

/** Judges one limit. */
export function judgeLimit(limit: Limit, evidence: Evidence): Check {
  const { name, unit } = metrics[limit.key];
  const { unprovable = false, ...finding } = findingFor(limit, evidence);
  const forgiven = unprovable && limit.whenUnproven === "warn" && keeps(finding.actual, limit.value);
  return {
    name,
    probe: limit.probe,
    unit,
    limit: limit.value,
    n: evidence.n,
    ...finding,
    level: forgiven ? "warn" : "fail",
    more: finding.more ?? null,
    text: forgiven ? `not proven: ${finding.text}` : finding.text,
  };
}

function keeps(actual: number | null, limit: number): boolean {
  return actual !== null && actual < limit;
}
