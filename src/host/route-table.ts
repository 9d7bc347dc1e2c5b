import { CliError, messageOf } from "../errors.ts";
import type { OutputConfig, SourceRoute } from "./output-schema.ts";

/** Where a route stands: before any `handle`, or after the one with this name. */
export type Phase = "start" | "filesystem" | "rewrite" | "resource" | "miss" | "hit" | "error";

export interface CompiledRoute {
  source: SourceRoute;
  pattern: RegExp;
}

export type RouteTable = Record<Phase, CompiledRoute[]>;

/** Route keys of the platform that are not run here; a route with one works but for that. */
const notSupported = ["middlewarePath", "transforms", "mitigate", "locale", "middleware"];

/**
 * Sorts the routes of config.json into phases and compiles their patterns.
 * @throws CliError BAD_CONFIG when a `src` is not a regular expression that JavaScript can read
 */
export function compileRoutes(routes: OutputConfig["routes"]): { table: RouteTable; warnings: string[] } {
  const table: RouteTable = { start: [], filesystem: [], rewrite: [], resource: [], miss: [], hit: [], error: [] };
  const warnings: string[] = [];
  let phase: Phase = "start";
  for (const [index, route] of routes.entries()) {
    if (isSource(route)) {
      table[phase].push({ source: route, pattern: compilePattern(route, index) });
      for (const key of notSupported.filter((name) => name in route))
        warnings.push(`routes[${index}] of config.json uses ${key}, which does nothing here`);
    } else phase = route.handle;
  }
  return { table, warnings };
}

function isSource(route: OutputConfig["routes"][number]): route is SourceRoute {
  return "src" in route;
}

/** Anchored at both ends, the way @vercel/routing-utils normalizes a route. */
function compilePattern({ src, caseSensitive }: SourceRoute, index: number): RegExp {
  const start = src.startsWith("^") ? "" : "^";
  const end = src.endsWith("$") ? "" : "$";
  try {
    return new RegExp(`${start}${src}${end}`, caseSensitive === true ? "" : "i");
  } catch (error) {
    throw new CliError("BAD_CONFIG", `routes[${index}] of config.json: ${messageOf(error)}`, {
      hint: `write src ${JSON.stringify(src)} as a regular expression that JavaScript can read`,
      cause: error,
    });
  }
}
