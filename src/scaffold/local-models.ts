import type { Task } from "../config/words.ts";
import type { Model } from "../data/models-schema.ts";

/**
 * Models whose sentence vector is the mean over the tokens, with nothing put before the text: what lib/onnx-model.ts does.
 * Not bge (first token) and e5 ("query: " before the text). Source: the models' cards on the Hub, from memory, 2026-11-23.
 */
const MEAN_POOLED: ReadonlySet<string> = new Set([
  "use-lite",
  "all-minilm-l6-v2",
  "all-minilm-l12-v2",
  "jina-embeddings-v2-small-en",
]);

const POOLING = "needs another pooling or a prefix than the template has: its vectors would be wrong";
const MEAN_POOLED_HINT = `take --model ${[...MEAN_POOLED].join(", ").replace(/, ([^,]*)$/, " or $1")}`;

/** Why a model cannot run inside the template's function, and what to take instead; null when it can. */
export function unfitInside(task: Task, { id, task: pipeline, variants }: Model): { why: string; hint: string } | null {
  if (task === "chat") {
    const isGguf = variants.some(({ engine }) => engine === "gguf");
    return isGguf
      ? null
      : { why: `${id} has no GGUF file in the catalogue`, hint: "take --model smollm2-135m-instruct" };
  }
  if (task === "classify" && pipeline === "text-classification") return null;
  if ((task === "classify" || task === "embeddings") && pipeline === "feature-extraction") {
    return MEAN_POOLED.has(id) ? null : { why: `${id} ${POOLING}`, hint: MEAN_POOLED_HINT };
  }
  return { why: `${id} is no model for ${task} that the template can run`, hint: MEAN_POOLED_HINT };
}
