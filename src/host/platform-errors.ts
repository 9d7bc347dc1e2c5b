import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * Vercel's own errors, as seen on the wire: text, the code, the id of the request.
 * Codes: vercel.com/docs/errors. Texts: the map in the CLI's dev server, and answers of production.
 */
const platformErrors = {
  BAD_REQUEST: { status: 400, text: "Bad request" },
  NOT_FOUND: { status: 404, text: "The page could not be found" },
  METHOD_NOT_ALLOWED: { status: 405, text: "Method not allowed" },
  FUNCTION_PAYLOAD_TOO_LARGE: { status: 413, text: "Request Entity Too Large" },
  FUNCTION_INVOCATION_FAILED: { status: 500, text: "A server error has occurred" },
  ROUTER_EXTERNAL_TARGET_ERROR: { status: 502, text: "An error occurred with your deployment" },
  FUNCTION_INVOCATION_TIMEOUT: { status: 504, text: "An error occurred with your deployment" },
} as const satisfies Record<string, { status: number; text: string }>;

export type PlatformErrorCode = keyof typeof platformErrors;

/** What the platform says with every answer (vercel.com/docs/headers/response-headers), unless the answer says it. */
export function platformHeaders(requestId: string) {
  return {
    "cache-control": "public, max-age=0, must-revalidate",
    server: "Vercel",
    "x-vercel-cache": "MISS",
    "x-vercel-id": requestId,
  };
}

/** Answers with one of Vercel's errors: as JSON when the client asks for that and not for HTML, else as text. */
export function sendPlatformError(
  req: IncomingMessage,
  res: ServerResponse,
  code: PlatformErrorCode,
  requestId: string,
): void {
  const { status, text } = platformErrors[code];
  const accept = req.headers.accept ?? "";
  const json = accept.includes("application/json") && !accept.includes("text/html");
  const body = json
    ? JSON.stringify({ error: { code: String(status), message: text } })
    : `${text}\n\n${code}\n\n${requestId}\n`;
  for (const [name, value] of Object.entries(platformHeaders(requestId))) res.setHeader(name, value);
  res.setHeader("x-vercel-error", code);
  sendText(res, status, body, json ? "application/json; charset=utf-8" : undefined);
}

/** Answers with a short text. */
export function sendText(
  res: ServerResponse,
  status: number,
  body: string,
  contentType = "text/plain; charset=utf-8",
): void {
  res.statusCode = status;
  res.setHeader("content-type", contentType);
  res.setHeader("content-length", Buffer.byteLength(body));
  res.end(body);
}
