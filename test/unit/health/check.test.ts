import { execFileSync } from "node:child_process";
import fs from "node:fs";
import https from "node:https";
import os from "node:os";
import path from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { parseConfig } from "../../../src/config/read.ts";
import type { Probe } from "../../../src/config/schema.ts";
import { checkHealth, type HealthOptions } from "../../../src/health/check.ts";
import { planHealth, type HealthWishes } from "../../../src/health/plan.ts";
import { routeProbe } from "../../../src/health/requests/probes.ts";
import { healthDocument, json, portOf, startApp, truncate, type Handler } from "./app.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
});

/** Generous on purpose: these tests are about what is counted, not about how quick this machine is. */
const SLO = { p95Ms: 5_000, errorRate: 0.1 };

async function app(handler: Handler, health?: Handler): Promise<Awaited<ReturnType<typeof startApp>>> {
  const started = await startApp(handler, health);
  cleanups.push(started.stop);
  return started;
}

const probe: Probe = {
  ...routeProbe("/api/embeddings"),
  method: "POST",
  body: { input: "hello {{n}}" },
  expect: { status: 200, json: { data: [{ embedding: "array" }] } },
};

function options(url: string, wishes: HealthWishes = {}, more: Partial<HealthOptions> = {}): HealthOptions {
  const plan = planHealth(null, { route: probe, slo: SLO, ratePerSecond: 200, maxRequests: 100, ...wishes });
  return { ...plan, needsHealthDocument: true, url, waitMs: 1_000, ...more };
}

const good: Handler = (_, response) => json(response, { data: [{ embedding: [1, 2] }] });
const goodAfter =
  (ms: number): Handler =>
  (request, response, n) => {
    setTimeout(() => good(request, response, n), ms);
  };
const html: Handler = (_, response) =>
  void response.writeHead(200, { "content-type": "text/html" }).end("<html>Log in</html>");
const sse =
  (body: string): Handler =>
  (_, response) =>
    void response.writeHead(200, { "content-type": "text/event-stream" }).end(body);
/** The probe's first request and its 10 for warm-up are not measured. */
const COLD = 1;
const WARM = 10;

