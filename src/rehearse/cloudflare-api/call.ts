import type { IncomingMessage } from "node:http";
import type * as z from "zod";
import { ApiError } from "./api-error.ts";
import type { Platform } from "./platform.ts";

/** A Worker may have 64 MiB, and its assets come in files of up to 25 MiB, in base64, several at once. */
const MAX_BODY_BYTES = 192 * 1024 * 1024;

/** One request, understood as far as all endpoints need it. */
export interface Call {
  request: IncomingMessage;
  /** What stands for `:name` in the endpoint's path. */
  param: (name: string) => string;
  query: URLSearchParams;
}

export interface Reply {
  status: number;
  result: unknown;
  /** Of lists that come in pages. */
  resultInfo?: Readonly<Record<string, number>>;
}

export type Handler = (platform: Platform, call: Call) => Reply | Promise<Reply>;

export function ok(result: unknown): Reply {
  return { status: 200, result };
}

/** A list of which this is all. */
export function wholeList(result: readonly unknown[]): Reply {
  const count = result.length;
  return { status: 200, result, resultInfo: { page: 1, per_page: 50, count, total_count: count, total_pages: 1 } };
}

/** @throws ApiError 400 when the body is not what the endpoint takes */
export async function readJson<T>(call: Call, schema: z.ZodType<T>): Promise<T> {
  return parseJson((await readBody(call)).toString("utf8"), schema);
}

/** @throws ApiError 400 when the text is not what the schema says */
export function parseJson<T>(text: string, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(valueOf(text));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`);
  throw new ApiError(400, 10026, `Could not parse your request: ${problems.join("; ")}`);
}

/** @throws ApiError 413 when there is too much of it */
async function readBody({ request }: Call): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  });
  await new Promise<void>((resolve, reject) => {
    request.once("end", resolve).once("error", reject);
  });
  if (bytes > MAX_BODY_BYTES) throw new ApiError(413, 10027, `${bytes} bytes are too many`);
  return Buffer.concat(chunks);
}

/** @throws ApiError 400 when the body is no multipart form */
export async function readForm(call: Call): Promise<FormData> {
  const contentType = call.request.headers["content-type"] ?? "";
  const body = await readBody(call);
  // A copy of the bytes: a Buffer may be a window into a larger one, which is not what a Response takes.
  const response = new Response(new Uint8Array(body), { headers: { "content-type": contentType } });
  return response.formData().catch((error: unknown) => {
    throw new ApiError(400, 10026, `Could not parse your request: ${String(error)}`);
  });
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text === "" ? "{}" : text);
  } catch {
    throw new ApiError(400, 10026, "Could not parse your request: it is not JSON");
  }
}
