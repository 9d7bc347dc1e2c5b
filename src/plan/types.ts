import type { PlatformName } from "../data/platforms.ts";
import type { Mode, TargetName, Task } from "../config/words.ts";

/** What a plan is made from. Everything but the numbers asked for has a default, and every default that counts is said. */
export interface PlanInput {
  /** Catalogue id, Hub id or family name. */
  model?: string | undefined;
  params?: number | undefined;
  task?: Task | undefined;
  /** Chat: to the first token; else p95 of the whole answer. */
  latencyBudgetMs?: number | undefined;
  coldStartBudgetMs?: number | undefined;
  mode?: Mode | undefined;
  target?: TargetName | undefined;
  /** Vercel region names, or "global" when coverage in many cities matters most. */
  regions?: readonly string[] | undefined;
  /** Requests at once in one instance. */
  concurrency?: number | undefined;
  requestsPerSecond?: number | undefined;
  tokensIn?: number | undefined;
  tokensOut?: number | undefined;
  memoryMb?: number | undefined;
  vcpus?: number | undefined;
}

export type SizeClass = "small" | "medium" | "large";

/** Yes, no, or null: nobody measured it. */
export type Answer = boolean | null;

/** One rule, applied to one mode. `actual` and `limit` are in `unit`. */
export interface Reason {
  rule: string;
  mode: Mode;
  passed: Answer;
  actual: number | null;
  limit: number | null;
  unit: string;
  text: string;
  source: string;
}

/** How sure the size of a model is. */
export type Confidence = "catalogue" | "family" | "params" | "name" | "unpublished";

export interface PlannedModel {
  /** null when only a size was given. */
  id: string | null;
  params: number;
  /** Parameters that work on each token; null when a mixture of experts does not say. */
  activeParams: number | null;
  class: SizeClass;
  confidence: Confidence;
  source: string;
  /** The weights that go into the function; null when they run elsewhere. */
  variant: { engine: string; dtype: string; bytes: number; source: string } | null;
}

/** What a mode is predicted to do, warm, at the asked concurrency. null: unknown until measured. */
export interface Predicted {
  p95Ms: number | null;
  firstTokenMs: number | null;
  tokensPerSecond: number | null;
  coldStartMs: number | null;
  bundleBytes: number | null;
  memoryBytes: number | null;
}

export interface Instances {
  /** Instances that serve the asked requests a second; null when none were asked for. */
  needed: number | null;
  /** What one instance serves; the low end when nothing is predicted. */
  perInstanceRps: number;
  /** True when perInstanceRps comes from the prediction and not from common experience. */
  predicted: boolean;
  concurrencyPerInstance: number;
  text: string;
}

/** Something close that would fit, with the flags to add to the same command, or to replace in it. */
export interface Nearest {
  kind: "model" | "budget" | "mode";
  flags: string[];
  text: string;
}

export interface Plan {
  version: 1;
  /** False when a rule says no: then `nearest` says what would fit. */
  fits: boolean;
  task: Task;
  mode: Mode;
  platform: PlatformName;
  platformReason: string;
  model: PlannedModel;
  latencyBudgetMs: number;
  reasons: Reason[];
  alternatives: { mode: Mode; passed: Answer; failed: string[] }[];
  predicted: Predicted;
  function: { memoryMb: number; vcpus: number; maxDurationSeconds: number | null; regions: string[] };
  instances: Instances;
  warnings: string[];
  nearest?: Nearest[];
}