describe("what is measured", () => {
  test("a server with a known latency, cold start apart", async () => {
    const { url, seen } = await app((...args) => goodAfter(args[2] === COLD ? 400 : 50)(...args));
    const document = await checkHealth(options(url));
    expect(document).toMatchObject({ version: 1, url, verdict: "pass", buildId: "build-1", modelId: "use-lite" });
    const { measurement } = document;
    expect(measurement).toMatchObject({ requests: 100, errors: 0, errorRate: 0, offeredPerSecond: 200 });
    // Timers of Node may fire 1 ms early.
    expect(measurement.coldStartMs).toBeGreaterThanOrEqual(399);
    expect(measurement.latencyMs.p50).toBeGreaterThanOrEqual(49);
    expect(measurement.latencyMs.p50).toBeLessThan(measurement.coldStartMs ?? 0);
    expect(seen).toHaveLength(COLD + WARM + 100);
  });

  test("an open loop counts the wait behind a freeze", async () => {
    // For 600 ms every answer waits until the freeze is over: 120 of 300 requests are due in it. A closed loop would have
    // sent one request per connection in that time, and p95 would not have seen it.
    let frozenUntil: number | undefined;
    const { url } = await app((request, response, n) => {
      const now = performance.now();
      if (n === COLD + WARM + 50) frozenUntil = now + 600;
      goodAfter(Math.max(0, (frozenUntil ?? 0) - now))(request, response, n);
    });
    const { measurement } = await checkHealth(options(url, { maxRequests: 300 }));
    expect(measurement.latencyMs.p95).toBeGreaterThan(400);
  });

  test("{{n}} is different in every request, cold start and warm-up too", async () => {
    const bodies: string[] = [];
    const { url } = await app((request, response, n) => {
      request.setEncoding("utf8").on("data", (chunk: string) => bodies.push(chunk));
      request.on("end", () => good(request, response, n));
    });
    await checkHealth(options(url, {}, { headers: { "X-Request": "r{{n}}", cookie: "secret" } }));
    expect(bodies[0]).toMatch(/^\{"input":"hello \d+"\}$/);
    expect(new Set(bodies).size).toBe(COLD + WARM + 100);
  });

  test("headers reach the app and never the document", async () => {
    const { url, seen } = await app(good);
    const document = await checkHealth(options(url, { maxRequests: 1 }, { headers: { "X-Pass": "s3cret{{n}}" } }));
    expect(seen.every(({ headers }) => /^s3cret\d+$/.test(String(headers["x-pass"])))).toBe(true);
    expect(JSON.stringify(document)).not.toContain("s3cret");
  });

  test("probes share the run by weight, and each has its own limits", async () => {
    const { url, seen } = await app((request, response, n) =>
      request.url === "/slow" ? json(response, {}, 500) : good(request, response, n),
    );
    const plan = options(url);
    const { checks } = await checkHealth({
      ...plan,
      probes: [
        { ...probe, name: "fast", path: "/fast", weight: 3 },
        { ...routeProbe("/slow"), name: "slow" },
      ],
      limits: ["fast", "slow"].map((name) => ({
        key: "errorRate",
        value: 0.1,
        probe: name,
        level: "error",
        whenUnproven: "inconclusive",
      })),
    });
    expect(checks.map(({ probe: name, n, verdict }) => [name, n, verdict])).toEqual([
      ["fast", 75, "pass"],
      ["slow", 25, "fail"],
    ]);
    expect(seen.length).toBeGreaterThan(100);
  });

  test("a stream is timed to its first content, not to its first byte", async () => {
    const { url } = await app((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(': ping\n\ndata: {"choices":[{"delta":{"role":"assistant"}}]}\n\n');
      setTimeout(() => response.write('data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n'), 100);
      setTimeout(() => response.end("data: [DONE]\n\n"), 200);
    });
    const route = { ...probe, expect: { status: 200 } };
    const { measurement } = await checkHealth(options(url, { route, maxRequests: 20 }));
    expect(measurement.errors).toBe(0);
    expect(measurement.firstTokenMs.p50).toBeGreaterThanOrEqual(99);
    expect(measurement.latencyMs.p50).toBeGreaterThanOrEqual(199);
    expect(measurement.firstTokenMs.p50).toBeLessThan(measurement.latencyMs.p50 ?? 0);
  });
});

/** Every k-th of the measured requests goes wrong. */
const every =
  (k: number, bad: Handler): Handler =>
  (request, response, n) =>
    n > COLD + WARM && (n - COLD - WARM) % k === 0 ? bad(request, response, n) : good(request, response, n);

