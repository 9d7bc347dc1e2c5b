import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { Probe } from "../../../src/config/schema.ts";
import { bodyProblem, compileExpect, lazyBody } from "../../../src/health/requests/expect.ts";
import { exportArtillery } from "../../../src/health/export/artillery.ts";
import { exportK6 } from "../../../src/health/export/k6.ts";
import type { HealthPlan, Load } from "../../../src/health/plan.ts";
import { requestMaker } from "../../../src/health/requests/probes.ts";
import type { Limit } from "../../../src/health/slo.ts";
import { tempDir } from "../../temp.ts";

const url = "https://user:pass@app.example.com/ignored";
const secret = "sesame-open-1234";
const headers = { "x-vercel-protection-bypass": secret };

function probe(name: string, more: Partial<Probe> = {}): Probe {
  return {
    name,
    path: `/api/${name}`,
    method: "GET",
    headers: {},
    expect: { status: 200 },
    slo: {},
    weight: 1,
    ...more,
  };
}

function limit(key: Limit["key"], value: number, more: Partial<Limit> = {}): Limit {
  return { key, value, probe: null, level: "error", whenUnproven: "inconclusive", ...more };
}

const load: Load = {
  pace: { kind: "open", ratePerSecond: 110, rampMs: 0 },
  requests: 1_100,
  minDurationMs: 5_000,
  durationMs: null,
  timeoutMs: 10_000,
  maxInFlight: 1_000,
  maxBytes: null,
  maxCostUsd: null,
  estimatedUsdPerRequest: null,
};

function plan(more: Partial<Omit<HealthPlan, "load">> & { load?: Partial<Load> } = {}): HealthPlan {
  return {
    probes: [probe("chat")],
    limits: [],
    needsHealthDocument: true,
    isPaid: false,
    app: null,
    ...more,
    load: { ...load, ...more.load },
  };
}

const embeddings = probe("embeddings", {
  method: "POST",
  headers: { Authorization: "Bearer abc", "X-Tenant": "yes", "X-N": "n-{{n}}" },
  body: { input: ["{{ first }}", "{{n}} is {{ no }} template", "{{{n}}}"] },
  path: "/api/embeddings?q=ä{{n}}",
  expect: { status: 201, json: { data: [{ embedding: "array" }] }, contains: "a{b}.c" },
  weight: 1.5,
});
const both = plan({
  probes: [embeddings, probe("ping pong", { weight: 0.5 })],
  limits: [
    limit("p95Ms", 300),
    limit("errorRate", 0.01),
    limit("throughputPerSecond", 100),
    limit("p99Ms", 900, { probe: "ping pong" }),
    limit("errorRate", 0.05, { probe: "ping pong" }),
    limit("maxMs", 2_000, { level: "warn" }),
    limit("firstTokenMs", 500),
    limit("costPerRequestUsd", 0.001),
    limit("coldStartMs", 5_000),
    limit("goodAnswers", 1),
  ],
});

describe("secrets", () => {
  test.each([
    ["k6", exportK6],
    ["artillery", exportArtillery],
  ])("%s: values of headers are variables, listed at the top", (_, write) => {
    const text = write(both, url, headers);
    expect(text).not.toMatch(/sesame|Bearer|pass@|user:/);
    expect(text).toContain("- AUTHORIZATION\n");
    expect(text).toContain("- X_VERCEL_PROTECTION_BYPASS\n");
    expect(text).toContain("X-Tenant".toLowerCase());
  });

  test("another value of the same header has a variable of its own", () => {
    const two = plan({
      probes: [probe("a", { headers: { "x-api-key": "one" } }), probe("b", { headers: { "x-api-key": "two" } })],
    });
    const { scenarios } = parse(exportArtillery(two, url, {}));
    expect(scenarios.map((each: any) => each.flow[0].get.headers["x-api-key"])).toEqual([
      "{{ $env.X_API_KEY }}",
      "{{ $env.X_API_KEY_2 }}",
    ]);
  });

  test.each([
    ["k6", exportK6, ["schema", "model"]],
    ["artillery", exportArtillery, ["schema", "contentType", "model"]],
  ] as const)("%s says which expectations it does not check", (_, write, keys) => {
    const expected = { status: 200, schema: { type: "object" }, contentType: "text/plain", model: "m" };
    const text = write(plan({ probes: [probe("a", { expect: expected })] }), url, {});
    expect(text.match(/(?<=- expect\.)\w+(?= of the probe a)/g)).toEqual(keys);
  });

  test("no text gets out of a comment", () => {
    const sly = plan({
      probes: [probe("a")],
      limits: [limit("coldStartMs", 1, { probe: "x\nprocess.exit()\u2028boom()" })],
    });
    expect(exportK6(sly, url, {}).replaceAll(/^\/\/.*\n/gm, "")).not.toMatch(/exit|boom/);
  });
});

