import type { Probe, Slo } from "../config/schema.ts";
import { CliError } from "../errors.ts";
import type { HealthWishes } from "./plan.ts";
import { routeProbe } from "./requests/probes.ts";
import { quoted } from "../shell-word.ts";
import { headerProblem } from "./requests/sendable.ts";

/** Arrivals of a run are never perfectly even: a rate that just equals the limit ends below it. */
const LEAST_MARGIN = 1.05;

/** The flags of `healthcheck` that say what is sent and judged, as cli.ts parsed them: times in ms, shares as fractions. */
export interface HealthFlags {
  p50?: number;
  p95?: number;
  p99?: number;
  max?: number;
  firstToken?: number;
  coldStart?: number;
  errorRate?: number;
  throughput?: number;
  costPerRequest?: number;
  rate?: number;
  ramp?: number;
  concurrency?: number;
  duration?: number;
  minDuration?: number;
  maxRequests?: number;
  maxBytes?: number;
  maxCost?: number;
  timeout?: number;
  path?: string;
  method?: Probe["method"];
  body?: string;
}

/**
 * Turns flags into wishes.
 * @param urlPath the path of the URL that was given; the same as --path
 * @throws CliError USAGE for flags that contradict each other
 */
export function wishesOf(flags: HealthFlags, urlPath: string | undefined): HealthWishes {
  refuseContradictions(flags);
  return {
    route: routeOf(flags, urlPath),
    slo: sloOf(flags),
    ratePerSecond: flags.rate,
    rampMs: flags.ramp,
    concurrency: flags.concurrency,
    durationMs: flags.duration,
    minDurationMs: flags.minDuration,
    maxRequests: flags.maxRequests,
    maxBytes: flags.maxBytes,
    maxCostUsd: flags.maxCost,
    timeoutMs: flags.timeout,
  };
}

/** Which flag sets which limit. */
const limitFlags = {
  p50Ms: "p50",
  p95Ms: "p95",
  p99Ms: "p99",
  maxMs: "max",
  firstTokenMs: "firstToken",
  coldStartMs: "coldStart",
  errorRate: "errorRate",
  throughputPerSecond: "throughput",
  costPerRequestUsd: "costPerRequest",
} as const satisfies Record<keyof Slo, keyof HealthFlags>;

function sloOf(flags: HealthFlags): Slo {
  const entries = Object.entries(limitFlags).map(([key, flag]) => [key, flags[flag]] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function routeOf({ path, method, body }: HealthFlags, urlPath: string | undefined): Probe | undefined {
  if (path !== undefined && urlPath !== undefined) {
    throw usage(`the URL has the path ${urlPath}, and --path is ${path}`, "give the path once");
  }
  const route = path ?? urlPath;
  if (route === undefined) {
    if (method === undefined && body === undefined) return undefined;
    throw usage("--method and --body need a route", "add --path, like --path /api/embeddings");
  }
  if (!/^\/[^\s#]*$/u.test(route)) throw usage(`--path cannot be ${JSON.stringify(route)}`, "start it with /");
  const parsed = body === undefined ? {} : { body: parseBody(body) };
  const chosen = method ?? (body === undefined ? "GET" : "POST");
  if (body !== undefined && (chosen === "GET" || chosen === "HEAD")) {
    throw usage(`${chosen} has no body`, "leave --body out, or use --method POST");
  }
  return { ...routeProbe(route), method: chosen, ...parsed };
}

function parseBody(body: string): Probe["body"] {
  try {
    const value: Probe["body"] = JSON.parse(body);
    return value;
  } catch (error) {
    throw new CliError("USAGE", "--body is not valid JSON", {
      hint: `quote it for the shell, like --body '{"input":"hello {{n}}"}'`,
      cause: error,
    });
  }
}

function refuseContradictions({ rate, throughput, concurrency, ramp, duration, minDuration }: HealthFlags): void {
  if (rate !== undefined && throughput !== undefined && rate < throughput * LEAST_MARGIN) {
    throw usage(
      `--rate ${rate} cannot show --throughput ${throughput}`,
      `send more than should be reached: --rate ${Math.ceil(throughput * 1.1)}`,
    );
  }
  if (concurrency !== undefined && (rate !== undefined || ramp !== undefined)) {
    throw usage(
      "--concurrency sends when an answer is in, --rate and --ramp by the clock",
      "give one of them; --rate shows what users see, --concurrency what the app can do",
    );
  }
  if (duration !== undefined && minDuration !== undefined && minDuration > duration) {
    throw usage(`--min-duration ${minDuration}ms is longer than --duration ${duration}ms`, "make --duration longer");
  }
  if (duration !== undefined && ramp !== undefined && ramp >= duration) {
    throw usage(`--ramp ${ramp}ms leaves nothing of --duration ${duration}ms`, "make --duration longer");
  }
}

/** How each flag is typed: a time with its unit, anything else as it is. */
const flagKinds = {
  p50: "time",
  p95: "time",
  p99: "time",
  max: "time",
  firstToken: "time",
  coldStart: "time",
  errorRate: "plain",
  throughput: "plain",
  costPerRequest: "plain",
  rate: "plain",
  ramp: "time",
  concurrency: "plain",
  duration: "time",
  minDuration: "time",
  maxRequests: "plain",
  maxBytes: "plain",
  maxCost: "plain",
  timeout: "time",
  path: "plain",
  method: "plain",
  body: "plain",
} as const satisfies Record<keyof Required<HealthFlags>, "time" | "plain">;

/** The flags that were given, as they can be typed again. */
export function writtenFlags(flags: HealthFlags): string[] {
  return objectKeys(flagKinds).flatMap((name) => {
    const value = flags[name];
    if (value === undefined) return [];
    const flag = `--${name.replaceAll(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`;
    return [`${flag} ${quoted(flagKinds[name] === "time" ? `${value}ms` : String(value))}`];
  });
}

function objectKeys<T extends object>(value: T): (keyof T)[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of an object literal, whose keys are all known
  return Object.keys(value) as (keyof T)[];
}

/** "name: value" lines → headers. @throws CliError USAGE; the message does not repeat the value, it may be a secret */
export function parseHeaders(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      const name = line.slice(0, Math.max(0, colon)).trim();
      const value = line.slice(colon + 1).trim();
      if (colon < 1) throw usage("--header has no name before a colon", "give it as 'name: value'");
      const problem = headerProblem(name, value);
      if (problem !== null) throw usage(`--header: ${problem}`, "give it as 'name: value'");
      return [name.toLowerCase(), value];
    }),
  );
}

/** An http or https URL without credentials → its origin, and its path if it has one. @throws CliError USAGE */
export function parseUrl(url: string): { origin: string; path: string | undefined } {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || (parsed.protocol !== "http:" && parsed.protocol !== "https:")) {
    const local = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(\/|$)/.test(url);
    throw usage(
      `${JSON.stringify(url)} is not an http or https URL`,
      `give it like ${local ? `http://${url}` : "https://my-app.vercel.app"}`,
    );
  }
  if (parsed.username !== "" || parsed.password !== "") {
    throw usage("the URL holds a user name or password", "send it as --header 'authorization: …'");
  }
  const path = parsed.pathname + parsed.search;
  return { origin: parsed.origin, path: path === "/" ? undefined : path };
}

function usage(message: string, hint: string): CliError {
  return new CliError("USAGE", message, { hint });
}
