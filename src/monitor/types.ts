import type { AlertMetric } from "../config/words.ts";

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

/** What our own probes saw in one round. Times in ms. */
export interface Round {
  /** ISO 8601: when it was over. */
  at: string;
  /** Whether the app answered as itself. */
  isUp: boolean;
  /** Why it did not, why no probe was sent, or the first one that failed; null when there is nothing to say. */
  why: string | null;
  /** Requests that got a wrong answer, or none. */
  errors: number;
  /** Of the good answers. */
  latencyMs: number[];
  firstTokenMs: number[];
  /** What each answer cost by its own usage figures, where it says so and the price is known. */
  costUsd: number[];
}
