import type { Mode, Task } from "../config/words.ts";
import type { Model, Pipeline } from "../data/models-schema.ts";

/** What the arithmetic of a model looks like. */
export type Kind = "encoder" | "decoder" | "other";

export interface TaskProfile {
  kind: Kind;
  /** The model when none is named. */
  defaultModel: string;
  latencyBudgetMs: number;
  /** Chat is judged on its first token, everything else on the whole answer. */
  budgetFor: "answer" | "first token";
  tokensIn: number;
  tokensOut: number;
  maxDurationSeconds: number;
  /** False where edge-ai has no engine that does this inside a function. */
  runsInFunction: boolean;
}

/**
 * Defaults by task. 64 tokens are two or three sentences; 128 in and 128 out are a short turn of a chat, and what our
 * measurements used. Chat takes a 7B by default: under 1B the answers are poor, and its licence is Apache-2.0.
 */
export const taskProfiles = {
  embeddings: {
    kind: "encoder",
    defaultModel: "use-lite",
    latencyBudgetMs: 300,
    budgetFor: "answer",
    tokensIn: 64,
    tokensOut: 0,
    maxDurationSeconds: 60,
    runsInFunction: true,
  },
  classify: {
    kind: "encoder",
    defaultModel: "use-lite",
    latencyBudgetMs: 300,
    budgetFor: "answer",
    tokensIn: 64,
    tokensOut: 1,
    maxDurationSeconds: 60,
    runsInFunction: true,
  },
  chat: {
    kind: "decoder",
    defaultModel: "qwen2.5-7b-instruct",
    latencyBudgetMs: 1_000,
    budgetFor: "first token",
    tokensIn: 128,
    tokensOut: 128,
    maxDurationSeconds: 300,
    runsInFunction: true,
  },
  image: {
    kind: "other",
    defaultModel: "flux.1-schnell",
    latencyBudgetMs: 10_000,
    budgetFor: "answer",
    tokensIn: 64,
    tokensOut: 0,
    maxDurationSeconds: 300,
    runsInFunction: false,
  },
} as const satisfies Record<Task, TaskProfile>;

/** Chat without streaming: how long people keep their mind on a task without an answer (J. Nielsen, Response Times, from memory, 2026-11-23). */
export const WHOLE_ANSWER_BUDGET_MS = 10_000;

/** What a model of the Hub's pipeline can be used for; the first task is its default. */
export const pipelines: Record<Pipeline, { kind: Kind; tasks: readonly Task[] }> = {
  "feature-extraction": { kind: "encoder", tasks: ["embeddings", "classify"] },
  "fill-mask": { kind: "encoder", tasks: ["embeddings", "classify"] },
  "text-classification": { kind: "encoder", tasks: ["classify"] },
  "text-generation": { kind: "decoder", tasks: ["chat", "classify"] },
  "text-to-image": { kind: "other", tasks: ["image"] },
  "image-to-text": { kind: "other", tasks: [] },
  "automatic-speech-recognition": { kind: "other", tasks: [] },
  "voice-activity-detection": { kind: "other", tasks: [] },
};

const NAME_HINTS: readonly (readonly [RegExp, Task])[] = [
  [/embed|minilm|mpnet|potion|\b(?:bge|e5|gte)\b/i, "embeddings"],
  [/bert|\bsst|\bnli\b|classif|rerank/i, "classify"],
  [/flux|diffusion|sdxl|\bimage/i, "image"],
];

/** The task of a plan, and a sentence when somebody has to know that it was chosen for them. */
export function chooseTask(
  asked: Task | undefined,
  entry: Pick<Model, "task"> | null,
  name: string | undefined,
  params: number | undefined,
): { task: Task; warning: string | null } {
  if (asked !== undefined) return { task: asked, warning: null };
  if (entry !== null) return taskOfEntry(entry);
  const task = name === undefined ? taskOfSize(params) : taskOfName(name);
  return { task, warning: `no --task given: planned as ${task}` };
}

function taskOfEntry(entry: Pick<Model, "task">): { task: Task; warning: string | null } {
  const task = pipelines[entry.task].tasks[0];
  if (task !== undefined) return { task, warning: null };
  return { task: "classify", warning: `edge-ai makes no function for ${entry.task}: planned like classify` };
}

function taskOfName(name: string): Task {
  return NAME_HINTS.find(([pattern]) => pattern.test(name))?.[1] ?? "chat";
}

/** Models under 1B are mostly encoders; from 1B on mostly decoders. */
function taskOfSize(params: number | undefined): Task {
  return params !== undefined && params >= 1e9 ? "chat" : "embeddings";
}

/**
 * The model of a task where the mode was chosen and no model was. A provider does not have every open model, an endpoint not the one
 * that comes with us, and a function not a large one. platform.openai.com/docs/models, from memory, 2026-11-23.
 */
const modelsOfMode: Partial<Record<Task, Partial<Record<Mode, string>>>> = {
  chat: { local: "smollm2-135m-instruct", external: "gpt-4o-mini" },
  classify: { hybrid: "qwen2.5-7b-instruct", external: "gpt-4o-mini" },
  embeddings: { hybrid: "bge-small-en-v1.5", external: "text-embedding-3-small" },
};

/** The model when none is named. */
export function defaultModel(task: Task, mode: Mode | undefined): string {
  return (mode === undefined ? undefined : modelsOfMode[task]?.[mode]) ?? taskProfiles[task].defaultModel;
}
