import { EventEmitter, once } from "node:events";
import type http from "node:http";
import fs from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Probe } from "../../src/config/schema.ts";
import { healthDocumentSchema } from "../../src/health/document.ts";
import { exportArtillery } from "../../src/health/export/artillery.ts";
import type { HealthPlan } from "../../src/health/plan.ts";
import type { Limit } from "../../src/health/slo.ts";
import { artilleryBin } from "../peers/artillery/install.ts";
import { tempDir } from "../temp.ts";
import { json, startApp, type Handler } from "../unit/health/app.ts";
import { runBin } from "./run.ts";

// The real artillery runs what we export. It takes about 4 s to start and end, whatever it does.
let bin = "";
beforeAll(async () => {
  bin = await artilleryBin();
}, 300_000);

const RATE_PER_SECOND = 60;
const SECONDS = 8;
/** A busy machine adds 5 to 20 ms to either p95: with a median of 40 ms that alone can be the 10 % (seen, in one run of 5). */
const MEDIAN_MS = 100;
const secret = "sesame-open-1234";
const headers = { "x-vercel-protection-bypass": secret };
const good = { data: [{ embedding: [0.1, 0.2] }] };

const probe: Probe = {
  name: "embeddings",
  path: "/api/embeddings",
  method: "POST",
  headers: {},
  body: { input: "How far is it to milestone {{n}}?" },
  expect: { status: 200, json: { data: [{ embedding: "array" }] }, contains: "embedding" },
  slo: {},
  weight: 1,
};

function planOf(
  slo: Partial<Record<Limit["key"], number>>,
  more: { probes?: Probe[]; seconds?: number; rampMs?: number } = {},
): HealthPlan {
  const { probes = [probe], seconds = 1, rampMs = 0 } = more;
  const limits = Object.entries(slo).map(([key, value]): Limit => ({
    key: key as Limit["key"],
    value,
    probe: null,
    level: "error",
    whenUnproven: "inconclusive",
  }));
  return {
    probes,
    limits,
    load: {
      pace: { kind: "open", ratePerSecond: RATE_PER_SECOND, rampMs },
      requests: RATE_PER_SECOND * (seconds + rampMs / 2_000),
      minDurationMs: 0,
      durationMs: null,
      timeoutMs: 5_000,
      maxInFlight: 1_000,
      maxBytes: null,
      maxCostUsd: null,
      estimatedUsdPerRequest: null,
    },
    needsHealthDocument: true,
    isPaid: false,
    app: null,
  };
}

async function start(handler: Handler): Promise<Awaited<ReturnType<typeof startApp>>> {
  const app = await startApp(handler);
  onTestFinished(app.stop);
  return app;
}

interface ArtilleryRun {
  code: number | undefined;
  output: string;
  counters: Record<string, number>;
  summaries: Record<string, Record<string, number>>;
}

/** Writes the exported script into a file and runs it, as a user would. */
async function runArtillery(plan: HealthPlan, url: string, signal: AbortSignal): Promise<ArtilleryRun> {
  const dir = await tempDir();
  await fs.writeFile(path.join(dir, "healthcheck.yml"), exportArtillery(plan, url, headers));
  const { exitCode: code, all: output } = await execa(
    process.execPath,
    [bin, "run", "--output", "report.json", "healthcheck.yml"],
    {
      cwd: dir,
      env: { ARTILLERY_DISABLE_TELEMETRY: "true", X_VERCEL_PROTECTION_BYPASS: secret },
      all: true,
      reject: false,
      cancelSignal: signal,
    },
  );
  const report = await fs.readFile(path.join(dir, "report.json"), "utf8").catch(() => {
    throw new Error(`artillery wrote no report:\n${output}`);
  });
  return { code, output, ...JSON.parse(report).aggregate };
}

/** What the built program says of a route, as fast and as long; null when it says that this machine was too busy. */
async function ourP95(url: string, route: string): Promise<number | null> {
  const load = ["--rate", String(RATE_PER_SECOND), "--max-requests", String(RATE_PER_SECOND * SECONDS)];
  const kept = ["--min-duration", "1m", "--p95", "1s"];
  const body = ["--path", route, "--body", JSON.stringify(probe.body)];
  const { stdout } = await runBin(["healthcheck", url, ...body, ...load, ...kept, "--json"], { cwd: await tempDir() });
  const document = healthDocumentSchema.parse(JSON.parse(stdout));
  expect(document.measurement).toMatchObject({ requests: RATE_PER_SECOND * SECONDS, errors: 0 });
  return document.cause === "unfit-runner" ? null : document.measurement.latencyMs.p95;
}

