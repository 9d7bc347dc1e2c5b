import { figure } from "../figures.ts";
import type { Patient } from "./remedies.ts";
import { keptBaseline, ofAllRequests } from "./settle.ts";
import { withFlag } from "./with-flag.ts";

/** A throughput is shown by offering 5 % more than it: flags.ts refuses less. */
const LEAST_MARGIN = 1.05;

type Paced = Pick<Patient, "again" | "load" | "checks" | "measurement" | "comparison">;

/** The command at half the rate, or over half of the connections; null where that is no answer (see whyNotSlower). */
export function slower(patient: Paced): string | null {
  const { ratePerSecond = null, concurrency = null } = patient.load ?? {};
  if (whyNotSlower(patient) !== null) return null;
  if (ratePerSecond !== null) return withFlag(patient.again, "--rate", String(half(ratePerSecond)));
  if (concurrency === null || concurrency < 2) return null;
  return withFlag(patient.again, "--concurrency", String(Math.floor(concurrency / 2)));
}

/** What keeps the check from sending less, in words; null when it can. */
export function whyNotSlower({ load, checks, measurement, comparison }: Paced): string | null {
  const file = keptBaseline(comparison);
  if (file !== null) return `${file} can only be compared at the same load`;
  const rate = load?.ratePerSecond ?? null;
  if (rate === null) return null;
  const limits = checks
    .filter(({ name }) => name === "throughput")
    .map((check) => ofAllRequests(check.limit, check, measurement));
  const most = Math.max(0, ...limits);
  return half(rate) < most * LEAST_MARGIN ? `a lower rate cannot show a throughput of ${figure(most, "1/s")}` : null;
}

function half(rate: number): number {
  return Number((rate / 2).toPrecision(3));
}
