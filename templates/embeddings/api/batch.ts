import { modelId } from "../lib/app.ts";
import { HttpError, isRecord, readJson, route } from "../lib/http.ts";
import { callSelf } from "../lib/self.ts";

const ROUTE = "/api/embeddings";
const MAX_ITEMS = 2_000;
const CONCURRENCY = 4;

type Result = { index: number; embedding: unknown } | { index: number; error: { code: string; message: string } };

/**
 * `{ inputs: string[] }` → a result per item, in order: 200 when all are embedded, 207 when some are not.
 * The items go to the embeddings function, which has the model, a bounded number at a time.
 */
export default route(["POST"], async (request) => {
  const body = await readJson(request);
  const inputs = isRecord(body) ? body["inputs"] : undefined;
  if (!Array.isArray(inputs) || inputs.length === 0 || inputs.length > MAX_ITEMS) {
    throw new HttpError(400, "invalid_inputs", `inputs has to be a list of 1 to ${MAX_ITEMS} texts`);
  }
  const data = await mapBounded(inputs, CONCURRENCY, (input, index) => embedOne(request, input, index));
  const failed = data.filter((result) => "error" in result).length;
  return Response.json({ object: "list", data, model: modelId, failed }, { status: failed === 0 ? 200 : 207 });
});

async function embedOne(request: Request, input: unknown, index: number): Promise<Result> {
  try {
    const response = await callSelf(request, ROUTE, { input });
    const answer: unknown = await response.json();
    if (response.ok) return { index, embedding: firstEmbedding(answer) };
    return { index, error: errorOf(answer, response.status) };
  } catch (error) {
    if (request.signal.aborted) throw error;
    return { index, error: { code: "unreachable", message: `${ROUTE} did not answer` } };
  }
}

function firstEmbedding(answer: unknown): unknown {
  const data = isRecord(answer) ? answer["data"] : undefined;
  const first: unknown = Array.isArray(data) ? data[0] : undefined;
  return isRecord(first) ? first["embedding"] : undefined;
}

function errorOf(answer: unknown, status: number): { code: string; message: string } {
  const error = isRecord(answer) && isRecord(answer["error"]) ? answer["error"] : {};
  return { code: String(error["code"] ?? status), message: String(error["message"] ?? `${ROUTE} answered ${status}`) };
}

/** Like Promise.all over `items`, with at most `limit` running. */
async function mapBounded<T, R>(
  items: readonly T[],
  limit: number,
  run: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await run(item, index);
  };
  await Promise.all(Array.from({ length: limit }, worker));
  return results;
}
