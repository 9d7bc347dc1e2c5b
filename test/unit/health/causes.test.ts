import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Pool } from "undici";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { Probe } from "../../../src/config/schema.ts";
import { causes, errorCauses, wasAnswered, type ErrorCause } from "../../../src/health/requests/causes.ts";
import { checkHealth } from "../../../src/health/check.ts";
import { planHealth } from "../../../src/health/plan.ts";
import { checkIdentity } from "../../../src/health/check-identity.ts";
import { openPool } from "../../../src/health/requests/exchange.ts";
import { identify } from "../../../src/health/identify.ts";
import { refusalCauses, type RefusalCause } from "../../../src/health/identity.ts";
import { requestMaker, routeProbe } from "../../../src/health/requests/probes.ts";
import type { Answer } from "../../../src/health/samples.ts";
import { compileExpect, send } from "../../../src/health/requests/send.ts";
import { freePort } from "../../free-port.ts";
import { healthDocument, json, truncate } from "./app.ts";
import {
  answer,
  app,
  blackHole,
  chunk,
  DONE,
  drip,
  health,
  ok,
  raw,
  selfSigned,
  status,
  stream,
  tcp,
} from "./faulty-servers.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

interface Row {
  cause: ErrorCause;
  what: string;
  /** Starts what misbehaves; returns its URL. */
  start: () => Promise<string>;
  probe?: Partial<Omit<Probe, "expect">> & { expect?: Partial<Probe["expect"]> };
  detail?: RegExp;
  timeoutMs?: number;
}

const SHORT_MS = 300;

