import { expect, test } from "vitest";
import type { RouteRequest } from "../../../src/host/conditions.ts";
import { outputConfigSchema } from "../../../src/host/output-schema.ts";
import { compileRoutes } from "../../../src/host/route-table.ts";
import { route, type Routed } from "../../../src/host/router.ts";

const files = new Set(["/", "/about", "/404", "/api/a", "/api/item/[id]", "/moved", "/other"]);

function run(routes: object[], target: string, request: Partial<RouteRequest> = {}): Routed {
  const [path = "/", query = ""] = target.split("?");
  const { table } = compileRoutes(outputConfigSchema.parse({ version: 3, routes }).routes);
  const asked = { method: "GET", headers: { host: "localhost:1" }, path, query, ...request };
  return route(table, asked, (file) => files.has(file));
}

/** The short form of where a request went. */
function end(routed: Routed): string {
  const forms = {
    output: (to: Extract<Routed, { kind: "output" }>) =>
      `${to.status ?? 200} ${to.path}${to.query === "" ? "" : `?${to.query}`}`,
    redirect: (to: Extract<Routed, { kind: "redirect" }>) => `${to.status} -> ${to.location}`,
    external: (to: Extract<Routed, { kind: "external" }>) => `to ${to.url}`,
    error: (to: Extract<Routed, { kind: "error" }>) => `error ${to.status}`,
  };
  if (routed.kind === "output") return forms.output(routed);
  if (routed.kind === "redirect") return forms.redirect(routed);
  return routed.kind === "external" ? forms.external(routed) : forms.error(routed);
}

const fs = { handle: "filesystem" };
const dynamic = { src: "^/api/item/([^/]+)$", dest: "/api/item/[id]?id=$1", check: true };
const page404 = [{ handle: "error" }, { status: 404, src: "^(?!/api).*$", dest: "/404" }];

test.each<[string, object[], string, string]>([
  ["a file without any route", [], "/about?x=1", "200 /about?x=1"],
  ["nothing there", [], "/nope", "error 404"],
  ["dest is final, file or not", [{ src: "/x", dest: "/about" }], "/x", "200 /about"],
  [
    "dest without a file is 404, later routes or not",
    [{ src: "/x", dest: "/no" }, fs, { src: "/no", dest: "/about" }],
    "/x",
    "error 404",
  ],
  ["a route before the filesystem hides a file", [{ src: "/about", dest: "/other" }], "/about", "200 /other"],
  ["a route after the filesystem does not", [fs, { src: "/about", dest: "/other" }], "/about", "200 /about"],
  ["src is the whole path", [{ src: "/x", dest: "/about" }], "/x/y", "error 404"],
  ["src ignores case", [{ src: "/X", dest: "/about" }], "/x", "200 /about"],
  ["caseSensitive", [{ src: "/X", dest: "/about", caseSensitive: true }], "/x", "error 404"],
  [
    "continue goes on with the new path",
    [
      { src: "/x", dest: "/y", continue: true },
      { src: "/y", dest: "/about" },
    ],
    "/x",
    "200 /about",
  ],
  [
    "check goes on when there is no file",
    [fs, { src: "^/v1/(.*)$", dest: "/api/$1", check: true }, dynamic],
    "/v1/item/7",
    "200 /api/item/[id]?id=7",
  ],
  [
    "check ends when there is one",
    [fs, { src: "^/v1/(.*)$", dest: "/api/$1", check: true }, { src: "/api/a", status: 404 }],
    "/v1/a",
    "200 /api/a",
  ],
  [
    "two rewrites into each other end",
    [fs, { src: "/p", dest: "/q", check: true }, { src: "/q", dest: "/p", check: true }],
    "/p",
    "error 404",
  ],
  ["captures keep + and & in a query", [fs, dynamic], "/api/item/a+b&id=2", "200 /api/item/[id]?id=a%2Bb%26id%3D2"],
  [
    "queries are merged, the request's wins",
    [{ src: "/x", dest: "/about?a=1&b=2" }],
    "/x?b=3&c=4",
    "200 /about?a=1&b=3&c=4",
  ],
  ["named captures", [{ src: "^/(?<name>\\w+)/x$", dest: "/$name" }], "/about/x", "200 /about"],
  ["a capture that is not there is nothing", [{ src: "^/x(?:/(\\w+))?$", dest: "/about$1" }], "/x", "200 /about"],
  [
    "redirect",
    [{ src: "^/old/(.*)$", headers: { Location: "/new/$1" }, status: 308 }],
    "/old/a?b=1",
    "308 -> /new/a?b=1",
  ],
  ["status without dest is an error", [{ src: "/about", status: 403 }], "/about", "error 403"],
  ["status and dest", [fs, { src: "/.*", status: 404, dest: "/404" }], "/nope", "404 /404"],
  ["error phase", [fs, ...page404], "/nope", "404 /404"],
  ["error phase that does not match", [fs, { src: "^/api(/.*)?$", status: 404 }, ...page404], "/api/nope", "error 404"],
  [
    "error phase of another status",
    [{ src: "/x", status: 403 }, { handle: "error" }, { status: 404, src: "/.*", dest: "/404" }],
    "/x",
    "error 403",
  ],
  [
    "a URL leaves",
    [fs, { src: "^/ext/(.*)$", dest: "https://example.com/$1?k=1", check: true }],
    "/ext/a?q=2",
    "to https://example.com/a?k=1&q=2",
  ],
  [
    "phases: rewrite before resource before miss",
    [
      fs,
      { handle: "miss" },
      { src: "/x", dest: "/about" },
      { handle: "resource" },
      { src: "/x", dest: "/moved" },
      { handle: "rewrite" },
      { src: "/x", dest: "/other" },
    ],
    "/x",
    "200 /other",
  ],
])("%s", (_, routes, target, expected) => {
  expect(end(run(routes, target))).toBe(expected);
});

