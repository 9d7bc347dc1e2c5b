import { describe, expect, test } from "vitest";
import { causeOfError, causeOfStatus, describeStatus } from "../../../src/health/requests/classify.ts";
import { beginning, bodyProblem, compileExpect, lazyBody } from "../../../src/health/requests/expect.ts";
import { figure } from "../../../src/health/figures.ts";
import { parseHeaders, parseUrl, wishesOf } from "../../../src/health/flags.ts";
import { ageSeconds, isCached, requestIdOf } from "../../../src/health/requests/headers.ts";
import { probeOrder, requestMaker, routeProbe } from "../../../src/health/requests/probes.ts";
import { unfitReason } from "../../../src/health/runner.ts";

const failure = (code: string): Error => Object.assign(new Error(code), { code });
const usage = expect.objectContaining({ code: "USAGE" });
const bodyOf = (text: string) => lazyBody(Buffer.from(text));

describe("bodyProblem", () => {
  test.each([
    [{ data: [{ embedding: "array" }] }, { data: [{ embedding: [1] }], model: "m" }, null],
    [{ data: [{ embedding: "array" }] }, { data: [] }, "the answer.data is an empty array"],
    [{ data: [{ embedding: "array" }] }, { data: [{}] }, "the answer.data[0] has no embedding"],
    [{ data: [{ embedding: "array" }] }, { error: {} }, "the answer has no data"],
    [{ data: ["number"] }, { data: ["x"] }, "the answer.data[0] is string, not number"],
    ["object", [], "the answer is array, not object"],
    [[], [], null],
    [{ ok: true, n: 1, text: "exactly" }, { ok: true, n: 1, text: "exactly" }, null],
    [{ ok: true }, { ok: false }, "the answer.ok is not true"],
    [{ a: "null" }, { a: null }, null],
    [{ a: { b: "string" } }, { a: null }, "the answer.a is null, not object"],
  ])("%j against %j", (json, value, problem) => {
    expect(bodyProblem({ json, schemaProblem: null }, bodyOf(JSON.stringify(value)))).toBe(problem);
  });

  test("no JSON, and text that is missing", () => {
    const schemaProblem = null;
    expect(bodyProblem({ json: {}, schemaProblem }, bodyOf("<html>"))).toMatch(/^the answer is not JSON: "<html>"/);
    expect(bodyProblem({ contains: "ok", schemaProblem }, bodyOf("no"))).toBe('the answer does not contain "ok"');
    expect(bodyProblem({ contains: "ok", schemaProblem }, bodyOf("o…k"), "ok")).toBeNull();
    expect(bodyProblem({ schemaProblem }, bodyOf(""))).toBeNull();
  });

  test("a long text is cut between words", () => {
    expect(beginning(`${"word ".repeat(11)}s3cret-that-goes-over-the-end`)).toBe(`${"word ".repeat(11)}…`);
    expect(beginning("s3cret".repeat(20))).toBe("…");
  });
});

const compile = (schema: Record<string, never>) =>
  compileExpect({ ...routeProbe("/x"), name: "mine", expect: { status: 200, schema } });