function read(of: HealthPlan): any {
  return parse(exportArtillery(of, url, headers), { version: "1.1" });
}

describe("artillery", () => {
  test("probes", () => {
    const { config, scenarios } = read(both);
    expect(config).toMatchObject({
      target: "https://app.example.com",
      http: { timeout: 10, pool: 1_000, extendedMetrics: true },
    });
    expect(scenarios.map(({ name, weight }: any) => [name, weight])).toEqual([
      ["embeddings", 3],
      ["ping-pong", 1],
    ]);
    const { headers: sent, body, ...rest } = scenarios[0].flow[0].post;
    const random = "{{ $randomNumber(1, 9007199254740991) }}";
    expect(sent).toEqual({
      "user-agent": "edge-ai-healthcheck",
      "content-type": "application/json",
      // Not true, as YAML 1.1 reads a bare yes.
      "x-tenant": "yes",
      "x-n": `n-${random}`,
      authorization: "{{ $env.AUTHORIZATION }}",
      "x-vercel-protection-bypass": "{{ $env.X_VERCEL_PROTECTION_BYPASS }}",
    });
    expect(JSON.parse(body.replaceAll(random, "7"))).toEqual({
      input: ["{{ first }}", "7 is {{ no }} template", "{7}"],
    });
    expect(body.replaceAll(random, "")).not.toContain("{{");
    expect(rest).toEqual({
      name: "embeddings",
      url: `/api/embeddings?q=%C3%A4${random}`,
      followRedirect: false,
      gzip: false,
      capture: [
        { json: "$.data[0].embedding@array()", as: "$.data[0].embedding" },
        { regexp: String.raw`a[{]b\}\.c`, as: "contains" },
      ],
    });
  });

  test("limits", () => {
    const byEndpoint = "plugins.metrics-by-endpoint";
    const right = `${byEndpoint}.embeddings.codes.201 + ${byEndpoint}.ping-pong.codes.200`;
    const ping = `${byEndpoint}.response_time.ping-pong`;
    expect(read(both).config.plugins.ensure.conditions).toEqual([
      { expression: "vusers.completed > 0" },
      { expression: "http.total.p95 <= 300" },
      { expression: "(vusers.created - vusers.completed) / vusers.created <= 0.01" },
      { expression: `(vusers.created - (${right})) / vusers.created <= 0.01` },
      { expression: "vusers.completed / 10 >= 100" },
      { expression: `${ping}.p99 <= 900` },
      { expression: `(${ping}.count - ${byEndpoint}.ping-pong.codes.200) / ${ping}.count <= 0.05` },
      { expression: "http.total.max <= 2000", strict: false },
      { expression: "vusers.completed >= 1" },
    ]);
    const text = exportArtillery(both, url, headers);
    for (const key of ["first token", "cost per request", "cold start"]) {
      expect(text).toMatch(new RegExp(`# - ${key}.*: artillery does not measure it`));
    }
    expect(text).toContain(
      "# - p99 at most 900 ms (ping pong): for one of several probes, only the time to the first byte",
    );
  });

  test("the only probe's limits are those of all requests", () => {
    const one = plan({ limits: [limit("p50Ms", 0.000_000_1, { probe: "chat" })] });
    expect(read(one).config.plugins.ensure.conditions[1]).toEqual({ expression: "http.total.p50 <= 0.0000001" });
  });

  test.each<[string, Partial<Load>, object[]]>([
    ["rate", {}, [{ name: "run", duration: 10, arrivalRate: 110 }]],
    ["odd length", { requests: 1_200 }, [{ name: "run", duration: "10910ms", arrivalRate: 110 }]],
    ["time limit", { durationMs: 4_000 }, [{ name: "run", duration: 4, arrivalRate: 110 }]],
    [
      "ramp",
      { pace: { kind: "open", ratePerSecond: 10, rampMs: 4_000 }, requests: 120 },
      [
        { name: "ramp", duration: 4, arrivalRate: 0, rampTo: 10 },
        { name: "run", duration: 10, arrivalRate: 10 },
      ],
    ],
  ])("load: %s", (_, some, phases) => {
    expect(read(plan({ load: some })).config.phases).toEqual(phases);
  });

  test.each<[string, Partial<HealthPlan>, RegExp]>([
    ["closed loop", { load: { ...load, pace: { kind: "closed", concurrency: 5 } } }, /no closed loop/],
    ["template in a header", { probes: [probe("a", { headers: { "x-a": "{{ b }}" } })] }, /a: x-a has \{\{ in it/],
    [
      "odd key",
      { probes: [probe("a", { expect: { status: 200, json: { "a'b": "string" } } })] },
      /cannot look for the key "a'b"/,
    ],
    [
      "template in a value",
      { probes: [probe("a", { expect: { status: 200, json: { b: "{{ c }}" } } })] },
      /expect.json has \{\{/,
    ],
  ])("refused: %s", (_, some, message) => {
    expect(() => read(plan(some))).toThrow(
      expect.objectContaining({ code: "USAGE", message: expect.stringMatching(message) }),
    );
  });
});

/** What k6's modules are for a script, as far as it uses them. k6 itself is a Go program that cannot be installed from npm. */
const driver = `
import { registerHooks } from "node:module";
import fs from "node:fs";
const modules = {
  "k6/http": "export default { expectedStatuses: (s) => s, request: (...a) => globalThis.k6.request(...a) };",
  "k6/execution": "export default { scenario: { get iterationInTest() { return globalThis.k6.i; } } };",
  "k6/metrics": "class Metric { constructor(name) { this.name = name; } add(value, tags) { globalThis.k6.added.push([this.name, value, tags.probe]); } } export { Metric as Counter, Metric as Rate };",
};
registerHooks({ resolve: (name, context, next) => name in modules ? { url: "data:text/javascript," + modules[name], shortCircuit: true } : next(name, context) });
const { file, env, answers } = JSON.parse(process.argv[2]);
globalThis.__ENV = env;
const requests = [];
globalThis.k6 = { i: 0, added: [], request: (method, url, body, params) => (requests.push({ method, url, body, ...params }), { error_code: 0, headers: {}, ...answers[globalThis.k6.i] }) };
const script = await import(file);
for (const i of answers.keys()) { globalThis.k6.i = i; script.default({ firstNumber: 1000 }); }
process.stdout.write(JSON.stringify({ options: script.options, requests, added: globalThis.k6.added, first: script.setup().firstNumber }));
`;

async function runK6(of: HealthPlan, answers: object[], env: object = variables): Promise<any> {
  const dir = await tempDir();
  const file = path.join(dir, "healthcheck.mjs");
  await fs.writeFile(file, exportK6(of, url, headers));
  await fs.writeFile(path.join(dir, "driver.mjs"), driver);
  const args = [path.join(dir, "driver.mjs"), JSON.stringify({ file, env, answers })];
  return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout);
}

const variables = { X_VERCEL_PROTECTION_BYPASS: secret, AUTHORIZATION: "Bearer abc" };
const answer = { status: 200, body: "{}" };

describe("k6", () => {
  test("sends what edge-ai healthcheck sends, by weight", async () => {
    const { requests, first } = await runK6(
      both,
      Array.from({ length: 400 }, () => answer),
    );
    expect(Math.abs(Date.now() - first)).toBeLessThan(60_000);
    const [of, to] = both.probes.map((each) => requestMaker(each, headers));
    for (const [i, { method, url: sentTo, headers: sent, body, tags }] of requests.entries()) {
      const wanted = (tags.probe === "embeddings" ? of : to)?.(1_000 + i);
      expect({ method, path: sentTo, headers: sent, body }).toEqual({
        ...wanted,
        path: `https://app.example.com${wanted?.path}`,
      });
    }
    const share = requests.filter(({ tags }: any) => tags.probe === "embeddings").length / requests.length;
    expect(share).toBeCloseTo(0.75, 2);
    expect(requests[0]).toMatchObject({ timeout: "10000ms", responseCallback: 201 });
  });

  test("limits", async () => {
    const { options } = await runK6(both, []);
    expect(options.thresholds).toEqual({
      "good_answers{probe:embeddings}": ["count>0"],
      "good_answers{probe:ping-pong}": ["count>0"],
      dropped_iterations: ["count==0"],
      http_req_duration: ["p(95)<=300"],
      errors: ["rate<=0.01"],
      good_answers: ["rate>=100", "count>=1"],
      "http_req_duration{probe:ping-pong}": ["p(99)<=900"],
      "errors{probe:ping-pong}": ["rate<=0.05"],
    });
    const text = exportK6(both, url, headers);
    for (const key of ["first token", "cost per request", "cold start"]) {
      expect(text).toMatch(new RegExp(`// - ${key}.*: k6 does not measure it`));
    }
    expect(text).toContain("// - max at most 2000 ms: a warning, and k6 knows only failures");
  });

  const users = { preAllocatedVUs: 110, maxVUs: 1_000, gracefulStop: "10000ms" };
  test.each<[string, Partial<Load>, object]>([
    ["rate", {}, { executor: "constant-arrival-rate", rate: 110, timeUnit: "1s", duration: "10000ms", ...users }],
    [
      "a part of a request a second",
      { pace: { kind: "open", ratePerSecond: 0.25, rampMs: 0 }, requests: 5 },
      {
        executor: "constant-arrival-rate",
        rate: 25,
        timeUnit: "100s",
        duration: "20000ms",
        ...users,
        preAllocatedVUs: 1,
      },
    ],
    [
      "ramp",
      { pace: { kind: "open", ratePerSecond: 10, rampMs: 4_000 }, requests: 120 },
      {
        executor: "ramping-arrival-rate",
        startRate: 0,
        timeUnit: "1s",
        stages: [
          { duration: "4000ms", target: 10 },
          { duration: "10000ms", target: 10 },
        ],
        ...users,
        preAllocatedVUs: 10,
      },
    ],
    [
      "closed loop",
      { pace: { kind: "closed", concurrency: 5 }, durationMs: 3_000 },
      { executor: "constant-vus", vus: 5, duration: "3000ms", gracefulStop: "10000ms" },
    ],
    [
      "closed loop of so many requests",
      { pace: { kind: "closed", concurrency: 5 } },
      { executor: "shared-iterations", vus: 5, iterations: 1_100, maxDuration: "24h", gracefulStop: "10000ms" },
    ],
  ])("load: %s", async (_, some, scenario) => {
    const { options } = await runK6(plan({ load: some }), []);
    expect(options.scenarios).toEqual({ healthcheck: scenario });
    expect("dropped_iterations" in options.thresholds).toBe(some.pace?.kind !== "closed");
  });

  test("a missing secret ends the run", async () => {
    await expect(runK6(both, [], {})).rejects.toThrow("set X_VERCEL_PROTECTION_BYPASS to the value of the header");
  });

  const shapes: Probe["expect"]["json"][] = [
    undefined,
    "object",
    "array",
    "string",
    { data: [{ embedding: "array" }] },
    { a: "null", b: 1 },
    { a: [] },
    ["number"],
    "ok",
  ];
  const bodies = [
    "",
    "no JSON",
    "null",
    '"ok"',
    "{}",
    "[]",
    "[1]",
    '["1"]',
    '{"data":[{"embedding":[]}]}',
    '{"data":[]}',
    '{"data":{"0":{"embedding":[]}}}',
    '{"a":null,"b":1}',
    '{"a":null,"b":"1"}',
    '{"a":[1]}',
  ];

  test.each(shapes.map((json) => ({ json })))("judges a body as edge-ai healthcheck does: %j", async ({ json }) => {
    const expected = { status: 200, ...(json === undefined ? {} : { json }), contains: "" };
    const { added } = await runK6(
      plan({ probes: [probe("a", { expect: expected })] }),
      bodies.map((body) => ({ status: 200, body })),
    );
    const errors = added.filter(([name]: any) => name === "errors").map(([, value]: any) => value);
    const compiled = await compileExpect(probe("a", { expect: expected }));
    const ours = bodies.map((body) => bodyProblem(compiled, lazyBody(Buffer.from(body))) !== null);
    expect(errors).toEqual(ours);
  });

  test("judges the status, the text and the connection", async () => {
    const expected = { status: 404, contains: "gone", contentType: "Text/plain" };
    const typed = { "Content-Type": "text/plain; charset=utf-8" };
    const { added } = await runK6(plan({ probes: [probe("a", { expect: expected })] }), [
      // k6 gives 1404 for any 404, wanted or not.
      { status: 404, body: "gone", headers: typed, error_code: 1404 },
      { status: 404, body: "gone", error_code: 1404 },
      { status: 200, body: "gone", headers: typed },
      { status: 404, body: "here", headers: typed, error_code: 1404 },
      { status: 404, body: "gone", headers: typed, error_code: 1050 },
      { status: 0, body: null, error_code: 1212 },
    ]);
    expect(added.filter(([name]: any) => name === "good_answers").map(([, value]: any) => value)).toEqual([
      1, 0, 0, 0, 0, 0,
    ]);
    expect(added[0]).toEqual(["errors", false, "a"]);
  });
});