test.each<[string, object, Partial<RouteRequest>, string]>([
  ["methods", { methods: ["POST"] }, { method: "POST" }, "200 /about"],
  ["other methods", { methods: ["POST"] }, { method: "GET" }, "error 404"],
  [
    "has header",
    { has: [{ type: "header", key: "X-A", value: "on|yes" }] },
    { headers: { "x-a": "yes" } },
    "200 /about",
  ],
  [
    "has header, whole value",
    { has: [{ type: "header", key: "x-a", value: "yes" }] },
    { headers: { "x-a": "yes!" } },
    "error 404",
  ],
  [
    "has cookie",
    { has: [{ type: "cookie", key: "b", value: "2" }] },
    { headers: { cookie: "a=1; b=2" } },
    "200 /about",
  ],
  ["has query", { has: [{ type: "query", key: "q" }] }, { query: "q=" }, "200 /about"],
  ["has host without its port", { has: [{ type: "host", value: "localhost" }] }, {}, "200 /about"],
  [
    "all of has",
    {
      has: [
        { type: "host", value: "localhost" },
        { type: "query", key: "q" },
      ],
    },
    {},
    "error 404",
  ],
  ["missing", { missing: [{ type: "query", key: "q" }] }, {}, "200 /about"],
  ["not missing", { missing: [{ type: "query", key: "q" }] }, { query: "q=1" }, "error 404"],
  [
    "operators hold",
    { has: [{ type: "header", key: "n", value: { gte: 2, lt: 5 } }] },
    { headers: { n: "2" } },
    "200 /about",
  ],
  [
    "operators do not",
    { has: [{ type: "header", key: "n", value: { pre: "a", neq: "ab" } }] },
    { headers: { n: "ab" } },
    "error 404",
  ],
])("%s", (_, conditions, request, expected) => {
  expect(end(run([{ src: "/x", dest: "/about", ...conditions }], "/x", request)).replace(/\?.*/, "")).toBe(expected);
});

test("captures of conditions fill dest", () => {
  const has = [{ type: "host", value: "(?<tenant>\\w+)\\.test" }];
  const routed = run([{ src: "/x", dest: "/about?t=$tenant", has }], "/x", { headers: { host: "acme.test:80" } });
  expect(end(routed)).toBe("200 /about?t=acme");
});

test("headers are collected on the way, filled, and important ones kept apart", () => {
  const routed = run(
    [
      { src: "^/(.*)$", headers: { "X-A": "$1", "X-B": "1" }, continue: true },
      { src: "/about", headers: { "x-b": "2" }, important: true, continue: true },
      fs,
      { handle: "hit" },
      { src: "/about", headers: { "x-hit": "1" } },
    ],
    "/about",
  );
  expect(routed.headers).toEqual({ normal: { "x-a": "about", "x-b": "2", "x-hit": "1" }, important: { "x-b": "2" } });
});

test("a src that JavaScript cannot read is BAD_CONFIG; keys that do nothing here are warned about", () => {
  expect(() => compileRoutes([{ src: "^/(" }])).toThrow(/routes\[0\] of config\.json/);
  expect(compileRoutes([{ src: "/", middlewarePath: "m" }]).warnings).toEqual([
    "routes[0] of config.json uses middlewarePath, which does nothing here",
  ]);
});
