import { targetNames } from "../config/words.ts";
import { models } from "../data/models.ts";
import { platforms } from "../data/platforms.ts";
import { formatBytes, formatMs, formatParams, formatUsd } from "./format.ts";
import { workersAiDefaults, workersAi as workersAiProvider } from "../data/providers.ts";
import { fewerAtOnce, fewerTokens } from "./fewer.ts";
import { does, obstacles, type Attempt } from "./attempt.ts";
import { pipelines } from "./tasks.ts";
import type { Nearest, PlanInput, Reason } from "./types.ts";

/** One way to change what was asked; null when it does not help. */
export type Change = (attempt: Attempt) => Nearest | null;

/** More of the machine: the same model and budget, for more money. */
const largerMachine: Change = ({ plan, input, again, wanted }) => {
  const { maxVcpus, defaultMemoryMb, maxMemoryMb } = platforms[plan.platform];
  const options = [
    // Enough where less than the usual was asked for.
    { flag: "--memory", value: defaultMemoryMb.value, input: { ...input, memoryMb: defaultMemoryMb.value } },
    { flag: "--vcpus", value: maxVcpus.value, input: { ...input, vcpus: maxVcpus.value } },
    { flag: "--memory", value: maxMemoryMb.value, input: { ...input, memoryMb: maxMemoryMb.value } },
  ];
  for (const { flag, value, input: larger } of options) {
    const other = again(larger);
    if (!does(other, wanted)) continue;
    const { vcpus, memoryMb } = other.function;
    return {
      kind: "machine",
      flags: [flag, `${value}`],
      text: `${other.mode} fits with ${vcpus} vCPU and ${memoryMb} MB`,
    };
  }
  return null;
};

/** The first token comes long before the last. */
const stream: Change = ({ input, again, wanted }) => {
  if (input.streaming !== false) return null;
  const other = again({ ...input, streaming: true });
  if (!does(other, wanted)) return null;
  return {
    kind: "streaming",
    flags: [],
    without: ["--no-stream"],
    text: `${other.mode} fits when the answer is streamed, judged by its first token`,
  };
};

interface Budget {
  flag: string;
  key: "latencyBudgetMs" | "coldStartBudgetMs" | "monthlyBudgetUsd";
  format: (value: number) => string;
  /** The most that the flag takes. */
  most: number;
}

/** Rules that a bigger budget satisfies, and the budget's flag. */
const BUDGETS: Readonly<Partial<Record<string, Budget>>> = {
  "latency-p95": { flag: "--latency-budget", key: "latencyBudgetMs", format: formatMs, most: 3_600_000 },
  "first-token": { flag: "--latency-budget", key: "latencyBudgetMs", format: formatMs, most: 3_600_000 },
  "cold-start": { flag: "--cold-start-budget", key: "coldStartBudgetMs", format: formatMs, most: 3_600_000 },
  "monthly-cost": { flag: "--budget", key: "monthlyBudgetUsd", format: formatUsd, most: 1e9 },
};

const biggerBudget: Change = (attempt) => {
  const budgets = obstacles(attempt).flatMap(budgetFor);
  const bigger: PlanInput = { ...attempt.input };
  for (const { key, value } of budgets) bigger[key] = value;
  if (
    budgets.length === 0 ||
    budgets.some(({ value, most }) => value > most) ||
    !does(attempt.again(bigger), attempt.wanted)
  )
    return null;
  return {
    kind: "budget",
    flags: budgets.flatMap(({ flag, value }) => [flag, String(value)]),
    text: `the same model fits a budget of ${budgets.map(({ format, value, rule }) => `${format(value)} (${rule})`).join(" and ")}`,
  };
};

function budgetFor({ rule, actual }: Reason) {
  const budget = BUDGETS[rule];
  return budget === undefined || actual === null ? [] : [{ ...budget, rule, value: roundUp(actual) }];
}

