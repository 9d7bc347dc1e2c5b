import type { IncomingMessage, ServerResponse } from "node:http";
import { withContext } from "./context.ts";
import { RequestError } from "./parse-request.ts";
import { printError } from "./print-error.ts";
import { FAILED_HEADER } from "./settings.ts";

/** A Node.js handler, as the function has it or made around web handlers. */
export type Listener = (req: IncomingMessage, res: ServerResponse) => unknown;

/** Runs the handler for one request. What it throws ends this request and no other. */
export async function serve(listener: Listener, req: IncomingMessage, res: ServerResponse): Promise<void> {
  try {
    await withContext(req, () => listener(req, res));
  } catch (error) {
    // A client that left is no fault of the handler.
    if (res.destroyed) return;
    if (error instanceof RequestError && !res.headersSent) return sendRequestError(res, error);
    printError(error);
    fail(res);
  }
}

function sendRequestError(res: ServerResponse, error: RequestError): void {
  res.statusCode = error.status;
  res.setHeader("content-type", "text/plain; charset=utf-8");
  res.end(error.message);
}

/** The host answers with the platform's error, or cuts the stream when it has begun. */
function fail(res: ServerResponse): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  for (const name of res.getHeaderNames()) res.removeHeader(name);
  res.writeHead(500, { [FAILED_HEADER]: "1", "content-length": 0 }).end();
}
