import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse as parseJunit } from "junit2json";
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

const validate = new Ajv2020({ strict: false }).compile(
  JSON.parse(readFileSync(path.resolve("schema/health-document.json"), "utf8")) as object,
);

/** The document on stdout, which keeps the published schema whatever it says. */
function document({ stdout }: BinRun): unknown {
  const parsed: unknown = JSON.parse(stdout);
  expect(validate(parsed), JSON.stringify(validate.errors)).toBe(true);
  return parsed;
}

describe("every outcome has its exit code and one JSON document", () => {
  test("pass: 0, by the built-in probe of edge-ai.json", async () => {
    await writeConfig();
    const { url, seen } = await app(good);
    const run = await check(url, "--rate", "100", "--max-requests", "100", "--json");
    expect(run).toMatchObject({ code: 0 });
    expect(document(run)).toMatchObject({
      version: 1,
      url,
      verdict: "pass",
      buildId: "build-1",
      modelId: "use-lite",
      load: { kind: "open", ratePerSecond: 100, concurrency: null, sentMs: 1_000, ended: "max-requests" },
      measurement: { requests: 100, errors: 0, errorRate: 0, goodput: 1, offeredPerSecond: 100, errorsByCause: {} },
      checks: ["p95", "error rate"].map((name) => ({
        name,
        probe: null,
        n: 100,
        verdict: "pass",
        level: "error",
        more: null,
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
      // Not one good answer among so many is enough.
      measurement: { errors: 50, errorRate: 1, latencyMs: { p95: null }, coldStartMs: null },
    });
    expect(run.stdout).not.toMatch(/NaN|Infinity/);
  });

  test("inconclusive: 3, and what would decide it", async () => {
    await writeConfig();
    const { url } = await app(good);
    const run = await check(url, "--rate", "100", "--max-requests", "40", "--json");
    expect(run).toMatchObject({ code: 3 });
    expect(document(run)).toMatchObject({ verdict: "inconclusive", hint: "send more: --max-requests 88" });
    // What it advises can be pasted, with the flags that were given.
    expect(document(run)).toMatchObject({
      remedies: [{ command: `edge-ai healthcheck ${url} --rate 100 --max-requests 88` }],
    });
    expect(run.stdout).toContain("0 slow of 40; p95 < 5000 ms needs 70: 30 more, about 0.3 s");
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
    ["with a target that has no wrangler.jsonc", { target: "cloudflare" }, "BAD_CONFIG"],
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
  expect(run.stdout).toMatch(/^✗ fail {2}http:\/\/127\.0\.0\.1:\d+ {2}build build-1, model use-lite\n/);
  expect(run.stdout).toMatch(/error rate < 5 % +25 %/);
  expect(run.stdout).toMatch(/25 errors of 100; that rules out error rate < 5 %/);
  expect(run.stdout).toMatch(/^cold start +\d/m);
  expect(run.stdout).toMatch(/server-error: 25 requests/);
  expect(run.stdout).toMatch(/request \d+, after \d+ ms: HTTP 500/);
  expect(run.stderr).toContain("sending 100/s for up to 100 requests");
});

const read = (file: string): Promise<string> => fs.readFile(path.join(dir, file), "utf8");

describe("reports", () => {
  test("of a run that fails: JUnit for a real parser, one web page, the step of a workflow", async () => {
    const { url } = await app((request, response, n) => (n % 4 === 0 ? broken : good)(request, response, n));
    const [summary, outputs] = ["summary.md", "outputs"].map((file) => path.join(dir, file));
    const flags = ["--junit", "r.xml", "--html", "r.html", "--github"];
    const env = { GITHUB_STEP_SUMMARY: summary, GITHUB_OUTPUT: outputs };
    const run = await runBin(["healthcheck", url, "--path", "/x", ...QUICK, ...flags], { cwd: dir, env });
    expect(run).toMatchObject({ code: 1 });
    const junit = await parseJunit(await read("r.xml"));
    expect(JSON.stringify(junit)).toContain("error rate");
    expect(await read("r.xml")).toMatch(/<testsuites[^>]* failures="[1-9]/);
    const html = await read("r.html");
    expect(html).toMatch(/^<!doctype html>/i);
    expect(html).not.toMatch(/<script|src=|href="http/i);
    expect(await read("summary.md")).toContain("error rate");
    expect(await read("outputs")).toMatch(/^verdict=fail$/m);
    expect(run.stderr).toMatch(/^::error title=/m);
    expect(run.stdout).not.toContain("::error");
    // Nothing else, and no half of anything.
    expect((await fs.readdir(dir)).toSorted()).toEqual([".edge-ai", "outputs", "r.html", "r.xml", "summary.md"]);
  });

  test("are written for a target that cannot be reached too", async () => {
    const { url, stop } = await startApp(good);
    await stop();
    const run = await check(url, "--junit", "r.xml", "--html", "r.html");
    expect(run).toMatchObject({ code: 1 });
    expect(await read("r.xml")).toMatch(/<testsuites[^>]* (errors|failures)="[1-9]/);
    expect(await read("r.html")).toContain("refused");
  });

  test("a run is kept with --save, and the next one is compared with it", async () => {
    const delays = { ms: 100 };
    const { url } = await app((request, response, n) => {
      setTimeout(() => good(request, response, n), delays.ms);
    });
    const load = ["--path", "/x", "--p95", "5s", "--error-rate", "5%", "--rate", "100", "--max-requests", "500"];
    // 500 without an error are needed to say that there are less than 1 % more of them.
    expect(await check(url, ...load, "--save", "good.json")).toMatchObject({ code: 0 });
    const same = await check(url, ...load, "--baseline", "good.json", "--tolerance", "90%", "--json");
    expect(same).toMatchObject({ code: 0 });
    expect(document(same)).toMatchObject({ comparison: { baseline: "good.json", tolerance: 0.9 } });
    delays.ms = 300;
    const slower = await check(url, ...load, "--baseline", "good.json", "--json");
    expect(slower).toMatchObject({ code: 1 });
    expect(document(slower)).toMatchObject({
      verdict: "fail",
      checks: [{ verdict: "pass" }, { verdict: "pass" }],
      comparison: { checks: expect.arrayContaining([expect.objectContaining({ name: "latency", verdict: "fail" })]) },
    });
    const unlike = await check(url, ...load, "--rate", "50", "--baseline", "good.json", "--json");
    expect(unlike).toMatchObject({ code: 2 });
  });

  test("another deployment is measured first and compared with", async () => {
    const [before, now] = [await app(good), await app(good)];
    const load = ["--path", "/x", "--p95", "5s", "--rate", "250", "--max-requests", "500"];
    const run = await check(now.url, ...load, "--baseline", before.url, "--tolerance", "90%", "--json");
    expect(document(run)).toMatchObject({ comparison: { baseline: before.url } });
    expect(before.seen.length).toBeGreaterThanOrEqual(500);
    expect(now.seen.length).toBeGreaterThanOrEqual(500);
  });

  test.each([
    ["k6", "constant-arrival-rate"],
    ["artillery", "arrivalRate"],
  ])("--export %s prints a script and sends nothing", async (engine, text) => {
    const { url, seen } = await app(good);
    const secret = "s3cret-of-the-header";
    const run = await check(url, "--path", "/x", "--header", `authorization: Bearer ${secret}`, "--export", engine);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(run.stdout).toContain(text);
    expect(run.stdout).not.toContain(secret);
    expect(seen).toHaveLength(0);
  });
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
