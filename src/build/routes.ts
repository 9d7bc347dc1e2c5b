import { getTransformedRoutes, type Route } from "@vercel/routing-utils";
import { CliError } from "../errors.ts";
import { dynamicRoute, type FunctionSource } from "./functions.ts";
import type { VercelJson } from "./vercel-json.ts";

/**
 * The routes of .vercel/output/config.json: redirects and headers, files, rewrites, functions with [segments], 404s.
 * The order is the one `vercel build` writes (58.4.4, read off its output).
 * @throws CliError BAD_CONFIG when a rewrite, redirect or header is not valid
 */
export function buildRoutes(vercelJson: VercelJson, functions: readonly FunctionSource[]): Route[] {
  const { rewrites, redirects, headers, cleanUrls, trailingSlash } = vercelJson;
  const { routes, error } = getTransformedRoutes({
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked by getTransformedRoutes itself, against its own JSON schemas
    ...({ rewrites, redirects, headers, cleanUrls, trailingSlash } as Parameters<typeof getTransformedRoutes>[0]),
  });
  if (error !== null) {
    throw new CliError("BAD_CONFIG", `vercel.json: ${[error.message, ...(error.errors ?? [])].join("; ")}`, {
      hint: error.link ?? "correct vercel.json",
    });
  }
  const own = routes ?? [];
  const filesystem: Route[] = own.some((route) => "handle" in route && route.handle === "filesystem")
    ? []
    : [{ handle: "filesystem" }];
  const dynamic = functions.map(({ route }) => dynamicRoute(route)).filter((route) => route !== undefined);
  return [
    ...own,
    ...filesystem,
    ...dynamic,
    { src: "^/api(/.*)?$", status: 404 },
    { handle: "error" },
    { status: 404, src: "^(?!/api).*$", dest: "/404.html" },
  ];
}
