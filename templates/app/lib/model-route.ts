// create-edge-ai 0.1.0
import { Call, type Handle } from "./call.ts";
import { checkCron } from "./cron.ts";
import { HttpError, isRecord, readJson, route, type Handler } from "./http.ts";
import { options } from "./options.ts";
import { isProduction } from "./platform.ts";
import { deepReport } from "./reports.ts";

/**
 * A route to a model: `POST` with a JSON body, through the options. Each function has instances of its own, so two things
 * can be asked only here: `GET ?deep=1` tells how this instance is, to whom the options let through, and `GET ?warm=1`
 * makes it ready for its first call.
 * @param warm opens what a first call would have to wait for
 */
export function modelRoute(handle: Handle, warm?: () => Promise<Response>): { fetch: Handler } {
  return route(["POST"], async (request) => serve(new Call(request, parse(await readJson(request))), handle), {
    GET(request) {
      const query = new URL(request.url).searchParams;
      if (query.get("deep") === "1") return deep(request);
      if (query.get("warm") !== "1" || warm === undefined) return null;
      checkCron(request);
      return warm();
    },
  });
}

async function serve(call: Call, handle: Handle, passed = options): Promise<Response> {
  const chain = passed.reduceRight<Handle>((next, option) => (each) => option.run(each, next), handle);
  try {
    return await chain(call);
  } catch (error) {
    call.isStreaming = false;
    call.facts.errorCode ??= error instanceof HttpError ? error.code : "internal_error";
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
  return serve(new Call(request, {}), report, auth);
}

async function report(): Promise<Response> {
  return Response.json({ version: 1, ...(await deepReport()) }, { headers: { "cache-control": "no-store" } });
}

function parse(body: unknown): Record<string, unknown> {
  if (!isRecord(body)) throw new HttpError(400, "invalid_body", "the body has to be a JSON object");
  return body;
}
