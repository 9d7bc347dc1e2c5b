import type { AlertMetric } from "../advise/alert.ts";

/** What one reading says about one metric. Missing data is a value of its own, never a zero. */
export interface Signal {
  metric: AlertMetric;
  /** Its unit is in the metric's name; null: it could not be had, and `missing` says why. */
  value: number | null;
  missing?: string;
  /** Requests it stands on; null where a sample is not a request, as for a bill. */
  samples: number | null;
  /** Who says so: our own probes, the platform's metrics, the bill. */
  source: "probe" | "platform" | "bill";
  /** ISO 8601: the end of what was looked at. */
  at: string;
}

/** Asks somebody for what they know over the last `windowMs`. Never rejects but for a signal: what fails is missing data. */
export type ReadSignals = (windowMs: number) => Promise<Signal[]>;
