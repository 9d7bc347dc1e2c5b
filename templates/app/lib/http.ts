// create-edge-ai 0.1.0
/** A problem the caller can understand; its body has the shape of OpenAI's errors. */
export class HttpError extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Record<string, string>;

  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export type Handler = (request: Request) => Promise<Response> | Response;

/** Most bytes of a body. Vercel itself refuses more than 4.5 MB; elsewhere this does. */
const MAX_BODY_BYTES = 4_500_000;
/** Of objects and lists within each other. What can be parsed cannot always be written again: that overflows the stack. */
const MAX_DEPTH = 64;

/**
 * Wraps a handler: only `methods` get in, an `HttpError` becomes its answer, anything else a 500 without details.
 * @param others answers to other methods; null means that there is none
 */
export function route(
  methods: readonly string[],
  handler: Handler,
  others: Record<string, (request: Request) => ReturnType<Handler> | null> = {},
): { fetch: Handler } {
  return {
    async fetch(request) {
      try {
        if (methods.includes(request.method)) return await handler(request);
        const answer = await others[request.method]?.(request);
        if (answer) return answer;
        throw new HttpError(405, "method_not_allowed", `use ${methods.join(" or ")}`, { allow: methods.join(", ") });
      } catch (error) {
        return errorResponse(error);
      }
    },
  };
}

/** The JSON body of a request, as unknown: the caller checks it. */
export async function readJson(request: Request): Promise<unknown> {
  const tooLarge = (): Error => new HttpError(413, "body_too_large", `the body has more than ${MAX_BODY_BYTES} bytes`);
  const bytes = await readBytes(request.body, MAX_BODY_BYTES, tooLarge);
  if (isDeeper(bytes, MAX_DEPTH))
    throw new HttpError(400, "invalid_json", `the body is nested more than ${MAX_DEPTH} deep`);
  const json = parseJson(bytes.toString());
  if (json === undefined) throw new HttpError(400, "invalid_json", "the body is not valid JSON");
  return json;
}

/** All bytes of a body. @throws what `tooLarge` makes, as soon as there are more than `maxBytes`; the rest is not read */
export async function readBytes(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  tooLarge: () => Error,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What a JSON text says; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Looks at the text: to parse a million brackets takes seconds. What is no JSON at all may give any answer. */
function isDeeper(json: Buffer, maxDepth: number): boolean {
  let depth = 0;
  let isInString = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === QUOTE) isInString = !isInString;
    else if (isInString) at += byte === BACKSLASH ? 1 : 0;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) depth += 1;
    else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth -= 1;
    if (depth > maxDepth) return true;
  }
  return false;
}
const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = Buffer.from('"\\[]{}');

/** True for an object that is not an array: something whose keys can be read. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What an error is answered with, in the shape of OpenAI's. */
function errorResponse(error: unknown): Response {
  const known = error instanceof HttpError ? error : null;
  if (known === null) console.error(error);
  return Response.json(errorBody(error), {
    status: known?.status ?? 500,
    headers: { "cache-control": "no-store", ...known?.headers },
  });
}

/** An error as a body, or as the data of an event: OpenAI's shape. What is not an HttpError has no details. */
export function errorBody(error: unknown): object {
  const { status, code, message } =
    error instanceof HttpError ? error : { status: 500, code: "internal_error", message: "the server failed" };
  const type = status >= 500 ? "server_error" : "invalid_request_error";
  return { error: { message, type, param: null, code } };
}