describe("when a run ends", () => {
  const open = { maxRequests: 10_000, ratePerSecond: 200 };

  test("early, when the limits are clear and the shortest time is over", async () => {
    const { url } = await app(good);
    const document = await checkHealth(options(url, { ...open, minDurationMs: 1_000 }));
    expect(document).toMatchObject({ verdict: "pass", load: { ended: "decided", kind: "open", ratePerSecond: 200 } });
    // 200 are due in the shortest time; it could have sent 12,000.
    expect(document.measurement.requests).toBeGreaterThanOrEqual(200);
    expect(document.measurement.requests).toBeLessThan(2_000);
  });

  test("early too, when they are broken", async () => {
    const { url } = await app((_, response) => json(response, {}, 500));
    const document = await checkHealth(options(url, { ...open, minDurationMs: 500 }));
    expect(document).toMatchObject({ verdict: "fail", load: { ended: "decided" } });
    expect(document.measurement.requests).toBeLessThan(1_000);
  });

  test("at once, when there is not one good answer", async () => {
    const { url } = await app((_, response) => json(response, {}, 401));
    const document = await checkHealth(options(url, { ...open, minDurationMs: 10_000 }));
    expect(document).toMatchObject({ verdict: "fail", load: { ended: "decided" } });
    expect(document.measurement.requests).toBeLessThan(200);
  });

  test("late, when they are not: it goes on until a bound", async () => {
    const { url } = await app(every(20, (_, response) => json(response, {}, 500)));
    const wishes = { ...open, slo: { errorRate: 0.05 }, minDurationMs: 200, durationMs: 2_000 };
    const document = await checkHealth(options(url, wishes));
    expect(document).toMatchObject({ verdict: "inconclusive", load: { ended: "duration", sentMs: 2_000 } });
    expect(document.measurement.requests).toBe(400);
  });

  test("before it began, when the cold start took all bytes there may be", async () => {
    const { url } = await app(good);
    const document = await checkHealth(options(url, { ...open, maxBytes: 5 }));
    expect(document).toMatchObject({ verdict: "inconclusive", hint: "raise --max-bytes", load: null });
    expect(document.message).toContain("5 bytes at most");
  });

  test("at a number of bytes", async () => {
    const { url } = await app(good);
    const document = await checkHealth(options(url, { ...open, maxBytes: 1_000 }));
    expect(document).toMatchObject({ load: { ended: "max-bytes" } });
    expect(document.measurement.bytes).toBeLessThan(10_000);
  });

  test("answers that come after the last look count: the run goes on when they open the question again", async () => {
    // Until 300 ms are over everything is quick; what was sent shortly before hangs until its deadline.
    const startedAt = performance.now();
    let hung = 0;
    const { url } = await app((request, response, n) => {
      const hangs = n > COLD + WARM + 85 && hung < 20;
      if (!hangs) return good(request, response, n);
      hung++;
      return undefined;
    });
    const wishes = { ...open, slo: { errorRate: 0.1 }, minDurationMs: 500, timeoutMs: 400, durationMs: 4_000 };
    const document = await checkHealth(options(url, wishes));
    expect(document.measurement.errors).toBe(20);
    expect(document.measurement.requests).toBeGreaterThan(150);
    expect(performance.now() - startedAt).toBeGreaterThan(1_000);
  });
});

describe("a closed loop", () => {
  test("is said to be one, and sends no more than it has connections", async () => {
    let underWay = 0;
    let most = 0;
    const { url } = await app((request, response, n) => {
      most = Math.max(most, ++underWay);
      response.on("close", () => underWay--);
      goodAfter(5)(request, response, n);
    });
    const wishes = { ratePerSecond: undefined, concurrency: 4, maxRequests: 200 };
    const document = await checkHealth(options(url, wishes));
    expect(document).toMatchObject({
      verdict: "pass",
      load: { kind: "closed", concurrency: 4, ratePerSecond: null },
      measurement: { requests: 200, offeredPerSecond: null },
    });
    expect(most).toBeLessThanOrEqual(4);
  });
});

describe("a closed loop ends", () => {
  test("on all of its connections at once", async () => {
    const { url } = await app((...args) => goodAfter(20)(...args));
    const wishes = { ratePerSecond: undefined, concurrency: 10, maxRequests: 10_000, minDurationMs: 1_000 };
    const document = await checkHealth(options(url, wishes));
    expect(document).toMatchObject({ verdict: "pass", load: { ended: "decided" } });
    // Ten looks, one for each connection, would take it to 6 s.
    expect(document.load?.sentMs).toBeLessThan(2_500);
  });
});

test("each probe has its own cold start, and one that fails keeps no other from having one", async () => {
  const { url } = await app((request, response, n) => {
    if (request.url === "/slow") return void setTimeout(() => good(request, response, n), 300);
    return request.url === "/broken" ? json(response, {}, 500) : good(request, response, n);
  });
  const plan = options(url, { maxRequests: 6 });
  const names = ["fast", "slow", "broken"];
  const { checks, measurement } = await checkHealth({
    ...plan,
    probes: names.map((name) => ({ ...probe, name, path: `/${name}` })),
    limits: names.map((name) => ({
      key: "coldStartMs",
      value: 250,
      probe: name,
      level: "error",
      whenUnproven: "inconclusive",
    })),
  });
  expect(checks.map(({ verdict }) => verdict)).toEqual(["pass", "fail", "inconclusive"]);
  expect(measurement.coldStartMs).toBeNull();
});

