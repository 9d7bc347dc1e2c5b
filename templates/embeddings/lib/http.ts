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

/** Wraps a handler: only `methods` get in, an `HttpError` becomes its answer, anything else a 500 without details. */
export function route(methods: readonly string[], handler: Handler): { fetch: Handler } {
  return {
    async fetch(request) {
      try {
        if (!methods.includes(request.method)) {
          throw new HttpError(405, "method_not_allowed", `use ${methods.join(" or ")}`, { allow: methods.join(", ") });
        }
        return await handler(request);
      } catch (error) {
        return errorResponse(error);
      }
    },
  };
}

/** The JSON body of a request, as unknown: the caller checks it. */
export async function readJson(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch {
    throw new HttpError(400, "invalid_json", "the body is not valid JSON");
  }
}

/** True for an object that is not an array: something whose keys can be read. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function errorResponse(error: unknown): Response {
  const known = error instanceof HttpError;
  if (!known) console.error(error);
  const status = known ? error.status : 500;
  const body = {
    message: known ? error.message : "the server failed",
    type: status >= 500 ? "server_error" : "invalid_request_error",
    param: null,
    code: known ? error.code : "internal_error",
  };
  return Response.json(
    { error: body },
    { status, headers: { "cache-control": "no-store", ...(known && error.headers) } },
  );
}
