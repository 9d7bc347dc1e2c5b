import type { ChildProcess } from "node:child_process";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { json, startApp, type Handler } from "../unit/health/app.ts";
import { runBin, type BinRun } from "./run.ts";

let dir: string;
const cleanups: (() => Promise<void>)[] = [];

beforeEach(async () => {
  dir = await fs.mkdtemp(path.join(os.tmpdir(), "edge-ai-healthcheck-"));
});
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
  await fs.rm(dir, { recursive: true });
});

const good: Handler = (_, response) => json(response, { data: [{ embedding: [1, 2] }] });
const broken: Handler = (_, response) => json(response, {}, 500);

async function app(handler: Handler, health?: Handler): Promise<Awaited<ReturnType<typeof startApp>>> {
  const started = await startApp(handler, health);
  cleanups.push(started.stop);
  return started;
}

async function writeConfig(more: object = {}): Promise<void> {
  const config = {
    version: 1,
    name: "app",
    task: "embeddings",
    mode: "local",
    target: "local",
    model: { id: "use-lite" },
    latencyBudgetMs: 5_000,
    slo: { p95Ms: 5_000, errorRate: 0.05 },
    ...more,
  };
  await fs.writeFile(path.join(dir, "edge-ai.json"), JSON.stringify(config));
}

/** Small and generous, so that a busy machine does not change the answer. */
const QUICK = ["--p95", "5s", "--error-rate", "5%", "--rate", "100", "--max-requests", "100"];

const check = (...args: string[]): Promise<BinRun> => runBin(["healthcheck", ...args], { cwd: dir });

function document({ stdout }: BinRun): unknown {
  return JSON.parse(stdout);
}

describe("every outcome has its exit code and one JSON document", () => {
  test("pass: 0, by the built-in probe of edge-ai.json", async () => {
    await writeConfig();
    const { url, seen } = await app(good);
    const run = await check(url, "--rate", "100", "--max-requests", "100", "--json");
    expect(run).toMatchObject({ code: 0 });
    expect(document(run)).toEqual({
      version: 1,
      url,
      verdict: "pass",
      buildId: "build-1",
      modelId: "use-lite",
      measurement: {
        requests: 100,
        errors: 0,
        errorRate: 0,
        throughputPerSecond: expect.any(Number),
        offeredPerSecond: 100,
        latencyMs: {
          p50: expect.any(Number),
          p95: expect.any(Number),
          p99: expect.any(Number),
          max: expect.any(Number),
        },
        firstTokenMs: { p50: expect.any(Number), p95: expect.any(Number) },
        coldStartMs: expect.any(Number),
        sendLagMs: { p99: expect.any(Number) },
        eventLoopDelayMs: { p99: expect.any(Number) },
        errorsByCause: {},
      },
      checks: ["p95", "error rate"].map((name) => ({
        name,
        probe: null,
        unit: expect.any(String),
        limit: expect.any(Number),
        actual: expect.any(Number),
        interval: [expect.any(Number), expect.any(Number)],
        n: 100,
        verdict: "pass",
        level: "fail",
        more: null,
        text: expect.any(String),
      })),
      warnings: [],
    });
    expect(seen.every(({ method, url: route }) => method === "POST" && route === "/api/embeddings")).toBe(true);
  });

  test("fail: 1", async () => {
    await writeConfig();
    const { url } = await app(broken);
    const run = await check(url, "--rate", "100", "--max-requests", "60", "--json");
    expect(run).toMatchObject({ code: 1 });
    expect(document(run)).toMatchObject({
      verdict: "fail",
      measurement: { errors: 60, latencyMs: { p95: null }, coldStartMs: null },
    });
    expect(run.stdout).not.toMatch(/NaN|Infinity/);
  });

  test("inconclusive: 3, and what would decide it", async () => {
    await writeConfig();
    const { url } = await app(good);
    const run = await check(url, "--rate", "100", "--max-requests", "40", "--json");
    expect(run).toMatchObject({ code: 3 });
    expect(document(run)).toMatchObject({ verdict: "inconclusive", hint: "send more: --max-requests 59" });
    expect(run.stdout).toContain("0 slow of 40; p95 < 5000 ms needs 59: 19 more");
  });

  test("unreachable: 1", async () => {
    const { url, stop } = await startApp(good);
    await stop();
    const run = await check(url, "--json");
    expect(run).toMatchObject({ code: 1 });
    expect(document(run)).toMatchObject({
      version: 1,
      verdict: "fail",
      cause: "refused",
      checks: [],
      measurement: { requests: 0, errors: 0, errorRate: null, latencyMs: { p95: null } },
    });
  });

  test("a login page: 1", async () => {
    const { url } = await app(
      good,
      (_, response) => void response.writeHead(302, { location: "https://vercel.com/sso-api?url=x" }).end(),
    );
    const run = await check(url, "--json");
    expect(run).toMatchObject({ code: 1 });
    expect(document(run)).toMatchObject({ verdict: "fail", cause: "protected" });
    expect(run.stdout).toContain("x-vercel-protection-bypass");
  });

  test("another build: 1", async () => {
    const { url } = await app(good);
    const run = await check(url, "--expect-build", "build-2", "--json");
    expect(run).toMatchObject({ code: 1 });
    expect(document(run)).toMatchObject({ verdict: "fail", cause: "wrong-build", buildId: "build-1" });
  });

  test.each([
    [["not a url"]],
    [["ftp://example.com"]],
    [["http://127.0.0.1:1", "--header", "no-colon"]],
    [["http://127.0.0.1:1", "--path", "/x", "--body", "{"]],
    [["http://127.0.0.1:1", "--path", "/x", "--method", "GET", "--body", "{}"]],
    [["http://127.0.0.1:1", "--method", "POST"]],
    [["http://127.0.0.1:1", "--rate", "1", "--duration", "500ms"]],
    [["http://127.0.0.1:1", "--rate", "10", "--throughput", "100"]],
    [["http://127.0.0.1:1/x", "--path", "/y"]],
    [["http://127.0.0.1:1", "--p95", "0"]],
  ])("wrong command line: 2, %j", async (args) => {
    const run = await check(...args, "--json");
    expect(run).toMatchObject({ code: 2 });
    expect(document(run)).toEqual({
      version: 1,
      error: { code: "USAGE", message: expect.any(String), hint: expect.any(String) },
    });
  });
});