test("limits that only warn never stand in the way: that it answers is then what is judged", async () => {
  const config = parseConfig({
    version: 1,
    name: "app",
    task: "embeddings",
    mode: "local",
    model: { id: "m" },
    latencyBudgetMs: 300,
    slo: { p95Ms: { limit: 30, level: "warn" }, errorRate: { limit: 0.01, level: "warn" } },
    probes: [{ ...probe, path: "/api/embeddings" }],
  });
  const plan = planHealth(config, { ratePerSecond: 200, minDurationMs: 500 });
  const { url } = await app(goodAfter(80));
  const document = await checkHealth({ ...plan, url });
  expect(document).toMatchObject({ verdict: "pass", load: { ended: "decided" } });
  expect(document.checks.map(({ name, verdict, level }) => [name, verdict, level])).toEqual([
    ["p95", "fail", "warn"],
    ["error rate", "inconclusive", "warn"],
    ["good answers", "pass", "error"],
  ]);
});

const priced: Handler = (_, response) =>
  json(response, {
    model: "gpt-4o",
    choices: [{ message: { role: "assistant", content: "yes" } }],
    usage: { prompt_tokens: 1_000, completion_tokens: 1_000 },
  });

describe("what the check itself may cost", () => {
  const chat: Probe = { ...probe, body: { model: "gpt-4o", max_tokens: 1_000 }, expect: { status: 200 } };

  test("not one request is sent when it could cost more", async () => {
    const { url, seen } = await app(priced);
    const document = await checkHealth(options(url, { route: chat, maxCostUsd: 0.001 }));
    expect(document).toMatchObject({ verdict: "inconclusive", cause: "max-cost", load: null });
    expect(seen).toHaveLength(0);
  });

  test("cold start and warm-up count, and so do answers under way", async () => {
    const { url, seen } = await app(priced);
    const document = await checkHealth(options(url, { route: chat, maxCostUsd: 0.2, ratePerSecond: 20 }));
    // gpt-4o costs some $0.0125 for such an answer: 16 of them are $0.2.
    expect(document).toMatchObject({
      load: { ended: "max-cost" },
      measurement: { cost: { meanUsd: expect.any(Number) } },
    });
    const each = document.measurement.cost?.meanUsd ?? Number.NaN;
    expect(seen.length * each).toBeLessThanOrEqual(0.2);
    expect(seen.length).toBeGreaterThan(5);
  });

  test("the mean is judged at the end, by its bounds", async () => {
    const { url } = await app(priced);
    const cost = async (limit: number): Promise<unknown> => {
      const slo = { ...SLO, costPerRequestUsd: limit };
      const { checks } = await checkHealth(options(url, { route: chat, maxRequests: 20, slo, maxCostUsd: 10 }));
      return checks.find(({ name }) => name === "cost per request");
    };
    expect(await cost(0.1)).toMatchObject({ verdict: "pass", n: 20 });
    expect(await cost(0.001)).toMatchObject({ verdict: "fail", n: 20 });
  });
});