describe("expect.schema", () => {
  test("what a value breaks", async () => {
    const { schemaProblem } = await compile({
      required: ["a"],
      properties: { a: { type: "string", minLength: 1 } },
      not: { required: ["b"] },
    } as never);
    expect(schemaProblem?.({ a: "x" })).toBeNull();
    expect(schemaProblem?.({})).toBe("the answer must have required property 'a'");
    expect(schemaProblem?.({ a: "" })).toBe("the answer/a must NOT have fewer than 1 characters");
    expect(schemaProblem?.({ a: "x", b: 1 })).toBe("the answer must NOT be valid");
  });

  test.each([
    [{ type: "objet" }, /must be equal to one of the allowed values/],
    [{ typ: "object" }, /unknown keyword: "typ"/],
    [{ $ref: "https://example.com/schema" }, /can't resolve reference/],
  ])("not a schema: %j", async (schema, message) => {
    await expect(compile(schema as never)).rejects.toMatchObject({
      code: "BAD_CONFIG",
      message: expect.stringMatching(message),
    });
    await expect(compile(schema as never)).rejects.toMatchObject({ message: expect.stringMatching(/^probe mine: /) });
  });

  test("none: no check, and nothing is loaded", async () => {
    const compiled = await compileExpect(routeProbe("/x"));
    expect(compiled).toEqual({ status: 200, asksForStream: false, allowsError: false, schemaProblem: null });
  });
});

describe("causes", () => {
  test.each([
    ["ENOTFOUND", "dns"],
    ["ECONNREFUSED", "refused"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "tls"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "tls"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "tls"],
    ["CERT_HAS_EXPIRED", "tls"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "tls"],
    ["ECONNRESET", "reset"],
    ["EPIPE", "reset"],
    ["UND_ERR_SOCKET", "dropped"],
    ["UND_ERR_CONNECT_TIMEOUT", "connect-timeout"],
    ["ETIMEDOUT", "connect-timeout"],
    ["EMFILE", "no-socket"],
    ["EADDRNOTAVAIL", "no-socket"],
    ["HPE_INVALID_CONSTANT", "protocol"],
  ])("%s", (code, cause) => {
    expect(causeOfError(failure(code), false)).toBe(cause);
  });

  test("a reset after the head is a truncated answer", () => {
    expect(causeOfError(failure("ECONNRESET"), true)).toBe("truncated");
    expect(causeOfError(failure("UND_ERR_SOCKET"), true)).toBe("truncated");
  });

  test("a status with the platform's own word", () => {
    const headers = { "x-vercel-error": "FUNCTION_INVOCATION_FAILED" };
    expect(describeStatus(500, headers)).toBe("HTTP 500 FUNCTION_INVOCATION_FAILED");
    expect(causeOfStatus(500, headers)).toBe("server-error");
    expect(causeOfStatus(401, { "set-cookie": ["_vercel_sso_nonce=x"] })).toBe("protected");
    expect(causeOfStatus(401, {})).toBe("unauthorized");
    expect(causeOfStatus(403, {})).toBe("forbidden");
    expect(causeOfStatus(418, {})).toBe("status");
  });

  test.each([
    [{ "x-vercel-cache": "HIT" }, true],
    [{ "x-vercel-cache": "MISS" }, false],
    [{ "x-vercel-cache": "STALE" }, true],
    [{ "cf-cache-status": "DYNAMIC" }, false],
    [{ "cf-cache-status": "HIT" }, true],
    [{ "x-cache": "Hit from cloudfront" }, true],
    [{ "x-cache": "MISS, HIT" }, true],
    [{ "x-cache": "MISS" }, false],
    [{ "cache-status": '"Netlify Edge"; hit' }, true],
    [{ "cache-status": '"Netlify Edge"; fwd=miss' }, false],
    [{ age: "0" }, false],
    [{ age: "12" }, true],
    [{}, false],
  ])("a cache answered: %j %s", (headers, cached) => {
    expect(isCached(headers)).toBe(cached);
  });

  test.each([
    ["120", 120],
    ["-1", 0],
    ["soon", 0],
    [undefined, 0],
  ])("age %s is %d s", (age, seconds) => {
    expect(ageSeconds({ age })).toBe(seconds);
  });

  test("the request's name in the logs", () => {
    expect(requestIdOf({ "x-request-id": "app", "x-vercel-id": "fra1::abc" })).toBe("fra1::abc");
    expect(requestIdOf({ "x-request-id": ["a", "b"] })).toBe("a");
    expect(requestIdOf({ "content-type": "x" })).toBeNull();
  });
});

describe("requests", () => {
  test("{{n}} in path, headers and body; the probe's headers win", () => {
    const make = requestMaker(
      { ...routeProbe("/q?x={{n}}&ü"), method: "POST", headers: { "X-A": "{{n}}" }, body: ["{{n}} and {{n}}"] },
      { "x-a": "overridden", "x-b": "b" },
    );
    expect(make(7)).toEqual({
      method: "POST",
      path: "/q?x=7&%C3%BC",
      headers: {
        "user-agent": "edge-ai-healthcheck",
        "content-type": "application/json",
        "x-a": "7",
        "x-b": "b",
      },
      body: '["7 and 7"]',
    });
  });

  test("what does not change is made once", () => {
    const make = requestMaker({ ...routeProbe("/q?x={{n}}"), headers: { a: "b" } }, {});
    expect(make(1).path).toBe("/q?x=1");
    expect(make(2).headers).toBe(make(1).headers);
  });

  test("probeOrder spreads probes by weight", () => {
    expect([...probeOrder([3, 1], 8)].join("")).toBe("00100010");
    expect([...probeOrder([1], 3)]).toEqual([0, 0, 0]);
  });
});

describe("flags", () => {
  test.each(["", "a.b", "ftp://a.b", "https://", "https://u:p@a.b"])("not a URL to check: %j", (bad) => {
    expect(() => parseUrl(bad)).toThrow(usage);
  });

  test("URL", () => {
    expect(parseUrl("https://a.b")).toEqual({ origin: "https://a.b", path: undefined });
    expect(parseUrl("http://a.b:1/x?y=1#z")).toEqual({ origin: "http://a.b:1", path: "/x?y=1" });
  });

  test.each(["no colon", ": x", "a b: c", "a: s3cret\nc", "content-length: 1"])("not a header: %j", (bad) => {
    expect(() => parseHeaders([bad])).toThrow(usage);
    expect(() => parseHeaders([bad])).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("s3cret") }),
    );
  });

  test("headers", () => {
    expect(parseHeaders(["A: b:c", "x-empty:"])).toEqual({ a: "b:c", "x-empty": "" });
  });

  test.each([
    [{ body: "{}" }],
    [{ method: "POST" as const }],
    [{ path: "/x", body: "{" }],
    [{ path: "/x", body: "{}", method: "GET" as const }],
    [{ path: "x" }],
    [{ rate: 10, throughput: 100 }],
  ])("contradictions: %j", (flags) => {
    expect(() => wishesOf(flags, undefined)).toThrow(usage);
  });

  test("a body without a method is a POST; the URL's path is a path", () => {
    expect(wishesOf({ path: "/x", body: '{"a":1}' }, undefined).route).toMatchObject({
      method: "POST",
      body: { a: 1 },
    });
    expect(wishesOf({}, "/y").route).toMatchObject({ path: "/y", method: "GET" });
    expect(() => wishesOf({ path: "/x" }, "/y")).toThrow(usage);
  });
});

test("unfitReason: late by a quarter of the tightest limit, or 25 ms", () => {
  const runner = { sendLagP99Ms: 60, eventLoopDelayP99Ms: 10 };
  expect(unfitReason(runner, [300, 2_000])).toBeNull();
  expect(unfitReason(runner, [200, 2_000])).toMatch(/requests left late \(p99 60 ms\); at most 50 ms/);
  expect(unfitReason({ sendLagP99Ms: 24, eventLoopDelayP99Ms: 26 }, [10])).toMatch(/event loop was late \(p99 26 ms\)/);
  expect(unfitReason(runner, [])).toBeNull();
});

test("figures", () => {
  expect(figure(312.4, "ms")).toBe("312 ms");
  expect(figure(1.2345, "ms")).toBe("1.23 ms");
  expect(figure(0.01, "fraction")).toBe("1 %");
  expect(figure(null, "ms")).toBe("–");
});
