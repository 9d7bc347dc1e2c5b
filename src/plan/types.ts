import type { EngineName } from "../data/engines.ts";
import type { Arch, Pipeline, Variant } from "../data/models-schema.ts";
import type { PlatformName } from "../data/platforms.ts";
import type { Mode, TargetName, Task } from "../config/words.ts";
import type { Explained } from "../explain.ts";

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
  /** At the busiest time. */
  requestsPerSecond?: number | undefined;
  requestsPerMonth?: number | undefined;
  /** Chat: false when the answer comes in one piece; then the budget is for the whole answer. */
  streaming?: boolean | undefined;
  /** False: requests may not leave the own platform and endpoint, which rules external mode out. */
  thirdParty?: boolean | undefined;
  /** Most to spend a month, in USD. */
  monthlyBudgetUsd?: number | undefined;
  tokensIn?: number | undefined;
  tokensOut?: number | undefined;
  memoryMb?: number | undefined;
  vcpus?: number | undefined;
}

/** What running the planned function on this machine gave; kept in edge-ai.lock.json. */
export interface Measured {
  modelId: string;
  engine: string;
  dtype: string;
  /** True when weights of the same shape with random values stood in for the model. */
  standIn: boolean;
  tokensIn: number;
  tokensOut: number;
  concurrency: number;
  p95Ms: number;
  firstTokenMs: number | null;
  tokensPerSecond: number | null;
  cpuMs: number;
  coldStartMs: number;
  memoryBytes: number;
  bundleBytes: number;
  requests: number;
  /** Processor, cores and Node, in words. */
  machine: string;
  measuredAt: string;
}

/** A model that is not in the catalogue, as the Hub or files on this machine describe it. */
export interface KnownModel {
  id: string;
  pipeline: Pipeline | null;
  params: { total: number; active: number | null };
  arch: Arch;
  context: number | null;
  tokenizerBytes: number | null;
  /** Files that an engine of ours can run. */
  variants: readonly { engine: EngineName; dtype: Variant["dtype"]; bytes: number; source: string }[];
  confidence: "hub" | "config" | "gguf" | "safetensors" | "onnx";
  /** Where the size was read, in words. */
  source: string;
  warnings: readonly string[];
}

/** What a month of one mode costs, and the words for it. */
export interface MonthlyCost {
  usd: number;
  text: string;
  source: string;
}

/** What a plan leans on besides its input. All of it is passed in: planning has no clock, no disk and no network. */
export interface PlanKnowledge {
  model?: KnownModel | undefined;
  measured?: readonly Measured[] | undefined;
  /** What a mode costs a month at the asked traffic; null when it cannot be said. */
  monthlyCost?:
    | ((option: Alternative & { task: Task; workload: PlannedWorkload; modelId: string | null }) => MonthlyCost | null)
    | undefined;
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
  /** The mode that the plan moved on to because of this. */
  movedTo?: Mode;
}

/** How sure the size of a model is. */
export type Confidence = "catalogue" | "family" | "params" | "name" | "unpublished" | KnownModel["confidence"];

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

/** The numbers of a prediction. */
export interface Figures {
  p95Ms: number;
  firstTokenMs: number;
  tokensPerSecond: number;
  coldStartMs: number;
  bundleBytes: number;
  memoryBytes: number;
}

/**
 * What a mode is predicted to do, warm, at the asked concurrency. null: unknown until measured. What is judged is the number
 * itself; `ranges` are where a measured value is expected in nine of ten cases.
 */
export interface Predicted extends Record<keyof Figures, number | null> {
  /** Processor time of one request in the function, in milliseconds: what Active CPU bills. null: unknown. */
  cpuMs: number | null;
  ranges: Partial<Record<keyof Figures | "cpuMs", [low: number, high: number]>>;
}

/** What the plan was made for: the asked load, with the task's defaults for what was not said. */
export interface PlannedWorkload {
  tokensIn: number;
  tokensOut: number;
  concurrency: number;
  requestsPerSecond: number | null;
  requestsPerMonth: number | null;
  streaming: boolean;
}

export interface PlannedFunction {
  memoryMb: number;
  vcpus: number;
  maxDurationSeconds: number | null;
  regions: string[];
}

/** A mode that was not chosen. */
export interface Alternative {
  mode: Mode;
  passed: Answer;
  /** The rules that say no. */
  failed: string[];
  platform: PlatformName;
  predicted: Predicted;
  function: PlannedFunction;
  /** The reasons that say no, with their numbers. */
  ruledOut?: Reason[];
  /** At the asked traffic; null when it cannot be said. */
  monthlyCost?: MonthlyCost | null;
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
  kind:
    | "machine"
    | "streaming"
    | "budget"
    | "tokens"
    | "concurrency"
    | "weights"
    | "target"
    | "model"
    | "third-party"
    | "mode";
  flags: string[];
  /** Flags to leave out. */
  without?: string[];
  text: string;
}

export interface Plan {
  version: 1;
  /** False when a rule says no: then `nearest` says what would fit. */
  fits: boolean;
  task: Task;
  mode: Mode;
  /** What the size table says; another `mode` was asked for, or rules moved the plan there. */
  tableMode: Mode;
  /** The next choice of the alternatives; null when every one is ruled out. */
  runnerUp: Mode | null;
  platform: PlatformName;
  platformReason: string;
  model: PlannedModel;
  latencyBudgetMs: number;
  reasons: Reason[];
  alternatives: Alternative[];
  workload: PlannedWorkload;
  /** What was asked besides the latency budget; null where nothing was. */
  limits: { coldStartBudgetMs: number | null; monthlyBudgetUsd: number | null; thirdParty: boolean };
  predicted: Predicted;
  function: PlannedFunction;
  instances: Instances;
  warnings: string[];
  /** Every printed number with its formula and inputs; there when it was asked for. */
  explained?: Explained[];
  /** What would fit; there when this does not. */
  nearest?: Nearest[];
  /** What would bring a plan that rules moved back to the table's mode; there when there is something. */
  back?: Nearest[];
  /** What the plan's mode costs at the asked traffic; null when it cannot be said; there when traffic was asked for. */
  monthlyCost?: MonthlyCost | null;
  /** The measurement that the prediction was replaced by. */
  measured?: Measured;
}
