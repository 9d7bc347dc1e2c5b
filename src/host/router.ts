import { testCondition, type Captures, type RouteRequest } from "./conditions.ts";
import type { CompiledRoute, Phase, RouteTable } from "./route-table.ts";

/** Headers for the answer, lower-case. `important` ones win over what a function sets. */
export interface RouteHeaders {
  normal: Record<string, string>;
  important: Record<string, string>;
}

/** Where a request goes. */
export type Routed = { headers: RouteHeaders } & (
  | { kind: "output"; path: string; query: string; status: number | undefined }
  | { kind: "redirect"; status: number; location: string }
  | { kind: "external"; url: string }
  | { kind: "error"; status: number }
);

/** Says whether a percent-encoded path is a static file or a function. */
export type Exists = (path: string) => boolean;

/** One request on its way through the phases; routes move `path` and collect the rest. */
interface Walk {
  readonly table: RouteTable;
  readonly request: RouteRequest;
  readonly exists: Exists;
  path: string;
  query: string;
  status: number | undefined;
  headers: RouteHeaders;
}

const order = ["start", "filesystem", "rewrite", "resource", "miss"] as const satisfies Phase[];

/**
 * Sends a request through the routes of a Build Output v3 config.json. Each phase runs at most once, so no set of
 * routes can loop; a route with `check` whose destination does not exist goes on with the routes after it.
 */
export function route(table: RouteTable, request: RouteRequest, exists: Exists): Routed {
  const { path, query } = request;
  const walk: Walk = { table, request, exists, path, query, status: undefined, headers: { normal: {}, important: {} } };
  for (const phase of order) {
    const end = runPhase(phase, walk);
    if (typeof end === "object") return end;
    if (exists(walk.path)) return hit(walk);
    if (end === "stop") break;
  }
  return fail(walk, walk.status !== undefined && walk.status >= 400 ? walk.status : 404);
}

/** @returns an end, or `stop` when the path is final, or `next` for the next phase */
function runPhase(phase: Phase, walk: Walk): Routed | "stop" | "next" {
  for (const { source, captures } of matching(walk.table[phase], walk)) {
    apply(source, captures, walk);
    const location = walk.headers.normal["location"];
    if (location !== undefined && walk.status !== undefined && walk.status >= 300 && walk.status < 400)
      return redirect(walk, walk.status, location);
    if (isUrl(walk.path))
      return { kind: "external", url: addQuery(walk.path, walk.request.query), headers: walk.headers };
    if (source.continue === true) continue;
    if (source.dest === undefined && (source.status ?? 0) >= 400) return fail(walk, source.status ?? 404);
    if (source.check !== true || walk.exists(walk.path)) return "stop";
  }
  return "next";
}

/** The path exists: the `hit` routes may add headers. */
function hit(walk: Walk): Routed {
  for (const { source, captures } of matching(walk.table.hit, walk)) {
    applyHeaders(source, captures, walk.headers);
    if (source.continue !== true) break;
  }
  return { kind: "output", path: walk.path, query: walk.query, status: walk.status, headers: walk.headers };
}

/** Nothing answers: the `error` routes may name a page, like a 404.html. */
function fail(walk: Walk, status: number): Routed {
  for (const { source, captures } of matching(walk.table.error, walk)) {
    if (source.status !== undefined && source.status !== status) continue;
    apply(source, captures, walk);
    if (source.continue === true) continue;
    if (source.dest !== undefined && walk.exists(walk.path))
      return { kind: "output", path: walk.path, query: walk.query, status, headers: walk.headers };
    break;
  }
  return { kind: "error", status, headers: walk.headers };
}

/** The routes that match, each tested when its turn comes: the ones before it may have moved the path. */
function* matching(routes: CompiledRoute[], walk: Walk) {
  for (const { source, pattern } of routes) {
    if (source.methods !== undefined && !source.methods.includes(walk.request.method)) continue;
    const match = pattern.exec(walk.path);
    if (match === null) continue;
    const found = (source.has ?? []).map((condition) => testCondition(condition, walk.request));
    if (found.includes(undefined)) continue;
    if (source.missing?.some((condition) => testCondition(condition, walk.request) !== undefined)) continue;
    yield { source, captures: collect(found, match) };
  }
}

/** Captures of the conditions, then of the pattern by name and by number. */
function collect(found: (Captures | undefined)[], match: RegExpExecArray): Captures {
  const captures: Captures = {};
  for (const named of found) Object.assign(captures, named);
  return Object.assign(captures, match.groups, [...match]);
}

function apply(source: CompiledRoute["source"], captures: Captures, walk: Walk): void {
  applyHeaders(source, captures, walk.headers);
  walk.status = source.status ?? walk.status;
  if (source.dest === undefined) return;
  const [path = "", query] = splitOnce(source.dest, "?");
  const destPath = fill(path, captures);
  walk.path = isUrl(destPath) || destPath.startsWith("/") ? destPath : `/${destPath}`;
  if (query === undefined) return;
  const destQuery = fill(query, captures, (value) => value.replaceAll(/[&+#]/g, encodeURIComponent));
  if (isUrl(walk.path)) walk.path = `${walk.path}?${destQuery}`;
  else walk.query = mergeQueries(destQuery, walk.query);
}

function applyHeaders(
  { headers = {}, important }: CompiledRoute["source"],
  captures: Captures,
  to: RouteHeaders,
): void {
  for (const [name, value] of Object.entries(headers)) {
    to.normal[name.toLowerCase()] = fill(value, captures);
    if (important === true) to.important[name.toLowerCase()] = fill(value, captures);
  }
}

function redirect(walk: Walk, status: number, location: string): Routed {
  const headers = { normal: { ...walk.headers.normal }, important: walk.headers.important };
  delete headers.normal["location"];
  return { kind: "redirect", status, location: addQuery(location, walk.request.query), headers };
}

/** Replaces `$1` and `$name`; what was not captured becomes nothing. */
function fill(text: string, captures: Captures, escape = (value: string) => value): string {
  return text.replaceAll(/\$(\d+|[a-z]\w*)/gi, (_, name: string) => escape(captures[name] ?? ""));
}

/** Adds the request's query to a URL that may have one. */
function addQuery(url: string, query: string): string {
  if (query === "") return url;
  const [path = "", own = ""] = splitOnce(url, "?");
  return `${path}?${mergeQueries(own, query)}`;
}

/** A parameter of the request wins over one of the destination, as in `vercel dev` (devRouter in the CLI). */
function mergeQueries(destination: string, request: string): string {
  if (destination === "") return request;
  const merged = new URLSearchParams(destination);
  const asked = new URLSearchParams(request);
  for (const name of new Set(asked.keys())) merged.delete(name);
  for (const [name, value] of asked) merged.append(name, value);
  return merged.toString();
}

function isUrl(path: string): boolean {
  return /^https?:\/\//.test(path);
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}