function p95(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1] ?? NaN;
}

/**
 * As many times as a run has requests, lognormal with σ 0.5, in a random order that is the same each time.
 * They are evenly spaced quantiles (each in the middle of 101 draws) and not draws: drawn, the p95 of two runs would differ
 * by 7 % (its standard error at n = 480), whoever measures.
 */
function lognormalTimes(count: number): number[] {
  let state = 42;
  // Park and Miller's generator.
  const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  const normal = (): number => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
  const draws = Array.from({ length: count * 101 }, normal).toSorted((a, b) => a - b);
  const times = Array.from({ length: count }, (_, i) => MEDIAN_MS * Math.exp(0.5 * (draws[i * 101 + 50] ?? NaN)));
  return times
    .map((time) => ({ time, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ time }) => time);
}

function answerAfter(ms: number, response: http.ServerResponse, value: unknown = good): void {
  setTimeout(() => json(response, value), ms);
}

/** How much later than planned the server may be at its p95: 4 of 11 runs were more than 10 % apart, each of them 3.5 % late or more. */
const FIT_SHARE = 0.03;

/**
 * At the same time and on the same server, each with a route and its times: what slows this machine slows both.
 * @returns p95s in ms; `isFit` does not look at what the two measured, only at the server's own log
 */
async function measureBoth(signal: AbortSignal) {
  const times = lognormalTimes(RATE_PER_SECOND * SECONDS);
  const taken: Record<string, number[]> = { "/artillery": [], "/ours": [] };
  const server = new EventEmitter();
  const begun = once(server, "request");
  const { url, seen } = await start((request, response) => {
    const before = performance.now();
    const log = taken[request.url ?? ""] ?? [];
    const i = log.push(NaN) - 1;
    response.on("finish", () => (log[i] = performance.now() - before));
    answerAfter(times[i % times.length] ?? 0, response);
    server.emit("request");
  });
  const limits = { p95Ms: 1_000, errorRate: 0.01, throughputPerSecond: 50 };
  const plan = planOf(limits, { probes: [{ ...probe, path: "/artillery" }], seconds: SECONDS });
  const [{ code, output, counters, summaries }, ours] = await Promise.all([
    runArtillery(plan, url, signal),
    begun.then(() => ourP95(url, "/ours")),
  ]);
  expect(code, output).toBe(0);
  expect(counters["vusers.completed"]).toBe(times.length);
  const theirRequests = seen.filter((request) => request.url === "/artillery");
  expect(theirRequests.every((request) => request.headers["x-vercel-protection-bypass"] === secret)).toBe(true);

  const planned = p95(times);
  const actual = Object.values(taken).map(p95);
  const theirs = ["http.response_time", "http.total"].map((name) => summaries[name]?.["p95"] ?? NaN);
  const figures = `p95 in ms: planned ${planned}, taken by the server ${actual.join(" and ")}, ours ${ours}, artillery ${theirs.join(" to the first byte, ")} to the last`;
  const isFit = ours !== null && actual.every((each) => each <= planned * (1 + FIT_SHARE));
  return { figures, ours: ours ?? NaN, theirs, isFit };
}

