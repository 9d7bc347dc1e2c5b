// create-edge-ai 0.1.0
/**
 * Text models with ONNX Runtime in a worker thread: its run() blocks the event loop of the thread it is called in, and
 * one instance serves many requests at once. This file is both ends: the worker loads this very module.
 */
import path from "node:path";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { loadModel, type Model, type Outcome } from "./onnx-model.ts";
import { callerLeft } from "./caller-left.ts";

interface Texts {
  id: number;
  texts: readonly string[];
}
type Order = Texts | { cancel: number };
type Reply = { id: number; outcome: Outcome } | { id: number; error: string };

/** More texts than this waiting for the model is overload: better refused at once than answered late. */
const MAX_WAITING_TEXTS = 1_000;
const WORKER = "edge-ai-onnx";

export class OverloadedError extends Error {}

interface Waiting {
  resolve(outcome: Outcome): void;
  reject(error: Error): void;
  texts: number;
}

let worker: Worker | undefined;
let nextId = 0;
const waiting = new Map<number, Waiting>();

/**
 * Runs the model in `modelDir` on each text; the first call loads it. A caller who leaves is not computed for.
 * @throws OverloadedError when too many texts wait already; HttpError 499 when the caller leaves
 */
export function runModel(modelDir: string, texts: readonly string[], signal?: AbortSignal): Promise<Outcome> {
  if (signal?.aborted === true) return Promise.reject(callerLeft());
  const queued = [...waiting.values()].reduce((sum, request) => sum + request.texts, 0);
  if (queued + texts.length > MAX_WAITING_TEXTS)
    return Promise.reject(new OverloadedError("too many texts are waiting"));
  worker ??= startWorker(modelDir);
  const running = worker;
  return new Promise((resolve, reject) => {
    const id = nextId++;
    waiting.set(id, { resolve, reject, texts: texts.length });
    const leave = (): void => {
      if (!waiting.has(id)) return;
      // Its texts count as waiting until the worker has put them aside.
      running.postMessage({ cancel: id } satisfies Order);
      reject(callerLeft());
    };
    signal?.addEventListener("abort", leave, { once: true });
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
    else request?.resolve(reply.outcome);
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
    const outcome: Outcome = { kind: model.kind, rows: [], tokens: 0 };
    for (const text of texts) {
      if (cancelled.delete(id)) return { id, error: "the caller left" };
      // One text at a time: int8 activations share a scale, so a batch would make a row depend on its neighbours.
      const { row, tokens } = await model.run(text);
      outcome.rows.push(row);
      outcome.tokens += tokens;
    }
    return { id, outcome };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

if (!isMainThread && workerData?.role === WORKER) await serve(workerData.modelDir);