/** Every cause of an error, from a real server. */
const rows: Row[] = [
  { cause: "dns", what: "a name that nobody has", start: async () => "http://nobody.invalid" },
  { cause: "refused", what: "a port where nothing listens", start: async () => `http://127.0.0.1:${await freePort()}` },
  { cause: "tls", what: "a certificate of its own, for another name", start: selfSigned, detail: /self-signed/ },
  { cause: "tls", what: "HTTP where TLS is expected", start: async () => (await app(ok)).replace("http:", "https:") },
  { cause: "reset", what: "RST instead of an answer", start: () => tcp((socket) => void socket.resetAndDestroy()) },
  { cause: "dropped", what: "FIN instead of an answer", start: () => tcp((socket) => void socket.end()) },
  { cause: "truncated", what: "fewer bytes than promised", start: () => app((_, response) => truncate(response)) },
  { cause: "truncated", what: "no last chunk", start: () => raw("transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n") },
  {
    cause: "truncated",
    what: "no last chunk, and a connection that is said to close",
    start: () => raw("connection: close\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"),
  },
  { cause: "truncated", what: "a stream without its end", start: () => stream(chunk("Hel"), chunk("lo")) },
  { cause: "connect-timeout", what: "a full queue of connections", start: blackHole, timeoutMs: SHORT_MS },
  {
    cause: "connect-timeout",
    what: "a TLS handshake that never ends",
    start: async () => (await tcp(() => undefined)).replace("http:", "https:"),
    timeoutMs: SHORT_MS,
  },
  {
    cause: "first-byte-timeout",
    what: "no head",
    start: () => app(() => undefined),
    timeoutMs: SHORT_MS,
    detail: /^no answer within \d+ ms$/,
  },
  {
    cause: "idle-timeout",
    what: "a stalled body",
    start: () => app((_, response) => void response.write("half")),
    timeoutMs: SHORT_MS,
    detail: /^no byte for \d+ ms after 4$/,
  },
  { cause: "timeout", what: "a body that drips", start: () => app(drip), timeoutMs: SHORT_MS },
  { cause: "protocol", what: "no HTTP", start: () => tcp((socket) => void socket.end("220 mail ready\r\n")) },
  {
    cause: "protected",
    what: "a redirect to the login",
    start: () => status(302, { location: "https://vercel.com/sso-api?x" }),
  },
  {
    cause: "protected",
    what: "401 with the login's cookie",
    start: () => status(401, { "set-cookie": "_vercel_sso_nonce=x" }),
  },
  {
    cause: "login-page",
    what: "200 and a field for a password",
    start: () =>
      app((_, response) => {
        response.writeHead(200, { "content-type": "text/html" }).end('<form><input name="p" type="password"></form>');
      }),
  },
  { cause: "redirect", what: "302", start: () => status(302, { location: "/elsewhere" }) },
  { cause: "unauthorized", what: "401", start: () => status(401) },
  { cause: "forbidden", what: "403", start: () => status(403) },
  { cause: "not-found", what: "404", start: () => status(404) },
  { cause: "too-large", what: "413", start: () => status(413) },
  { cause: "too-many-requests", what: "429", start: () => status(429) },
  {
    cause: "server-error",
    what: "500 with the platform's word",
    start: () => status(500, { "x-vercel-error": "FUNCTION_INVOCATION_TIMEOUT" }),
    detail: /^HTTP 500 FUNCTION_INVOCATION_TIMEOUT$/,
  },
  { cause: "status", what: "418", start: () => status(418) },
  {
    cause: "error-body",
    what: "200 with an error",
    start: () => answer({ error: { message: "no quota" } }),
    detail: /no quota/,
  },
  {
    cause: "error-body",
    what: "an error in the stream",
    start: () => stream(chunk("Hel"), '{"error":{"message":"lost"}}'),
  },
  {
    cause: "error-body",
    what: "an error in a UI message stream",
    start: () => stream('{"type":"start"}', '{"type":"error","errorText":"lost"}'),
    detail: /lost/,
  },
  {
    cause: "empty-completion",
    what: "a message without content",
    start: () => answer({ choices: [{ message: { role: "assistant", content: "" }, finish_reason: "length" }] }),
  },
  {
    cause: "empty-completion",
    what: "a stream without content",
    start: () => stream('{"choices":[{"delta":{"role":"assistant","content":""}}]}', DONE),
  },
  { cause: "empty-completion", what: "a stream without an event", start: () => stream() },
  {
    cause: "wrong-model",
    what: "a smaller model",
    start: () => answer({ model: "gpt-4o-mini-2024-07-18", choices: [{ message: { content: "hi" } }] }),
    probe: { expect: { model: "gpt-4o" } },
    detail: /^gpt-4o-mini-2024-07-18, not gpt-4o$/,
  },
  { cause: "wrong-model", what: "no model", start: () => answer({ ok: true }), probe: { expect: { model: "gpt-4o" } } },
  {
    cause: "content-type",
    what: "a page",
    start: () => app((_, response) => void response.setHeader("content-type", "text/html").end("<html>")),
    probe: { expect: { contentType: "application/json" } },
    detail: /^text\/html, not application\/json/,
  },
  {
    cause: "assertion",
    what: "another shape",
    start: () => answer({ data: {} }),
    probe: { expect: { json: { data: "array" } } },
  },
  {
    cause: "assertion",
    what: "a broken schema",
    start: () => answer({ data: [] }),
    probe: { expect: { schema: { properties: { data: { minItems: 1 } } } } },
    detail: /^the answer\/data must NOT have fewer than 1 items$/,
  },
  { cause: "assertion", what: "missing text", start: () => answer("no"), probe: { expect: { contains: "yes" } } },
];

