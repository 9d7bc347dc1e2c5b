import { modelId, task } from "../lib/app.ts";
import { HttpError, isRecord, readJson, route } from "../lib/http.ts";
import { callSelf } from "../lib/self.ts";

/** The function that has the model. */
const ROUTE = task === "classify" ? "/api/classify" : "/api/embeddings";
const MAX_ITEMS = 2_000;
const CONCURRENCY = 4;
const CHUNK = 16;

type Result = { index: number; error: { code: string; message: string } } | Record<string, unknown>;
interface Item {
  index: number;
  input: unknown;
}

/**
 * `{ inputs: string[] }` → a result per item, in order: 200 when all went well, 207 when some did not.
 * The items go to the function that has the model, a bounded number of requests at a time.
 */
export default route(["POST"], async (request) => {
  const body = await readJson(request);
  const inputs: unknown = isRecord(body) ? body["inputs"] : undefined;
  if (!Array.isArray(inputs) || inputs.length === 0 || inputs.length > MAX_ITEMS) {
    throw new HttpError(400, "invalid_inputs", `inputs has to be a list of 1 to ${MAX_ITEMS} texts`);
  }
  const items = inputs.map((input: unknown, index) => ({ index, input }));
  const chunks = Array.from({ length: Math.ceil(items.length / CHUNK) }, (_, n) =>
    items.slice(n * CHUNK, (n + 1) * CHUNK),
  );
  const data = (await mapBounded(chunks, CONCURRENCY, (chunk) => askItems(request, chunk))).flat();
  const failed = data.filter((result) => "error" in result).length;
  return Response.json({ object: "list", data, model: modelId, failed }, { status: failed === 0 ? 200 : 207 });
});

/** One request for all items; when it is refused, one request each, so that a bad item fails alone. */
async function askItems(request: Request, items: readonly Item[]): Promise<Result[]> {
  const { status, answer } = await ask(request, items);
  const data = isRecord(answer) && Array.isArray(answer["data"]) ? (answer["data"] as unknown[]) : [];
  if (status === 200 && data.length === items.length) {
    return items.map(({ index }, at) => resultOf(data[at], index));
  }
  if (items.length > 1 && status < 500) return (await mapBounded(items, 1, (item) => askItems(request, [item]))).flat();
  return items.map(({ index }) => ({ index, error: errorOf(answer, status) }));
}

/** What the model says of one item: its embedding, or its label and scores. */
function resultOf(item: unknown, index: number): Result {
  const { object: _, ...result } = isRecord(item) ? item : {};
  return { ...result, index };
}

async function ask(request: Request, items: readonly Item[]): Promise<{ status: number; answer: unknown }> {
  try {
    const response = await callSelf(request, ROUTE, { input: items.map(({ input }) => input) });
    return { status: response.status, answer: await response.json() };
  } catch (error) {
    if (request.signal.aborted) throw error;
    return { status: 502, answer: { error: { code: "unreachable", message: `${ROUTE} did not answer with JSON` } } };
  }
}

function errorOf(answer: unknown, status: number): { code: string; message: string } {
  const { code, message } = isRecord(answer) && isRecord(answer["error"]) ? answer["error"] : {};
  return {
    code: typeof code === "string" ? code : "failed",
    message: typeof message === "string" ? message : `${ROUTE} answered ${status}`,
  };
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
