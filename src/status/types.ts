import type { Check } from "../health/document.ts";
import type { TargetName } from "../config/words.ts";
import type { PublicDeployment } from "../release/document.ts";
import type { LedgerEvent } from "../release/ledger.ts";

/** Something, or in a sentence why it is not known. */
export type Known<T> = T | { missing: string };

export interface LastGate {
  result: "passed" | "refused";
  id: string;
  at: string;
  /** Whether it was about what production is now; null when nothing is. */
  isProduction: boolean | null;
}

/** The limits as the last health check found them; it may be old, and of another build. */
export interface LastSlo {
  checkedAt: string;
  verdict: "pass" | "fail" | "inconclusive";
  buildId: string | null;
  /** Whether it measured the build that production is now. */
  isProduction: boolean;
  checks: Pick<Check, "name" | "probe" | "unit" | "limit" | "actual" | "verdict">[];
}

export interface OpenAlert {
  rule: string;
  state: "pending" | "firing";
  metric: string;
  limit: number;
  since: string;
  /** As it was told; null while nothing was. */
  text: string | null;
}

export interface OpenAlerts {
  /** When the monitor looked last. */
  updatedAt: string;
  url: string;
  open: OpenAlert[];
}

/** USD. */
export interface Costs {
  bill: Known<{ soFarUsd: number; monthUsd: number; to: string }>;
  estimate: Known<{ usd: number; requests: number }>;
}

/** What `status --json` prints. */
export interface StatusDocument {
  version: 1;
  target: TargetName;
  productionUrl: string | null;
  production: PublicDeployment | null;
  /** none: nothing is deployed; ok: it answers as the build that it is; else why not, in a word. */
  health: string;
  message: string | null;
  lastGate: Known<LastGate>;
  slo: Known<LastSlo>;
  alerts: Known<OpenAlerts>;
  cost: Costs;
  /** The latest events of the target, oldest first. */
  recent: LedgerEvent[];
}
