import { describe, expect, test } from "vitest";
import { causeOfError, causeOfStatus, describeStatus } from "../../../src/health/causes.ts";
import { bodyProblem } from "../../../src/health/expect.ts";
import { figure } from "../../../src/health/figures.ts";
import { parseHeaders, parseUrl, wishesOf } from "../../../src/health/flags.ts";
import { probeOrder, requestMaker, routeProbe } from "../../../src/health/probes.ts";
import { unfitReason } from "../../../src/health/runner.ts";

const failure = (code: string): Error => Object.assign(new Error(code), { code });
const usage = expect.objectContaining({ code: "USAGE" });

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
    expect(bodyProblem({ status: 200, json }, () => JSON.stringify(value))).toBe(problem);
  });

  test("no JSON, and text that is missing", () => {
    expect(bodyProblem({ status: 200, json: {} }, () => "<html>")).toMatch(/^the answer is not JSON: "<html>"/);
    expect(bodyProblem({ status: 200, contains: "ok" }, () => "no")).toBe('the answer does not contain "ok"');
    expect(bodyProblem({ status: 200 }, () => "")).toBeNull();
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
    ["UND_ERR_SOCKET", "reset"],
    ["UND_ERR_CONNECT_TIMEOUT", "timeout"],
    ["HPE_INVALID_CONSTANT", "protocol"],
  ])("%s", (code, cause) => {
    expect(causeOfError(failure(code), false)).toBe(cause);
  });

  test("a reset after the head is a truncated answer", () => {
    expect(causeOfError(failure("ECONNRESET"), true)).toBe("truncated");
  });

  test("a status with the platform's own word", () => {
    const headers = { "x-vercel-error": "FUNCTION_INVOCATION_FAILED" };
    expect(describeStatus(500, headers)).toBe("HTTP 500 FUNCTION_INVOCATION_FAILED");
    expect(causeOfStatus(500, headers)).toBe("server-error");
    expect(causeOfStatus(401, { "set-cookie": ["_vercel_sso_nonce=x"] })).toBe("protected");
    expect(causeOfStatus(418, {})).toBe("status");
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
