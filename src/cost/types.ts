import type { Mode, Task } from "../config/words.ts";
import type { GpuName } from "../data/prices/gpus.ts";
import type { PlatformName } from "../data/platforms.ts";
import type { ExplainedInput } from "../explain.ts";
import type { Answer, PlannedFunction, PlannedWorkload, Predicted } from "../plan/types.ts";

/** A number that goes into a cost, and where it is from. */
export type Quantity = ExplainedInput & { value: number };

/** One amount, and how it came to be. `usd` is not rounded. */
export interface Amount {
  usd: number;
  formula: string;
  inputs: ExplainedInput[];
}

export const items = [
  "base fee",
  "active CPU",
  "provisioned memory",
  "CPU time",
  "requests",
  "invocations",
  "edge requests",
  "data transfer",
  "origin transfer",
  "included credit",
  "tokens",
  "pictures",
  "endpoint hours",
] as const;
export type Item = (typeof items)[number];

export interface Line extends Amount {
  item: Item;
}

/** What is priced: one mode of a plan, with what is known of the model. */
export interface Costed {
  mode: Mode;
  predicted: Pick<Predicted, "cpuMs" | "p95Ms">;
  function: PlannedFunction;
  task: Task;
  workload: PlannedWorkload;
  model: { id: string | null; params: number | null; activeParams: number | null };
}

export interface CostSettings {
  /** Whose call price counts in external mode: "openai:gpt-5-mini". */
  providerModel?: string | undefined;
  /** GPU of a hosted endpoint; the default is the cheapest that holds the model. */
  endpoint?: GpuName | undefined;
  /** Bytes of an answer. */
  transferBytes?: number | undefined;
  /** False: nobody else may host the model, so it is an endpoint by the hour. */
  thirdParty?: boolean | undefined;
  /** Requests a month that `workload.requestsPerSecond` is the busiest time of. */
  requestsAtPeak?: number | undefined;
  /** The day whose prices count. */
  now: Date;
}

/** What a request uses of a function. */
export interface Work {
  cpuMs: Quantity;
  /** Mean time in which a request is in flight. */
  serviceMs: Quantity;
  /** Requests that share an instance before a second one is needed. */
  sharing: Quantity;
  memoryGb: Quantity;
  bytes: Quantity;
}

/** Who runs the model, when it is not the function. */
export interface Supply {
  kind: "call" | "endpoint";
  /** "openai:gpt-4o-mini", or "NVIDIA L4 by the hour". */
  name: string;
  /** Of a provider's model: one typical call. null for an endpoint by the hour. */
  call: Amount | null;
  cost: (requests: number) => Line;
}

/** What fits the plan that costs nothing. */
export interface Free {
  plan: "Hobby" | "Workers Free";
  fits: boolean;
  text: string;
}

export interface Month {
  requests: number;
  lines: Line[];
  usd: number;
  perRequestUsd: number;
  supply: string | null;
  free: Free;
}

/** A mode on a platform. Without `months` it cannot run there or has no price: `reason` says why. */
export interface OptionCost {
  mode: Mode;
  platform: PlatformName;
  planned: boolean;
  passed: Answer;
  failed: string[];
  months: Month[] | null;
  reason: string | null;
  /** The other ways to have the model run, with what they alone cost at the middle size. */
  others: (Amount & { name: string })[];
}
