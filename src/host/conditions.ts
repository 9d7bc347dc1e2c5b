import type { Condition, Matchable } from "./output-schema.ts";

/** The part of a request that routing looks at. `path` is percent-encoded, `query` has no question mark. */
export interface RouteRequest {
  method: string;
  path: string;
  query: string;
  /** Lower-case names. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Captures of regular expressions by number or name, for `$1` and `$name`. */
export type Captures = Record<string, string>;

/**
 * Tests one `has` or `missing` condition.
 * @returns the named captures of its value when it holds, else undefined
 */
export function testCondition(condition: Condition, request: RouteRequest): Captures | undefined {
  const actual = readers[condition.type](request, condition.type === "host" ? "host" : condition.key);
  if (actual === undefined) return undefined;
  if (condition.value === undefined) return condition.type === "host" ? {} : { [condition.key]: actual };
  return testValue(condition.value, actual);
}

const readers: Record<Condition["type"], (request: RouteRequest, key: string) => string | undefined> = {
  header: (request, key) => headerOf(request, key.toLowerCase()),
  host: (request) => headerOf(request, "host")?.replace(/:\d+$/, ""),
  query: (request, key) => new URLSearchParams(request.query).get(key) ?? undefined,
  cookie: (request, key) => cookieOf(headerOf(request, "cookie") ?? "", key),
};

function testValue(expected: Matchable, actual: string): Captures | undefined {
  if (typeof expected === "string") return testPattern(`^${expected}$`, actual);
  const captures = expected.re === undefined ? {} : testPattern(expected.re, actual);
  const number = Number(actual);
  const holds =
    (expected.eq === undefined || actual === String(expected.eq)) &&
    (expected.neq === undefined || actual !== expected.neq) &&
    (expected.inc === undefined || expected.inc.includes(actual)) &&
    (expected.ninc === undefined || !expected.ninc.includes(actual)) &&
    (expected.pre === undefined || actual.startsWith(expected.pre)) &&
    (expected.suf === undefined || actual.endsWith(expected.suf)) &&
    (expected.gt === undefined || number > expected.gt) &&
    (expected.gte === undefined || number >= expected.gte) &&
    (expected.lt === undefined || number < expected.lt) &&
    (expected.lte === undefined || number <= expected.lte);
  return holds ? captures : undefined;
}

function testPattern(pattern: string, actual: string): Captures | undefined {
  const match = new RegExp(pattern).exec(actual);
  return match === null ? undefined : { ...match.groups };
}

function headerOf(request: RouteRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

function cookieOf(header: string, name: string): string | undefined {
  for (const pair of header.split(";")) {
    const [key = "", ...value] = pair.split("=");
    if (key.trim() === name) return value.join("=").trim();
  }
  return undefined;
}
