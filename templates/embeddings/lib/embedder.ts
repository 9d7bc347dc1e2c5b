// create-edge-ai 0.1.0
/**
 * Sentence embeddings with ONNX Runtime in a worker thread: its run() blocks the event loop of the thread it is called
 * in, and one instance serves many requests at once. This file is both ends: the worker loads this very module.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

export interface Embeddings {
  /** One unit vector per text. */
  vectors: Float32Array[];
  /** Tokens of all texts, after truncation. */
  tokens: number;
}

interface Texts {
  id: number;
  texts: readonly string[];
}
type Order = Texts | { cancel: number };
type Reply = { id: number; embeddings: Embeddings } | { id: number; error: string };

/** More texts than this waiting for the model is overload: better refused at once than answered late. */
const MAX_WAITING_TEXTS = 1_000;
const WORKER = "edge-ai-embedder";

export class OverloadedError extends Error {}

interface Waiting {
  resolve(embeddings: Embeddings): void;
  reject(error: Error): void;
  texts: number;
}

let worker: Worker | undefined;
let nextId = 0;
const waiting = new Map<number, Waiting>();

/**
 * Embeds texts with the model in `modelDir`; the first call loads it. A caller who leaves is not computed for.
 * @throws OverloadedError when too many texts wait already
 */
export function embed(modelDir: string, texts: readonly string[], signal?: AbortSignal): Promise<Embeddings> {
  const queued = [...waiting.values()].reduce((sum, request) => sum + request.texts, 0);
  if (queued + texts.length > MAX_WAITING_TEXTS)
    return Promise.reject(new OverloadedError("too many texts are waiting"));
  worker ??= startWorker(modelDir);
  const running = worker;
  return new Promise((resolve, reject) => {
    const id = nextId++;
    waiting.set(id, { resolve, reject, texts: texts.length });
    signal?.addEventListener("abort", () => waiting.has(id) && running.postMessage({ cancel: id } satisfies Order), {
      once: true,
    });
    running.ref();
    running.postMessage({ id, texts } satisfies Order);
  });
}

function startWorker(modelDir: string): Worker {
  const started = new Worker(new URL(import.meta.url), {
    workerData: { role: WORKER, modelDir: path.resolve(modelDir) },
  });
  started.on("message", (reply: Reply) => {
    const request = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (waiting.size === 0) started.unref();
    if ("error" in reply) request?.reject(new Error(reply.error));
    else request?.resolve(reply.embeddings);
  });
  started.on("error", (error: Error) => fail(started, error));
  started.on("exit", () => fail(started, new Error("the model's worker stopped")));
  return started;
}

/** A dead worker fails what waits for it; the next request starts a new one. */
function fail(dead: Worker, error: Error): void {
  if (worker !== dead) return;
  worker = undefined;
  for (const request of waiting.values()) request.reject(error);
  waiting.clear();
}

// ---- in the worker ----

interface Model {
  embed(text: string): Promise<{ vector: Float32Array; tokens: number }>;
}

async function loadModel(dir: string): Promise<Model> {
  const [{ InferenceSession, Tensor }, { Tokenizer }] = await Promise.all([
    import("onnxruntime-node"),
    import("@huggingface/tokenizers"),
  ]);
  const json = async (file: string): Promise<Record<string, unknown>> =>
    JSON.parse(await readFile(path.join(dir, file), "utf8"));
  const tokenizerConfig = await json("tokenizer_config.json");
  const tokenizer = new Tokenizer(await json("tokenizer.json"), tokenizerConfig);
  const maxTokens = Math.min(Number(tokenizerConfig["model_max_length"] ?? 512), 8192);
  // One thread: a function has one vCPU by default, and the host's other requests need the rest.
  const session = await InferenceSession.create(path.join(dir, "onnx", "model_quantized.onnx"), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });

  return {
    async embed(text) {
      const ids = truncate(tokenizer.encode(text).ids, maxTokens);
      const shape = [1, ids.length];
      const inputs = {
        input_ids: () => BigInt64Array.from(ids, BigInt),
        attention_mask: () => new BigInt64Array(ids.length).fill(1n),
        token_type_ids: () => new BigInt64Array(ids.length),
      };
      const feeds = Object.fromEntries(
        Object.entries(inputs)
          .filter(([name]) => session.inputNames.includes(name))
          .map(([name, values]) => [name, new Tensor("int64", values(), shape)]),
      );
      const output = session.outputNames.includes("sentence_embedding") ? "sentence_embedding" : "last_hidden_state";
      const result = (await session.run(feeds, [output]))[output];
      if (!(result?.data instanceof Float32Array)) throw new Error(`the model has no float output ${output}`);
      return { vector: normalize(meanOf(result.data, result.dims.at(-1) ?? 0)), tokens: ids.length };
    },
  };
}

/** Cuts to `max` tokens but keeps the last one, which may be the separator the model was trained with. */
function truncate(ids: readonly number[], max: number): number[] {
  if (ids.length === 0) return [0];
  return ids.length <= max ? [...ids] : [...ids.slice(0, max - 1), ...ids.slice(-1)];
}

/** Mean over the rows of a rows x width matrix. */
function meanOf(data: Float32Array, width: number): Float32Array {
  const mean = new Float32Array(width);
  data.forEach((value, index) => {
    mean[index % width] = (mean[index % width] ?? 0) + value / (data.length / width);
  });
  return mean;
}

function normalize(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}

async function serve(modelDir: string): Promise<void> {
  // Not awaited here: a request that comes before the model is loaded waits for it in the handler.
  const model = loadModel(modelDir);
  // A model that cannot be loaded is tried again: the worker ends, and the next request starts a new one.
  model.catch(() => setImmediate(() => process.exit(1)));
  const cancelled = new Set<number>();
  let turn: Promise<void> = Promise.resolve();
  parentPort?.on("message", (order: Order) => {
    if ("cancel" in order) cancelled.add(order.cancel);
    else turn = turn.then(async () => parentPort?.postMessage(await answer(await settle(model), order, cancelled)));
  });
}

/** The model, or why there is none. */
async function settle(model: Promise<Model>): Promise<Model | Error> {
  return model.catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
}

async function answer(model: Model | Error, { id, texts }: Texts, cancelled: Set<number>): Promise<Reply> {
  try {
    if (model instanceof Error) throw model;
    const embeddings: Embeddings = { vectors: [], tokens: 0 };
    for (const text of texts) {
      if (cancelled.delete(id)) return { id, error: "the caller left" };
      // One text at a time: int8 activations share a scale, so a batch would make a vector depend on its neighbours.
      const { vector, tokens } = await model.embed(text);
      embeddings.vectors.push(vector);
      embeddings.tokens += tokens;
    }
    return { id, embeddings };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

if (!isMainThread && workerData?.role === WORKER) await serve(workerData.modelDir);