test("an answer that cannot be judged is a bad one", async () => {
  const deep = `{"error":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  const { url } = await app((_, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end(deep);
  });
  const document = await checkHealth(options(url, { maxRequests: 10 }));
  expect(document.measurement).toMatchObject({ requests: 10, errors: 10 });
});

test("answers from a cache are told", async () => {
  const { url } = await app((request, response, n) => {
    response.setHeader("x-vercel-cache", n % 2 === 0 ? "HIT" : "MISS");
    good(request, response, n);
  });
  const document = await checkHealth(options(url));
  expect(document.measurement.cacheHits).toBe(50);
  expect(document.warnings).toEqual([expect.stringContaining("50 of 100 answers came from a cache")]);
});

test("the first failure of a cause names the platform's id of the request", async () => {
  const { url } = await app((_, response) => {
    response.setHeader("x-vercel-id", "fra1::abc");
    json(response, {}, 500);
  });
  const { measurement } = await checkHealth(options(url, { maxRequests: 20 }));
  expect(measurement.errorsByCause["server-error"]).toMatchObject({ count: 20, requestId: "fra1::abc" });
});

describe("errors are what they are", () => {
  test.each<[string, Handler, string]>([
    ["a dropped connection", (request) => void request.socket.end(), "dropped"],
    ["a reset connection", (request) => request.socket.resetAndDestroy(), "reset"],
    ["a truncated body", (_, response) => truncate(response), "truncated"],
    ["a hang", () => undefined, "first-byte-timeout"],
    ["an error with status 200", (_, response) => json(response, { error: "no" }), "error-body"],
    ["an answer without what was asked for", (_, response) => json(response, { vectors: [] }), "assertion"],
    ["an empty list", (_, response) => json(response, { data: [] }), "assertion"],
    ["too many requests", (_, response) => json(response, {}, 429), "too-many-requests"],
    ["too large", (_, response) => json(response, {}, 413), "too-large"],
    ["not found", (_, response) => json(response, {}, 404), "not-found"],
    ["a crash", (_, response) => json(response, {}, 500), "server-error"],
    ["a redirect", (_, response) => void response.writeHead(302, { location: "/" }).end(), "redirect"],
    ["no HTTP", (request) => void request.socket.end("HELLO\r\n\r\n"), "protocol"],
  ])("one request in twenty: %s", async (_, bad, cause) => {
    const { url } = await app(every(20, bad));
    const { measurement } = await checkHealth(options(url, { timeoutMs: 1_000 }));
    expect(measurement).toMatchObject({ requests: 100, errors: 5, errorRate: 0.05 });
    expect(Object.keys(measurement.errorsByCause)).toEqual([cause]);
    expect(measurement.errorsByCause).toMatchObject({
      [cause]: { count: 5, first: expect.stringMatching(/^request \d+, /) },
    });
  });

  test("5 % errors fail a limit of 1 %, and errors are slow", async () => {
    const { url } = await app(every(20, (_, response) => json(response, {}, 500)));
    const slo = { p95Ms: 5_000, p99Ms: 5_000, errorRate: 0.01 };
    const { verdict, checks, measurement } = await checkHealth(options(url, { slo, maxRequests: 300 }));
    expect(verdict).toBe("fail");
    expect(checks.find(({ name }) => name === "error rate")).toMatchObject({ verdict: "fail", actual: 0.05 });
    expect(checks.find(({ name }) => name === "p99")).toMatchObject({ verdict: "fail", actual: null });
    expect(measurement.latencyMs.p99).toBeNull();
    expect(measurement.latencyMs.max).not.toBeNull();
  });

  test("a server that always hangs: every request is an error as old as its deadline", async () => {
    const { url } = await app(() => undefined);
    const document = await checkHealth(options(url, { timeoutMs: 300, maxRequests: 60 }));
    expect(document).toMatchObject({ verdict: "fail", measurement: { errors: 60, coldStartMs: null } });
    expect(document.measurement.latencyMs.max).toBeGreaterThanOrEqual(300);
    expect(document.warnings[0]).toMatch(/^the first request of \/api\/embeddings failed: first-byte-timeout/);
  });

  test("requests beyond the cap are recorded as not sent, and never sent late", async () => {
    const { url, seen } = await app(() => undefined);
    const plan = options(url, { timeoutMs: 500, maxRequests: 50 });
    const { measurement } = await checkHealth({ ...plan, load: { ...plan.load, maxInFlight: 10 } });
    expect(measurement.requests).toBe(50);
    expect(measurement.errorsByCause["not-sent"]?.count).toBeGreaterThan(0);
    expect(seen.length).toBeLessThan(50);
  });

  test("a stream that is cut or carries an error", async () => {
    const cut = 'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n';
    const route = { ...probe, expect: { status: 200 } };
    for (const [body, cause] of [
      [cut, "truncated"],
      [`${cut}event: error\ndata: {"error":{"code":"idle_timeout"}}\n\n`, "error-body"],
    ] as const) {
      const { url } = await app(sse(body));
      const { measurement } = await checkHealth(options(url, { route, maxRequests: 5 }));
      expect(measurement.errorsByCause).toMatchObject({ [cause]: { count: 5 } });
    }
  });
});

describe("who answers", () => {
  const sso = "https://vercel.com/sso-api?url=x&nonce=y";

  test.each<[string, Handler, string]>([
    ["an HTML page with status 200", html, "wrong-app"],
    ["JSON of another app", (_, response) => json(response, { ok: true }), "wrong-app"],
    ["the document as a web page", (_, response) => void response.end(JSON.stringify(healthDocument)), "wrong-app"],
    ["nothing there", (_, response) => json(response, {}, 404), "wrong-app"],
    ["a redirect to Vercel's login", (_, r) => void r.writeHead(302, { location: sso }).end(), "protected"],
    ["Vercel's login page", (_, r) => void r.end(`<a href="${sso}">Log in</a>`), "login-page"],
    ["401", (_, response) => json(response, {}, 401), "protected"],
    ["403", (_, response) => json(response, {}, 403), "protected"],
    ["a crash", (_, response) => json(response, {}, 500), "server-error"],
    ["a sick app", (_, response) => json(response, { ...healthDocument, status: "degraded" }), "server-error"],
  ])("%s: refused, nothing sent", async (_, health, cause) => {
    const { url, seen } = await app(good, health);
    const document = await checkHealth(options(url));
    expect(document).toMatchObject({ verdict: "fail", cause, checks: [] });
    expect(document.hint).toBeTypeOf("string");
    expect(document.measurement).toMatchObject({ requests: 0, errorRate: null, offeredPerSecond: null });
    expect(seen).toHaveLength(0);
  });

  test("another build than the expected one", async () => {
    const { url, seen } = await app(good);
    const document = await checkHealth(options(url, {}, { expectBuild: "build-2" }));
    expect(document).toMatchObject({ verdict: "fail", cause: "wrong-build", buildId: "build-1" });
    expect(document.message).toBe("the build that answers is build-1, not build-2");
    expect(seen).toHaveLength(0);
    expect(await checkHealth(options(url, {}, { expectBuild: "build-1" }))).toMatchObject({ verdict: "pass" });
  });

  test("an old build may go on answering for a while", async () => {
    const startedAt = performance.now();
    const { url } = await app(good, (_, response) => {
      const isNew = performance.now() - startedAt > 800;
      json(response, { ...healthDocument, buildId: isNew ? "build-2" : "build-1" });
    });
    const more = { expectBuild: "build-2", oldBuildMs: 5_000 };
    expect(await checkHealth(options(url, {}, more))).toMatchObject({ verdict: "pass", buildId: "build-2" });
  });

  test("a route of another app is measured without a health document, unless a build is expected", async () => {
    const { url } = await app(good, html);
    const plain = { needsHealthDocument: false };
    const document = await checkHealth(options(url, {}, plain));
    expect(document).toMatchObject({ verdict: "pass", buildId: null });
    expect(document.warnings).toEqual(["no health document at /api/health: HTTP 200, text/html"]);
    const expecting = await checkHealth(options(url, {}, { ...plain, expectBuild: "build-1" }));
    expect(expecting).toMatchObject({ verdict: "fail", cause: "wrong-build" });
  });

  test("an app that starts late is waited for", async () => {
    const first = await startApp(good);
    await first.stop();
    const { startLater } = await import("./start-later.ts");
    cleanups.push(startLater(first.port, 700, good));
    const document = await checkHealth(options(first.url, {}, { waitMs: 10_000 }));
    expect(document).toMatchObject({ verdict: "pass" });
  });
});

describe("cannot be reached", () => {
  test("refused", async () => {
    const { url, stop } = await startApp(good);
    await stop();
    const document = await checkHealth(options(url));
    expect(document).toMatchObject({ verdict: "fail", cause: "refused", measurement: { requests: 0 } });
    expect(document.message).toContain("ECONNREFUSED");
  });

  test("no such name", async () => {
    const document = await checkHealth(options("http://no-such-host.invalid"));
    expect(document).toMatchObject({ verdict: "fail", cause: "dns" });
  });

  test("silence", async () => {
    const { url } = await app(good, () => undefined);
    expect(await checkHealth(options(url))).toMatchObject({ verdict: "fail", cause: "first-byte-timeout" });
  });

  test("a certificate nobody signed", async ({ skip }) => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), "edge-ai-tls-"));
    cleanups.push(async () => fs.rmSync(dir, { recursive: true }));
    const [key, cert] = [path.join(dir, "key.pem"), path.join(dir, "cert.pem")];
    try {
      const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
      const files = ["-keyout", key, "-out", cert, "-days", "1"];
      execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...files, ...subject], {
        stdio: "ignore",
      });
    } catch {
      skip("openssl is not installed");
    }
    const server = https.createServer({ key: fs.readFileSync(key), cert: fs.readFileSync(cert) }, (_, response) =>
      json(response, healthDocument),
    );
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    cleanups.push(
      () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    );
    // Even for who switched the check off for everything else.
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    cleanups.push(async () => void vi.unstubAllEnvs());
    const document = await checkHealth(options(`https://127.0.0.1:${portOf(server)}`));
    expect(document).toMatchObject({ verdict: "fail", cause: "tls" });
    expect(document.message).toContain("self-signed");
  });
});