describe("every cause of an error, from a real server", () => {
  test.each(rows)("$cause: $what", async ({ cause, start, probe, detail, timeoutMs = 5_000 }) => {
    const answered = await ask(await start(), probe, timeoutMs);
    expect(answered).toMatchObject({ cause });
    expect(answered.detail).not.toBe("");
    expect(answered.detail).toMatch(detail ?? /./);
    expect(answered.latencyMs).toBeLessThan(timeoutMs + 1_000);
    expect(causes[cause].sentence).toMatch(/^\S.+\S$/);
    expect(causes[cause].remedy).toMatch(/^\S.+\S$/);
  });

  test("not-sent: too many requests wait for their answers", async () => {
    const url = await app(() => undefined);
    const plan = planHealth(null, { route: routeProbe("/x"), ratePerSecond: 100, maxRequests: 20, timeoutMs: 500 });
    const load = { ...plan.load, maxInFlight: 5 };
    const { measurement } = await checkHealth({ ...plan, load, needsHealthDocument: false, url, waitMs: 500 });
    expect(measurement.errorsByCause["not-sent"]).toMatchObject({ first: expect.stringContaining("5 requests") });
  });

  test("no-socket: this machine has no file left", async () => {
    const source = fileURLToPath(new URL("../../../src/health/", import.meta.url));
    const url = await app(ok);
    const script = `
      import fs from "node:fs";
      const { openPool } = await import(${JSON.stringify(`${source}requests/exchange.ts`)});
      const { send, compileExpect } = await import(${JSON.stringify(`${source}requests/send.ts`)});
      const { routeProbe, requestMaker } = await import(${JSON.stringify(`${source}requests/probes.ts`)});
      const probe = routeProbe("/x");
      const [pool, expect, request] = [openPool(${JSON.stringify(url)}, 1), await compileExpect(probe), requestMaker(probe, {})(1)];
      const files = [];
      try { for (;;) files.push(fs.openSync("/dev/null")); } catch {}
      const answer = await send({ pool, traffic: { bytes: 0 } }, request, expect, performance.now(), 5000);
      for (const file of files) fs.closeSync(file);
      process.stdout.write(JSON.stringify(answer));`;
    const shell = ['ulimit -n 64; exec "$0" --input-type=module -e "$1"', process.execPath, script];
    const { stdout } = await promisify(execFile)("/bin/sh", ["-c", ...shell]);
    expect(JSON.parse(stdout)).toMatchObject({ cause: "no-socket", detail: expect.stringMatching(/EMFILE/) });
  });

  test("NODE_TLS_REJECT_UNAUTHORIZED=0 does not switch certificates off", async () => {
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    expect(await ask(await selfSigned())).toMatchObject({ cause: "tls" });
  });

  test("a connection that the server closes while it is used again is told", async () => {
    let answers = 0;
    const url = await tcp((socket) => {
      if (answers++ === 0) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
      else socket.end();
    });
    const pool = openPool(url, 1);
    onTestFinished(() => pool.destroy());
    expect(await askOn(pool)).toMatchObject({ cause: null });
    const again = await askOn(pool);
    expect(again).toMatchObject({ cause: "dropped", detail: expect.stringMatching(/; the connection had brought/) });
  });

  test("nothing is sent twice, and no redirect is followed", async () => {
    const seen: string[] = [];
    const url = await app((request, response) => {
      seen.push(request.url ?? "");
      response.socket?.destroy();
    });
    await ask(url, { method: "POST", body: {} });
    expect(seen).toEqual(["/x"]);
  });
});

describe("every refusal, from a real server", () => {
  const refusals: [RefusalCause, string, () => Promise<string>][] = [
    [
      "login-page",
      "a login with status 200",
      () => health((_, response) => void response.end('<a href="https://vercel.com/login">')),
    ],
    ["protected", "401", () => health((_, response) => void response.writeHead(401).end())],
    [
      "wrong-app",
      "a page",
      () => health((_, response) => void response.setHeader("content-type", "text/html").end("<html>")),
    ],
    ["server-error", "503", () => health((_, response) => void response.writeHead(503).end())],
    ["dropped", "FIN", () => tcp((socket) => void socket.end())],
    ["idle-timeout", "a stalled document", () => health((_, response) => void response.write("{"))],
    ["first-byte-timeout", "no answer", () => health(() => undefined)],
    ["tls", "a bad certificate", selfSigned],
  ];

  test.each(refusals)("%s: %s", async (cause, _, start) => {
    const pool = openPool(await start(), 1);
    onTestFinished(() => pool.destroy());
    const identity = await identify(pool, { headers: {}, timeoutMs: SHORT_MS, waitMs: SHORT_MS, signal: undefined });
    expect(identity).toMatchObject({ kind: "refusal", refusal: { cause } });
    expect(identity).toMatchObject({
      refusal: { message: expect.stringMatching(/\S/), hint: expect.stringMatching(/\S/) },
    });
  });

  test("wrong-build: an old one, from a cache", async () => {
    const url = await health((_, response) => {
      response.setHeader("age", "120").setHeader("x-vercel-cache", "HIT");
      json(response, healthDocument);
    });
    const options = { url, headers: {}, signal: new AbortController().signal };
    expect(await checkIdentity({ ...options, expectBuild: "build-1" })).toBeNull();
    expect(await checkIdentity({ ...options, expectBuild: "build-2" })).toMatchObject({
      cause: "wrong-build",
      message:
        "the build that answers is build-1, not build-2; a cache answered /api/health, aged 120 s: it may be about an older build",
    });
  });

  test("a document without a trace of a cache has no warning", async () => {
    const pool = openPool(await health((_, response) => json(response, healthDocument)), 1);
    onTestFinished(() => pool.destroy());
    const identity = await identify(pool, { headers: {}, timeoutMs: 5_000, waitMs: 5_000, signal: undefined });
    expect(identity).toMatchObject({ kind: "app", warning: null, app: { buildId: "build-1" } });
  });
});

