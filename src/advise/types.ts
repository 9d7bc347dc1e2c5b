import type { Task } from "../config/words.ts";
import type { Model } from "../data/models-schema.ts";
import type { Explained } from "../explain.ts";
import type { Measurement } from "../health/document.ts";
import type { Plan, PlanInput } from "../plan/types.ts";

/** What can be wrong with an app, and what a remedy helps against. */
export type Topic = "latency" | "first-token" | "cold-start" | "errors" | "throughput" | "cost" | "fit";

/** One thing that is wrong. */
export interface Trouble {
  topic: Topic;
  /** Who says so. */
  from: "health check" | "alert" | "plan";
  /** With its numbers. */
  text: string;
  /** As measured or predicted, in `unit`; null: not known. */
  actual: number | null;
  limit: number | null;
  unit: string;
}

/** How sure an effect is: by formula, at most that much, under an assumption that is named, or nobody knows. */
type EffectKind = "predicted" | "bound" | "assumed" | "unknown";

/** What a remedy does to one figure. */
export interface Effect {
  /** "p95", "first token p95", "cold start", "cost per request", "cost a month", … */
  on: string;
  topic: Topic;
  kind: EffectKind;
  before: number | null;
  after: number | null;
  unit: "ms" | "USD" | "bytes";
  /** Share by which it gets better, from 0 to 1; null: unknown until measured. */
  gain: number | null;
  text: string;
  explained: Explained[];
}

export interface Advice {
  remedy: string;
  text: string;
  /** One that this program has; null where a key or a file has to be changed. */
  command: string | null;
  effects: Effect[];
}

/** What the app is, as far as somebody knows. */
export interface Situation {
  troubles: readonly Trouble[];
  /** The app as it is planned; null for one that is only known by its health check. */
  plan: Plan | null;
  /** Plans the same app with something changed. null: that cannot be. */
  planWith: (change: Partial<PlanInput>) => Plan | null;
  measured: Measurement | null;
  /** What the project has in api/ and before its models; null outside a project. */
  parts: { routes: readonly string[]; options: readonly string[] } | null;
  models: readonly Model[];
}

/** A row of the table of remedies. */
export interface Remedy {
  name: string;
  helps: readonly Topic[];
  /** null where it cannot help this app. */
  advise: (situation: Situation) => Omit<Advice, "remedy"> | null;
}

/** What `advise --json` prints. */
export interface AdviceDocument {
  version: 1;
  from: { health: string | null; alerts: string | null; plan: string | null };
  app: { task: Task; model: string | null; mode: string } | null;
  troubles: Trouble[];
  advice: Advice[];
  warnings: string[];
  /** There when it was asked for. */
  explained?: Explained[];
}
