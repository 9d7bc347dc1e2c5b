import type { IncomingMessage } from "node:http";
import type * as z from "zod";
import { ApiError } from "./api-error.ts";
import type { Platform } from "./platform.ts";

/** 50,000 files in one deployment are 8 MB of JSON. */
const MAX_JSON_BYTES = 16 * 1024 * 1024;

/** One request, understood as far as all endpoints need it. */
export interface Call {
  request: IncomingMessage;
  /** What stands for `:name` in the endpoint's path. */
  param: (name: string) => string;
  query: URLSearchParams;
  /** Whose projects it is about. */
  teamId: string;
}

export interface Reply {
  status: number;
  body: object;
  /** Instead of the body, for an answer that is no JSON document. */
  text?: string;
}

export type Handler = (platform: Platform, call: Call) => Reply | Promise<Reply>;

export function ok(body: object): Reply {
  return { status: 200, body };
}

/** @throws ApiError 400 when the body is not what the endpoint takes, 413 when there is too much of it */
export async function readJson<T>({ request }: Call, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse(parseJson(await readBody(request)));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `\`${path.join(".")}\` ${message}`);
  throw new ApiError(400, "bad_request", `Invalid request: ${problems.join("; ")}`);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_JSON_BYTES) chunks.push(chunk);
  });
  await new Promise<void>((resolve, reject) => {
    request.once("end", resolve).once("error", reject);
  });
  if (bytes > MAX_JSON_BYTES) throw new ApiError(413, "payload_too_large", `${bytes} bytes of JSON are too many`);
  return Buffer.concat(chunks).toString("utf8");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text === "" ? "{}" : text);
  } catch {
    throw new ApiError(400, "bad_request", "Invalid JSON");
  }
}
