// create-edge-ai 0.1.0
import { Call, type Handle } from "./call.ts";
import { HttpError, isRecord, readJson, route, type Handler } from "./http.ts";
import { options } from "./options.ts";
import { isProduction } from "./platform.ts";
import { deepReport } from "./reports.ts";

/**
 * A route to a model: `POST` with a JSON body, through the options. `GET ?deep=1` tells how this instance is, to whom the
 * options let through; each function has instances of its own, so there is no other place that could know.
 */
export function modelRoute(handle: Handle): { fetch: Handler } {
  return route(["POST"], async (request) => serve(new Call(request, parse(await readJson(request))), handle), {
    GET: (request) => (new URL(request.url).searchParams.get("deep") === "1" ? deep(request) : null),
  });
}

async function serve(call: Call, handle: Handle, passed = options): Promise<Response> {
  const chain = passed.reduceRight<Handle>((next, option) => (each) => option.run(each, next), handle);
  try {
    return await chain(call);
  } catch (error) {
    call.isStreaming = false;
    throw error;
  } finally {
    if (!call.isStreaming) call.end();
  }
}

function deep(request: Request): Promise<Response> {
  const auth = options.filter(({ name }) => name === "auth");
  if (auth.length === 0 && isProduction) {
    throw new HttpError(403, "forbidden", "in production this needs a key: npx --no-install edge-ai add auth");
  }
  const answer = async (): Promise<Response> =>
    Response.json({ version: 1, ...(await deepReport()) }, { headers: { "cache-control": "no-store" } });
  return serve(new Call(request, {}), answer, auth);
}

function parse(body: unknown): Record<string, unknown> {
  if (!isRecord(body)) throw new HttpError(400, "invalid_body", "the body has to be a JSON object");
  return body;
}