describe("artillery runs the exported script", { timeout: 60_000 }, () => {
  test("and finds our p95 within 10 %", { timeout: 150_000 }, async ({ signal, annotate, skip }) => {
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const { figures, ours, theirs, isFit } = await measureBoth(signal);
      await annotate(figures);
      if (!isFit) continue;
      for (const each of theirs) expect(Math.abs(each - ours) / ours, figures).toBeLessThan(0.1);
      return;
    }
    skip("this machine is too busy to compare: the server itself was late in three runs");
  });

  test("its response_time ends with the first byte, as the script says; the limit is on the whole answer", async ({
    signal,
  }) => {
    const { url } = await start((_, response) => {
      const text = JSON.stringify(good);
      response.writeHead(200, { "content-type": "application/json" }).write(text.slice(0, 5));
      setTimeout(() => response.end(text.slice(5)), 300);
    });
    const { code, output, summaries } = await runArtillery(planOf({ p95Ms: 250 }), url, signal);
    expect(summaries["http.response_time"]?.["p95"]).toBeLessThan(100);
    expect(summaries["http.total"]?.["p95"]).toBeGreaterThan(290);
    expect(code, output).toBe(1);
  });

  test.each<[string, Parameters<typeof planOf>[0], number]>([
    ["a limit that nothing can keep", { p95Ms: 1 }, 1],
    ["more errors than the limit", { errorRate: 0.05 }, 1],
    // artillery's expect plugin would end with 21 here.
    ["fewer errors than the limit", { p95Ms: 1_000, errorRate: 0.2 }, 0],
    ["a throughput that is not reached", { throughputPerSecond: 70 }, 1],
  ])("%s: exit code", async (_, slo, expected) => {
    const { url } = await start((_request, response, n) => {
      setTimeout(() => (n % 10 === 0 ? json(response, { error: "x" }, 500) : json(response, good)), 5);
    });
    const { code, output } = await runArtillery(planOf(slo), url, AbortSignal.timeout(50_000));
    expect(code, output).toBe(expected);
  });

  test("right status, wrong body", async ({ signal }) => {
    const { url } = await start((_, response, n) => json(response, n % 10 === 0 ? { data: [] } : good));
    const { code, output, counters } = await runArtillery(planOf({ errorRate: 0.05 }), url, signal);
    expect(code, output).toBe(1);
    expect(counters["vusers.failed"]).toBe(RATE_PER_SECOND / 10);
  });

  test("nobody answers", async ({ signal }) => {
    const { url, stop } = await startApp((_, response) => json(response, good));
    await stop();
    const { code, output } = await runArtillery(planOf({ p95Ms: 1_000 }), url, signal);
    expect(code, output).toBe(1);
  });

  test("several probes by weight, each shape, a ramp, and texts that look like templates", async ({ signal }) => {
    const bodies: Record<string, unknown> = {
      "/object": { a: "text", b: 1, "c-d": null, e: [{ f: true }], g: {}, h: "yes" },
      "/array": [1],
      "/string": "text",
      "/null": null,
    };
    const shapes: Record<string, Probe["expect"]["json"]> = {
      "/object": { a: "string", b: 1, "c-d": "null", e: [{ f: "boolean" }], g: {}, h: "yes" },
      "/array": ["number"],
      "/string": "string",
      "/null": "null",
    };
    const probes = Object.entries(shapes).map(([route, json_]): Probe => ({
      ...probe,
      name: route,
      path: `${route}?q={{x}}&n={{n}}`,
      body: { text: "{{ $env.HOME }} {{{n}}}" },
      expect: { status: 200, json: json_ },
      weight: route === "/object" ? 1.5 : 0.5,
    }));
    const sent: { path: string; body: string }[] = [];
    const { url } = await start((request, response) => {
      const { pathname, search } = new URL(request.url ?? "", "http://localhost");
      request.setEncoding("utf8").on("data", (body: string) => sent.push({ path: pathname + search, body }));
      request.on("end", () => json(response, bodies[pathname]));
    });
    const plan = planOf({ errorRate: 0 }, { probes, seconds: 2, rampMs: 2_000 });
    const { code, output, counters } = await runArtillery(plan, url, signal);
    expect(code, output).toBe(0);
    // In the ramp, artillery cuts each second's rate to a whole number.
    expect(counters["vusers.created"]).toBeGreaterThan(RATE_PER_SECOND * 2.5);
    const share = sent.filter((each) => each.path.startsWith("/object")).length / sent.length;
    expect(share).toBeGreaterThan(0.3);
    expect(share).toBeLessThan(0.7);
    expect(new Set(sent.map((each) => each.path)).size).toBe(sent.length);
    for (const { path: route, body } of sent) {
      expect(route).toMatch(/^\/\w+\?q=(\{|%7B){2}x(\}|%7D){2}&n=\d+$/);
      expect(JSON.parse(body).text).toMatch(/^\{\{ \$env.HOME \}\} \{\d+\}$/);
    }
  });
});
