// create-edge-ai 0.1.0
import { readJsonFile } from "./onnx-model.ts";
import { runModel } from "./onnx.ts";

export { OverloadedError } from "./onnx.ts";

interface Score {
  label: string;
  /**
   * From 0 to 1. It orders labels, and a higher one is a surer one; it is not the probability of being right, unless
   * somebody has measured that for this model and these labels.
   */
  score: number;
}

export interface Classes {
  /** For each text the scores of all labels, the best first. */
  texts: Score[][];
  /** Tokens of the texts, after truncation; sentences that stand for labels are not counted. */
  tokens: number;
}

/** Label → sentences that have it. */
export type LabelTable = Readonly<Record<string, readonly string[]>>;

export class UnknownLabelsError extends Error {}

/**
 * Divides cosines before the softmax. Cosines of a sentence with two labels rarely differ by more than 0.3, which alone
 * would make 0.57 and 0.43 of them. Chosen by eye for readable scores; it never changes which label is first.
 */
const TEMPERATURE = 0.1;

/**
 * Puts labels on texts with the model in `modelDir`: with its own labels when it was trained to classify (its output is
 * `logits` and config.json names them), else by the nearest label in meaning.
 * @param asked the labels to choose from; null for all that the model or `table` has
 * @throws UnknownLabelsError when a model with labels of its own does not have the asked ones; OverloadedError; HttpError 499
 * when the caller leaves
 */
export async function classify(
  modelDir: string,
  texts: readonly string[],
  asked: readonly string[] | null,
  table: LabelTable,
  signal?: AbortSignal,
): Promise<Classes> {
  const { kind, rows, tokens } = await runModel(modelDir, texts, signal);
  const score =
    kind === "logits" ? await scorerOfModel(modelDir, asked) : await scorerOfMeaning(modelDir, asked, table, signal);
  return { texts: rows.map((row) => score(row).toSorted((a, b) => b.score - a.score)), tokens };
}

type Scorer = (row: Float32Array) => Score[];

/** Logits to scores: each on its own where several labels may hold at once, else so that they add up to 1. */
async function scorerOfModel(modelDir: string, asked: readonly string[] | null): Promise<Scorer> {
  const { id2label, problem_type: problem } = await readJsonFile(modelDir, "config.json");
  const names = Object.entries(typeof id2label === "object" && id2label !== null ? id2label : {})
    .toSorted(([a], [b]) => Number(a) - Number(b))
    .map(([, name]) => String(name));
  const unknown = (asked ?? []).filter((label) => !names.includes(label));
  if (unknown.length > 0) {
    throw new UnknownLabelsError(`the model does not know ${unknown.join(", ")}; it has ${names.join(", ")}`);
  }
  const chosen = asked ?? names;
  const activate = problem === "multi_label_classification" || names.length === 1 ? sigmoids : softmax;
  return (row) => {
    if (row.length !== names.length) {
      throw new Error(`config.json names ${names.length} labels, and the model has ${row.length}`);
    }
    const scores = activate(chosen.map((label) => row[names.indexOf(label)] ?? 0));
    return chosen.map((label, at) => ({ label, score: scores[at] ?? 0 }));
  };
}

/** A label is as near as the nearest of its sentences. Labels of the request stand for themselves. */
async function scorerOfMeaning(
  modelDir: string,
  asked: readonly string[] | null,
  table: LabelTable,
  signal?: AbortSignal,
): Promise<Scorer> {
  const chosen = asked ?? Object.keys(table);
  if (chosen.length === 0) throw new Error("there are no labels: write some into lib/labels.ts");
  const sentences = chosen.map((label) => sentencesOf(label, table));
  const vectors = await vectorsOf(modelDir, sentences.flat(), signal);
  return (row) => {
    const cosines = sentences.map((each) => Math.max(...each.map((sentence) => dot(row, vectors.get(sentence)))));
    const scores = softmax(cosines.map((cosine) => cosine / TEMPERATURE));
    return chosen.map((label, at) => ({ label, score: scores[at] ?? 0 }));
  };
}

function sentencesOf(label: string, table: LabelTable): readonly string[] {
  const sentences = Object.hasOwn(table, label) ? (table[label] ?? []) : [];
  return sentences.length > 0 ? sentences : [label];
}

/** Vectors of label sentences, which come again with every request. Bounded, because callers may bring their own. */
const known = new Map<string, Float32Array>();
const MAX_KNOWN = 2_000;

async function vectorsOf(
  modelDir: string,
  sentences: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, Float32Array>> {
  const missing = [...new Set(sentences)].filter((sentence) => !known.has(sentence));
  const { rows } = missing.length > 0 ? await runModel(modelDir, missing, signal) : { rows: [] };
  const fresh = new Map(missing.map((sentence, at) => [sentence, rows[at] ?? new Float32Array()]));
  const all = new Map(sentences.map((each) => [each, known.get(each) ?? fresh.get(each) ?? new Float32Array()]));
  if (known.size + fresh.size > MAX_KNOWN) known.clear();
  for (const [sentence, vector] of fresh) known.set(sentence, vector);
  return all;
}

function dot(a: Float32Array, b: Float32Array = new Float32Array()): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
}

function softmax(values: readonly number[]): number[] {
  const largest = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

function sigmoids(values: readonly number[]): number[] {
  return values.map((value) => 1 / (1 + Math.exp(-value)));
}