test("every cause has a row above and its words", () => {
  const shown = new Set<string>([...rows.map(({ cause }) => cause), "not-sent", "no-socket"]);
  expect([...errorCauses].filter((cause) => !shown.has(cause))).toEqual([]);
  expect(Object.keys(causes).toSorted()).toEqual([...new Set([...errorCauses, ...refusalCauses])].toSorted());
});

test.each([
  ["not-sent", false],
  ["no-socket", false],
  ["timeout", false],
  ["error-body", true],
  ["server-error", true],
] as const)("wasAnswered(%s) is %s", (cause, answered) => {
  expect(wasAnswered(cause)).toBe(answered);
});

describe("good answers", () => {
  test.each<[string, () => Promise<string>, Row["probe"]]>([
    ["error: null", () => answer({ error: null, ok: true }), {}],
    ["an error that was asked for", () => answer({ error: "no" }), { expect: { json: { error: "string" } } }],
    ["a call of a tool", () => answer({ choices: [{ message: { content: null, tool_calls: [{ id: "1" }] } }] }), {}],
    ["a refusal", () => answer({ choices: [{ message: { content: null, refusal: "no" } }] }), {}],
    ["a dated model", () => answer({ model: "gpt-4o-2024-08-06" }), { expect: { model: "openai/GPT-4o" } }],
    ["a tagged model", () => answer({ model: "meta/llama:8b" }), { expect: { model: "llama" } }],
    ["text split over events", () => stream(chunk("Hel"), chunk("lo"), DONE), { expect: { contains: "Hello" } }],
    ["[DONE] alone is an end", () => stream(chunk("x"), DONE), {}],
    ["events of no known protocol", () => stream('{"tick":1}'), {}],
    ["an expected 404", () => status(404), { expect: { status: 404 } }],
  ])("%s", async (_, start, probe) => {
    expect(await ask(await start(), probe)).toMatchObject({ cause: null, detail: "" });
  });

  test("request id, bytes, cache and usage", async () => {
    const url = await app((_, response) => {
      response.setHeader("x-vercel-id", "fra1::x").setHeader("x-vercel-cache", "HIT");
      json(response, { model: "m", usage: { prompt_tokens: 7, completion_tokens: 3 } });
    });
    const body = '{"model":"m","usage":{"prompt_tokens":7,"completion_tokens":3}}';
    expect(await ask(url)).toMatchObject({
      requestId: "fra1::x",
      isCached: true,
      bytes: body.length,
      stream: null,
      usage: { model: "m", inputTokens: 7, cachedInputTokens: 0, outputTokens: 3 },
    });
  });
});

async function ask(url: string, probe: Row["probe"] = {}, timeoutMs = 5_000): Promise<Answer> {
  const pool = openPool(url, 1);
  onTestFinished(() => pool.destroy());
  return askOn(pool, probe, timeoutMs);
}

async function askOn(pool: Pool, probe: Row["probe"] = {}, timeoutMs = 5_000): Promise<Answer> {
  const whole: Probe = { ...routeProbe("/x"), ...probe, expect: { status: 200, ...probe.expect } };
  return send(
    { pool, traffic: { bytes: 0 } },
    requestMaker(whole, {})(1),
    await compileExpect(whole),
    performance.now(),
    timeoutMs,
  );
}
