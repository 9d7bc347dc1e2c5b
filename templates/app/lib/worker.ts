// create-edge-ai 0.1.0
import { serveSelf } from "./platform.cloudflare.ts";

/** What all of api/, and what of vercel.json a Worker needs, become: `edge-ai build --target cloudflare` writes it. */
export interface App {
  /** Path → module, with [segments] and all. */
  functions: Readonly<Record<string, unknown>>;
  /** Tried in order where there is no function of that path: a regular expression, and the path and query that it means. */
  rewrites: readonly (readonly [source: string, destination: string])[];
  /** When to ask for which path, with the schedule as Cloudflare says it. */
  crons: readonly { schedule: string; path: string }[];
}

type Handler = (request: Request) => Promise<Response> | Response;

/** The Worker that serves an app: the functions by their paths, as on Vercel, and the crons. */
export function workerOf({ functions, rewrites, crons }: App): object {
  const handlers = new Map(Object.entries(functions).map(([path, module]) => [path, handlerOf(path, module)]));
  const rules = rewrites.map(([source, destination]) => ({ source: new RegExp(source), destination }));

  async function answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const added = new URLSearchParams();
    let path = pathOf(url);
    let handler = handlers.get(path);
    for (const { source, destination } of rules) {
      if (handler !== undefined) break;
      const match = source.exec(path);
      if (match === null) continue;
      const [to = "", query] = fill(destination, match).split("?");
      for (const [name, value] of new URLSearchParams(query)) added.append(name, value);
      path = to;
      handler = handlers.get(path);
    }
    if (handler === undefined) return errorOf(404, "not_found", `there is nothing at ${url.pathname}`);
    return handler(withQuery(request, url, added));
  }

  async function fetch(request: Request): Promise<Response> {
    try {
      return await answer(request);
    } catch (error) {
      console.error(error);
      return errorOf(500, "internal_error", "the server failed");
    }
  }

  serveSelf(fetch);
  return {
    fetch,
    /** Asks as Vercel's crons do: GET, with CRON_SECRET when there is one. What is not 2xx has failed. */
    async scheduled({ cron }: { cron: string }): Promise<void> {
      const secret = process.env.CRON_SECRET ?? "";
      const headers = { "user-agent": "cloudflare-cron", ...(secret !== "" && { authorization: `Bearer ${secret}` }) };
      const due = crons.filter(({ schedule }) => schedule === cron);
      if (due.length === 0) throw new Error(`vercel.json has no cron with the schedule ${cron}`);
      const work = due.map(async ({ path }) => {
        // The host is never looked up: the Worker asks itself.
        const response = await fetch(new Request(new URL(path, "https://worker.invalid"), { headers }));
        await response.body?.cancel();
        if (!response.ok) throw new Error(`${path} answered ${response.status}`);
      });
      const failed = (await Promise.allSettled(work)).find((each) => each.status === "rejected");
      if (failed !== undefined) throw failed.reason;
    },
  };
}

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** What answers in a module: its functions named like methods, and `fetch` for all others, exported by name or as default. */
function handlerOf(path: string, module: unknown): Handler {
  const owner = read(module, "default") ?? module;
  const named = new Map(METHODS.map((method) => [method, read(module, method) ?? read(owner, method)]));
  const rest = read(module, "fetch") ?? read(owner, "fetch");
  if (!isHandler(rest) && ![...named.values()].some(isHandler)) {
    throw new Error(
      `${path}: a Worker needs \`fetch\` or functions named like methods; (request, response) is Node.js'`,
    );
  }
  return (request) => {
    const handler = named.get(request.method) ?? rest ?? (request.method === "HEAD" ? named.get("GET") : undefined);
    return isHandler(handler) ? handler.call(owner, request) : errorOf(405, "method_not_allowed", "use another method");
  };
}

function read(owner: unknown, name: string): unknown {
  if (typeof owner !== "object" && typeof owner !== "function") return undefined;
  return owner === null ? undefined : Reflect.get(owner, name);
}

function isHandler(value: unknown): value is Handler {
  return typeof value === "function";
}

/** Functions have no slash at their end, but a path may. */
function pathOf({ pathname }: URL): string {
  return pathname.length > 1 ? pathname.replace(/\/$/, "") : pathname;
}

function fill(destination: string, match: RegExpExecArray): string {
  const captures = new Map(Object.entries({ ...match.groups, ...Object.fromEntries(match.entries()) }));
  return destination.replaceAll(/\$(\d+|[a-z]\w*)/gi, (_, name: string) => captures.get(name) ?? "");
}

/** The request, whose path stays and whose query gets what a rewrite adds. A parameter of the caller's wins. */
function withQuery(request: Request, url: URL, added: URLSearchParams): Request {
  const fresh = [...added].filter(([name]) => !url.searchParams.has(name));
  if (fresh.length === 0) return request;
  const changed = new URL(url);
  for (const [name, value] of fresh) changed.searchParams.append(name, value);
  return new Request(changed, request);
}

function errorOf(status: number, code: string, message: string): Response {
  const type = status >= 500 ? "server_error" : "invalid_request_error";
  const headers = { "cache-control": "no-store" };
  return Response.json({ error: { message, type, param: null, code } }, { status, headers });
}