/** Files that nobody listed, but that can be made: the first dtype, estimated from the parameter count. */
const otherWeights: Change = ({ input, plan, again, wanted }) => {
  const other = again(input, { files: true });
  const { variant } = other.model;
  if (!does(other, wanted) || other.mode !== "local" || variant === null) return null;
  if (plan.model.variant?.dtype === variant.dtype) return null;
  return {
    kind: "weights",
    flags: [],
    text: `${variant.dtype} weights of the same model fit, about ${formatBytes(variant.bytes)}: no such file is known, it has to be made`,
  };
};

const otherTarget: Change = ({ input, again, wanted }) => {
  if (input.target === undefined) return null;
  for (const target of targetNames.filter((name) => name !== "local")) {
    const other = again({ ...input, target });
    if (!does(other, wanted)) continue;
    return {
      kind: "target",
      flags: ["--target", target],
      text: `${other.mode} fits on ${platforms[other.platform].title}`,
    };
  }
  return null;
};

/** The largest smaller model of the same task, else the smallest that fits at all. */
const otherModel: Change = ({ plan, input, again, wanted }) => {
  const others = models
    .filter((model) => pipelines[model.task].tasks[0] === plan.task && model.id !== plan.model.id)
    .map((model) => ({ id: model.id, params: model.params.total }))
    .toSorted((a, b) => order(a.params) - order(b.params));
  // Smaller models first, the largest of them in front; then larger ones, the smallest in front.
  function order(params: number): number {
    return params <= plan.model.params ? -params : params;
  }
  for (const { id, params } of others) {
    const other = again({ ...input, model: id, params: undefined, task: plan.task });
    if (!does(other, wanted)) continue;
    return {
      kind: "model",
      flags: ["--model", id],
      text: `${id} (${formatParams(params)}) fits ${other.mode} with the same budget`,
    };
  }
  return null;
};

const withThirdParty: Change = ({ input, again, wanted }) => {
  if (input.thirdParty !== false) return null;
  const other = again({ ...input, thirdParty: true });
  if (!does(other, wanted)) return null;
  return {
    kind: "third-party",
    flags: [],
    without: ["--no-third-party"],
    text: `${other.mode} fits when a provider may see the requests`,
  };
};

/** Where a model cannot run in the function: the platform's own, over HTTP. */
const workersAi: Change = ({ plan, input, again, wanted }) => {
  if (plan.platform !== "cloudflare" || plan.mode !== "local" || wanted !== null || plan.task === "image") return null;
  const model = workersAiDefaults[plan.task];
  if (!again({ ...input, mode: "external", model, params: undefined, task: plan.task }).fits) return null;
  return {
    kind: "model",
    flags: ["--mode", "external", "--model", model],
    text: `${model} at ${workersAiProvider.name} fits external, through its OpenAI-compatible endpoint`,
  };
};

/** What the plan would be if the mode were not forced. */
const otherMode: Change = ({ input, again, wanted }) => {
  if (input.mode === undefined) return null;
  const free = again({ ...input, mode: undefined });
  if (!does(free, wanted)) return null;
  return { kind: "mode", flags: ["--mode", free.mode], text: `${free.mode} takes this model` };
};

/** Where a model cannot run in the function, a provider may have it too. */
const provider: Change = ({ plan, input, again, wanted }) => {
  if (plan.platform !== "cloudflare" || plan.mode !== "local" || wanted !== null) return null;
  if (again({ ...input, mode: undefined }).mode === "external" || !again({ ...input, mode: "external" }).fits)
    return null;
  return { kind: "mode", flags: ["--mode", "external"], text: "external takes this model, at a provider that has it" };
};

/** Nearest first: what keeps the model and the promise, then what keeps the model, then the rest. */
export const changes: readonly Change[] = [
  largerMachine,
  otherTarget,
  stream,
  biggerBudget,
  fewerTokens,
  fewerAtOnce,
  otherWeights,
  otherModel,
  withThirdParty,
  otherMode,
  provider,
  workersAi,
];

/** Up to two significant digits, so that a budget reads like a budget and still holds; not under cents or milliseconds. */
function roundUp(value: number): number {
  const step = 10 ** Math.max(Math.floor(Math.log10(value)) - 1, 0);
  return Math.ceil(value / step) * step;
}