test("a signal stops the run at once and keeps what was measured", async () => {
  const controller = new AbortController();
  const { url, seen } = await app((request, response, n) => {
    if (n === 60) controller.abort(new Error("stop"));
    // The last ones hang: they must not be waited for.
    if (n < 55) good(request, response, n);
  });
  const wishes = { maxRequests: 400, timeoutMs: 3_600_000 };
  const document = await checkHealth(options(url, wishes, { signal: controller.signal }));
  expect(document).toMatchObject({ verdict: "inconclusive", cause: "interrupted" });
  expect(document.measurement.requests).toBeGreaterThan(0);
  expect(document.measurement.requests).toBeLessThan(100);
  expect(document.measurement.errors).toBe(0);
  expect(seen.length).toBeLessThan(100);
});

test("a signal before the run: no request is blamed for it", async () => {
  const controller = new AbortController();
  const { url, seen } = await app((request, response, n) => {
    if (n === COLD) controller.abort(new Error("stop"));
    good(request, response, n);
  });
  const document = await checkHealth(options(url, {}, { signal: controller.signal }));
  expect(document).toMatchObject({ verdict: "inconclusive", cause: "interrupted", checks: [], warnings: [] });
  expect(seen).toHaveLength(1);
});

test("this machine being blocked makes the run inconclusive, whatever the checks say", async () => {
  const { url } = await app((request, response, n) => {
    // The app lives in this process: blocking it blocks the measuring side too, as a busy CI machine does.
    if (n === COLD + WARM + 20) {
      const until = performance.now() + 400;
      while (performance.now() < until);
    }
    good(request, response, n);
  });
  const document = await checkHealth(options(url, { slo: { p95Ms: 200 } }));
  expect(document).toMatchObject({ verdict: "inconclusive", cause: "unfit-runner" });
  expect(document.message).toMatch(/p99 \d+ ms/);
});

test("a busy machine cannot be blamed for errors that were answered", async () => {
  const { url } = await app((_request, response, n) => {
    if (n === COLD + WARM + 20) {
      const until = performance.now() + 400;
      while (performance.now() < until);
    }
    response.writeHead(500).end("broken");
  });
  const document = await checkHealth(options(url, { slo: { p95Ms: 200, errorRate: 0.01 } }));
  expect(document.verdict).toBe("fail");
  expect(document.cause).toBeUndefined();
  expect(document.measurement.errorsByCause).toMatchObject({
    "server-error": { count: document.measurement.requests },
  });
});