describe("what is checked", () => {
  test("no URL: the local target of edge-ai.json", async () => {
    const { port, url } = await app(good);
    await writeConfig({ targets: { local: { port } } });
    const run = await check("--rate", "100", "--max-requests", "100", "--json");
    expect(run).toMatchObject({ code: 0 });
    expect(document(run)).toMatchObject({ url });
  });

  // Of Vercel the production URL is asked for: see bad-input.test.ts for that without a token.
  test.each([
    ["without edge-ai.json", null, "NEEDS_INPUT"],
    ["with a target that there is none of yet", { target: "cloudflare" }, "NO_TARGET"],
  ])("no URL %s: 2", async (_which, config, code) => {
    if (config !== null) await writeConfig(config);
    const run = await check("--json");
    expect(run).toMatchObject({ code: 2 });
    expect(document(run)).toMatchObject({ error: { code } });
  });

  test("a broken edge-ai.json: 2", async () => {
    await writeConfig({ latencyBudgetMs: -1, surprise: true });
    const run = await check("http://127.0.0.1:1", "--json");
    expect(run).toMatchObject({ code: 2 });
    expect(document(run)).toMatchObject({ error: { code: "BAD_CONFIG" } });
  });

  test("any route of any server, with method, body and headers", async () => {
    const bodies = new Set<string>();
    const { url, seen } = await app(
      (request, response, n) => {
        request.setEncoding("utf8").on("data", (text: string) => bodies.add(text));
        request.on("end", () => good(request, response, n));
      },
      (_, response) => json(response, {}, 404),
    );
    const route = ["--path", "/v1/embeddings", "--body", '{"input":"hi {{n}}"}', "--header", "authorization: Bearer t"];
    const run = await check(url, ...route, ...QUICK, "--json");
    expect(run).toMatchObject({ code: 0 });
    expect(document(run)).toMatchObject({ buildId: null, warnings: [expect.stringMatching(/^no health document/)] });
    expect(seen.every(({ headers }) => headers.authorization === "Bearer t")).toBe(true);
    expect(seen.every(({ method, url: at }) => method === "POST" && at === "/v1/embeddings")).toBe(true);
    expect(bodies.size).toBe(seen.length);
    expect(run.stdout + run.stderr).not.toContain("Bearer");
  });
});

test("text: the verdict, a line for each check, errors by cause", async () => {
  const { url } = await app((request, response, n) => (n % 4 === 0 ? broken : good)(request, response, n));
  const run = await check(url, "--path", "/x", ...QUICK);
  expect(run).toMatchObject({ code: 1 });
  expect(run.stdout).toMatch(/^✗ fail {2}http:\/\/127\.0\.0\.1:\d+ {2}build build-1 {2}model use-lite\n/);
  expect(run.stdout).toMatch(/^✗ {2}error rate +25 % +limit 5 % +95 %: .* to .* % +25 errors of 100; /m);
  expect(run.stdout).toMatch(/^cold start +\d/m);
  expect(run.stdout).toMatch(/^ {2}server-error {2}25 {2}request \d+, after \d+ ms: HTTP 500$/m);
  expect(run.stderr).toContain("sending 100 requests at 100/s");
});

describe("interrupted", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s: stops sending, prints what was measured, exits %i", async (signal, code) => {
    let child: ChildProcess | undefined;
    const { url, seen } = await app((request, response, n) => {
      if (n === 100) child?.kill(signal);
      good(request, response, n);
    });
    const args = ["healthcheck", url, "--path", "/x", ...QUICK, "--max-requests", "10000", "--json"];
    const run = await runBin(args, { cwd: dir, onSpawn: (started) => (child = started) });
    const atExit = seen.length;
    expect(run).toMatchObject({ code });
    expect(document(run)).toMatchObject({ verdict: "inconclusive", cause: "interrupted" });
    // 10,000 requests would have taken 100 s; those between the signal and its arrival may still come.
    expect(atExit).toBeLessThan(1_000);
    await sleep(200);
    expect(seen).toHaveLength(atExit);
  });

  test("while waiting for the app", async () => {
    let child: ChildProcess | undefined;
    // The app never answers: without the signal this would wait for 10 s.
    const { url } = await app(good, () => child?.kill("SIGINT"));
    const run = await runBin(["healthcheck", url, "--json"], { cwd: dir, onSpawn: (started) => (child = started) });
    expect(run).toMatchObject({ code: 130 });
    expect(document(run)).toMatchObject({ verdict: "inconclusive", cause: "interrupted", checks: [] });
  });
});
