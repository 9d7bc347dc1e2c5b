import { modelId, task } from "../lib/app.ts";
import { BatchSender, errorOf } from "../lib/batch-sender.ts";
import { HttpError, isRecord, readJson, route } from "../lib/http.ts";

/** The function that has the model. A chat or an image is no item of many: it is asked for by itself. */
const ROUTES = new Map([
  ["embeddings", "/api/embeddings"],
  ["classify", "/api/classify"],
]);
const MAX_ITEMS = 2_000;
const CONCURRENCY = 4;
const CHUNK = 16;
/** What may be wrong with one item of a chunk and not with the others. */
const SPLITS = new Set([400, 413, 422]);
/** Items of refused chunks that are tried alone, of a batch: else one request could become as many as it has items. */
const MAX_ALONE = 400;

interface Result {
  index: number;
  error?: { code: string; message: string };
  /** What the model says of the item. */
  [field: string]: unknown;
}
interface Item {
  index: number;
  input: unknown;
}
interface Batch {
  sender: BatchSender;
  mayBeAlone: number;
}

/**
 * `{ inputs: string[] }` → a result per item, in order: 200 when all went well, 207 when some did not.
 * The items go to the function that has the model, a bounded number of requests at a time: 125 and MAX_ALONE at most, and
 * CONCURRENCY again after a wait. What holds for all of them (401, 403, 404) is the answer to the whole batch.
 */
export default route(["POST"], async (request) => {
  const path = ROUTES.get(task);
  if (path === undefined) {
    throw new HttpError(404, "no_batch", `this app's task is ${task}: batches are for embeddings and classify`);
  }
  const body = await readJson(request);
  const inputs: unknown = isRecord(body) ? body["inputs"] : undefined;
  if (!Array.isArray(inputs) || inputs.length === 0 || inputs.length > MAX_ITEMS) {
    throw new HttpError(400, "invalid_inputs", `inputs has to be a list of 1 to ${MAX_ITEMS} texts`);
  }
  const items = inputs.map((input: unknown, index) => ({ index, input }));
  const texts = items.filter(({ input }) => isText(input));
  const chunks = Array.from({ length: Math.ceil(texts.length / CHUNK) }, (_, n) =>
    texts.slice(n * CHUNK, (n + 1) * CHUNK),
  );
  const batch = { sender: new BatchSender(request, path), mayBeAlone: MAX_ALONE };
  const results = (await mapBounded(chunks, CONCURRENCY, (chunk) => askItems(batch, chunk))).flat();
  const data = [...results, ...items.filter(({ input }) => !isText(input)).map(noText)];
  data.sort((a, b) => a.index - b.index);
  const failed = data.filter((result) => "error" in result).length;
  return Response.json({ object: "list", data, model: modelId, failed }, { status: failed === 0 ? 200 : 207 });
});

/** Empty cells come with every table: they are no reason to send 16 requests instead of one. */
function isText(input: unknown): boolean {
  return typeof input === "string" && (task === "classify" ? input.trim() : input) !== "";
}

function noText({ index }: Item): Result {
  return { index, error: { code: "invalid_input", message: `input ${index}: it has to be a text that is not empty` } };
}

/** One request for all items; when it is refused, one request each, so that a bad item fails alone. */
async function askItems(batch: Batch, items: readonly Item[]): Promise<Result[]> {
  const reply = await batch.sender.send(items.map(({ input }) => input));
  const { status, answer } = reply;
  const data = isRecord(answer) && Array.isArray(answer["data"]) ? (answer["data"] as unknown[]) : [];
  if (status === 200 && data.length === items.length) {
    return items.map(({ index }, at) => resultOf(data[at], index));
  }
  const error = errorOf(reply);
  if (items.length === 1 || !SPLITS.has(status)) return items.map(({ index }) => ({ index, error }));
  if (batch.mayBeAlone < items.length) {
    const message = `refused together with other items (${error.message}); this batch has too many such to try each alone`;
    return items.map(({ index }) => ({ index, error: { code: "refused_together", message } }));
  }
  batch.mayBeAlone -= items.length;
  return (await mapBounded(items, 1, (item) => askItems(batch, [item]))).flat();
}

/** What the model says of one item: its embedding, or its label and scores. */
function resultOf(item: unknown, index: number): Result {
  const { object: _, ...result } = isRecord(item) ? item : {};
  return { ...result, index };
}

/** Like Promise.all over `items`, with at most `limit` running. */
async function mapBounded<T, R>(items: readonly T[], limit: number, run: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const work = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await run(item);
  };
  await Promise.all(Array.from({ length: limit }, work));
  return results;
}
