import { describe, expect, test } from "vitest";
import { deploymentOf, parse, urlOf } from "../../../../src/targets/vercel/answers.ts";

const flat = {
  id: "dpl_1",
  url: "https://app-1-team.vercel.app",
  inspectorUrl: "https://vercel.com/team/app/1",
  readyState: "READY",
  target: "production",
};

describe("what vercel deploy prints", () => {
  test("is a flat document", () => {
    expect(parse.staged(JSON.stringify(flat))).toMatchObject({ id: "dpl_1", readyState: "READY" });
  });

  // Trap 10; the shape that 58.4.4 and 60.1.3 print with --non-interactive.
  test("is a wrapped one when the CLI believes that an agent runs it", () => {
    const wrapped = {
      status: "ok",
      deployment: flat,
      message: "Deployment ready.",
      next: [{ command: "vercel curl" }],
    };
    expect(parse.staged(JSON.stringify(wrapped))).toMatchObject({ id: "dpl_1", url: flat.url });
  });

  test("is nothing, with exit code 0, when its connection was cut", () => {
    expect(() => parse.list("\n")).toThrow(
      expect.objectContaining({ code: "PLATFORM", hint: expect.stringContaining("run the same command again") }),
    );
    expect(() => parse.list("")).toThrow(/printed nothing about vercel list/);
  });

  test.each<[string, string]>([
    ["nothing", ""],
    ["a bare URL", "https://app-1-team.vercel.app"],
    ["an empty id", JSON.stringify({ ...flat, id: "" })],
    ["an empty URL", JSON.stringify({ ...flat, url: "" })],
    ["no id", JSON.stringify({ ...flat, id: undefined })],
    ["a refusal", JSON.stringify({ status: "error", reason: "deploy_failed", message: "no", next: [] })],
    ["an empty id in the wrapped shape", JSON.stringify({ status: "ok", deployment: { ...flat, id: "" } })],
  ])("is refused when it is %s", (_, text) => {
    expect(() => parse.staged(text)).toThrow(expect.objectContaining({ code: "PLATFORM" }));
  });

  test("is refused without being quoted, since it may hold values of variables", () => {
    expect(() => parse.variables('{"envs":[{"key":1,"value":"hunter2"}]}')).toThrow(/^(?!.*hunter2)/);
  });
});

describe("a deployment of the API", () => {
  const api = { id: "dpl_1", url: "app-1.vercel.app", target: "production", readyState: "READY", createdAt: 0 };

  test("carries its build and its known-good one", () => {
    const made = parse.deployment(JSON.stringify({ ...api, meta: { buildId: "b1", knownGood: "dpl_0" } }));
    expect(deploymentOf(made, {})).toEqual({
      id: "dpl_1",
      url: "https://app-1.vercel.app",
      requestHeaders: {},
      buildId: "b1",
      builtFrom: "b1",
      isForeign: false,
      createdAt: "1970-01-01T00:00:00.000Z",
      environment: "production",
      knownGood: "dpl_0",
    });
  });

  test.each<[string, object, string]>([
    ["the commit, which a plain vercel build answers with", { githubCommitSha: "c0ffee" }, "c0ffee"],
    ["its id", {}, "dpl_1"],
  ])("that edge-ai did not make has as its build %s", (_, meta, buildId) => {
    expect(deploymentOf(parse.deployment(JSON.stringify({ ...api, meta })), {})).toMatchObject({
      buildId,
      isForeign: true,
      knownGood: null,
    });
  });

  test.each<[unknown, string]>([
    ["production", "production"],
    ["preview", "preview"],
    [null, "preview"],
    [undefined, "preview"],
  ])("with the target %s is one of %s", (target, environment) => {
    expect(deploymentOf(parse.deployment(JSON.stringify({ ...api, target })), {})).toMatchObject({ environment });
  });

  test("has no scheme, and on loopback no certificate", () => {
    expect(urlOf("app.vercel.app")).toBe("https://app.vercel.app");
    expect(urlOf("https://app.vercel.app")).toBe("https://app.vercel.app");
    expect(urlOf("127.0.0.1:4100")).toBe("http://127.0.0.1:4100");
    expect(urlOf("127.0.0.1.evil.example")).toBe("https://127.0.0.1.evil.example");
  });
});

test("production domains are not those of a branch, unverified ones, or those that only redirect", () => {
  const domains = [
    { name: "www.example.com", redirect: "example.com", verified: true },
    { name: "dev.example.com", gitBranch: "dev", verified: true },
    { name: "new.example.com", verified: false },
    { name: "app.vercel.app", redirect: null, gitBranch: null, verified: true },
    { name: "example.com", verified: true },
    { name: "*.example.com", verified: true },
  ];
  expect(parse.productionDomains(JSON.stringify({ domains }))).toEqual(["app.vercel.app", "example.com"]);
});

test("variables are read without their values", () => {
  const envs = [
    { key: "A", value: "secret", target: ["production"] },
    { key: "B", value: "secret", target: "preview" },
  ];
  expect(parse.variables(JSON.stringify({ envs }))).toEqual([
    { key: "A", target: ["production"] },
    { key: "B", target: ["preview"] },
  ]);
});
