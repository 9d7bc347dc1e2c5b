import { describe, expect, test } from "vitest";
import { parse } from "../../../../src/targets/cloudflare/answers.ts";
import { wranglerArgs } from "../../../../src/targets/cloudflare/command-lines.ts";
import { deploymentOf, hostsOf } from "../../../../src/targets/cloudflare/deployment.ts";
import { failureOf, isNotFound } from "../../../../src/targets/cloudflare/failures.ts";
import { shareMessage, shareNote, versionMessage, versionNote } from "../../../../src/targets/cloudflare/notes.ts";

const ID = "7bcbd6c5-5df1-4847-8242-e70e460edb20";
const OTHER = "0850f7b2-d435-4fa1-a7b9-f7c71ec4a5fb";

describe("what a version remembers", () => {
  test.each([
    { environment: "production", upload: "0a1b2c3d", knownGood: OTHER },
    { environment: "preview", upload: "0a1b2c3d", knownGood: null },
  ] as const)("comes back: %j", (note) => {
    const message = versionMessage(note);
    expect(versionNote(message)).toEqual(note);
    expect(message.length).toBeLessThan(100);
  });

  test("is nothing when somebody else made it", () => {
    expect(versionNote("edge-ai production, by hand")).toBeNull();
    expect(versionNote(undefined)).toBeNull();
  });

  test("of a share: whose the traffic is", () => {
    expect(shareNote(shareMessage(ID, OTHER))).toEqual({ of: ID, from: OTHER });
    expect(shareNote("rollback")).toBeNull();
  });
});

describe("command lines", () => {
  test("an upload names its secrets by a file only", () => {
    const args = wranglerArgs.upload({
      configFile: "w.json",
      name: "app",
      tag: "b1",
      message: "m",
      secretsFile: "s.json",
    });
    expect(args.join(" ")).toBe(
      "versions upload --config w.json --name app --tag b1 --message m --secrets-file s.json",
    );
  });

  test("a split, and no version without a name", () => {
    const shares = [
      { id: ID, percentage: 0 },
      { id: OTHER, percentage: 100 },
    ];
    expect(wranglerArgs.deployVersions("app", shares, "m").join(" ")).toBe(
      `versions deploy ${ID}@0% ${OTHER}@100% --yes --name app --message m`,
    );
    expect(() => wranglerArgs.deployVersions("app", [{ id: "", percentage: 100 }], "m")).toThrow("none is named");
  });
});

const version = {
  id: ID,
  metadata: { created_on: "2026-11-23T23:26:55.915Z" },
  annotations: {
    "workers/tag": "b1",
    "workers/message": versionMessage({ environment: "production", upload: "u1", knownGood: OTHER }),
  },
  resources: { bindings: [{ name: "K", type: "secret_text", text: "secret-value" }] },
};
const subdomain = {
  enabled: true,
  previews_enabled: true,
  url: "https://app.acme.workers.dev",
  preview_url_suffix: "-app.acme.workers.dev",
};

describe("a version", () => {
  test("is a deployment with a preview host, and brings no values along", () => {
    const made = deploymentOf(parse.version(JSON.stringify(version)), hostsOf(subdomain));
    expect(made).toEqual({
      id: ID,
      url: "https://7bcbd6c5-app.acme.workers.dev",
      requestHeaders: {},
      buildId: ID,
      builtFrom: "b1",
      isForeign: false,
      createdAt: "2026-11-23T23:26:55.915Z",
      environment: "production",
      knownGood: OTHER,
    });
    expect(JSON.stringify(parse.version(JSON.stringify(version)))).not.toContain("secret-value");
  });

  test("of somebody else is foreign, whatever its tag", () => {
    const theirs = { ...version, annotations: { "workers/tag": "b1" } };
    expect(deploymentOf(parse.version(JSON.stringify(theirs)), hostsOf(subdomain))).toMatchObject({
      isForeign: true,
      builtFrom: ID,
      knownGood: null,
    });
  });

  test("on loopback is told apart by its host header", () => {
    const hosts = hostsOf({
      ...subdomain,
      url: "http://127.0.0.1:4000",
      preview_url_suffix: "-app.rehearsal.workers.dev",
    });
    expect(deploymentOf(parse.version(JSON.stringify(version)), hosts)).toMatchObject({
      url: "http://127.0.0.1:4000",
      requestHeaders: { host: "7bcbd6c5-app.rehearsal.workers.dev" },
    });
  });

  test("that cannot be understood does not quote what was said", () => {
    expect(() => parse.version('{"text":"secret-value"}')).toThrow(/^((?!secret-value).)*$/s);
  });
});

const failed = (stderr: string) => ({ exitCode: 1, stdout: "", stderr });

test.each([
  ['{"loggedIn":false}', "NO_ACCESS", "CLOUDFLARE_API_TOKEN"],
  ["Authentication error [code: 10000]", "NO_ACCESS", "CLOUDFLARE_API_TOKEN"],
  ["Script startup exceeded CPU time limit. [code: 10021]", "PLATFORM", "1 second"],
  ["too big [code: 10027]", "TOO_LARGE", "64 MiB"],
  ["no such secret [code: 10057]", "BAD_CONFIG", ".env.local"],
  ["Please wait and consider throttling your request speed [code: 971]", "PLATFORM", "wait a minute"],
  ["Bad gateway [code: 10013]", "PLATFORM", "cloudflarestatus"],
  ["fetch failed", "PLATFORM", "cloudflarestatus"],
  ["something new", "PLATFORM", "run the same command again"],
])("wrangler says %j: %s", (said, code, hint) => {
  const failure = failureOf("versions upload", failed(`\u001B[31m✘ [ERROR]\u001B[0m ${said}`));
  expect(failure).toMatchObject({ code, hint: expect.stringContaining(hint) });
  expect(failure.message).toContain(said);
});

test("a Worker that is not there is told from one that may not be seen", () => {
  expect(isNotFound(failed("This Worker does not exist on your account. [code: 10007]"))).toBe(true);
  expect(isNotFound(failed("Authentication error [code: 10000]"))).toBe(false);
  expect(isNotFound({ exitCode: 0, stdout: "", stderr: "[code: 10007]" })).toBe(false);
});
