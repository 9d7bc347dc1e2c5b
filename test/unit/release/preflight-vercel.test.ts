// The checks that are about Vercel alone: its CLI, and what the project there says, asked through the real CLI.
import fs from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { MAX_FUNCTION_BYTES } from "../../../src/build/build.ts";
import { parseWith } from "../../../src/config/read.ts";
import { vercelJsonSchema } from "../../../src/build/vercel-json.ts";
import { startVercelApi, type VercelApi } from "../../../src/rehearse/vercel-api/vercel-api.ts";
import type { Finding } from "../../../src/release/preflight/check.ts";
import { vercelCliCheck } from "../../../src/release/preflight/vercel-cli.ts";
import { planProblems } from "../../../src/release/preflight/vercel-plan.ts";
import { vercelProjectCheck } from "../../../src/release/preflight/vercel-project.ts";
import { openProject } from "../../../src/release/preflight.ts";
import { refuseOutput } from "../../../src/release/refuse-output.ts";
import { createProject } from "../../rehearse/client.ts";
import { vercelEnv } from "../../targets/vercel.ts";
import { tempDir, writeTree } from "../../temp.ts";
import { config, findingsOf, io, writeProject } from "./preflight-project.ts";

const SLOW_MS = 60_000;

describe("the limits of the plan", () => {
  const FILE = "api/a.ts";
  const inFunction = (settings: object): object => ({ functions: { [FILE]: settings } });

  it.each<[plan: string | null, vercelJson: object, finds: [level: string, message: string][]]>([
    ["hobby", inFunction({ maxDuration: 300 }), []],
    ["hobby", inFunction({ maxDuration: 301 }), [["error", "maxDuration 301 s is over 300 s (plan: hobby)"]]],
    ["hobby", inFunction({ maxDuration: "max" }), []],
    ["pro", inFunction({ maxDuration: 800 }), []],
    ["pro", inFunction({ maxDuration: 801 }), [["warning", "801 s is over 800 s, which is a beta"]]],
    ["pro", inFunction({ maxDuration: 1_800 }), [["warning", "1800 s is over 800 s"]]],
    ["pro", inFunction({ maxDuration: 1_801 }), [["error", "1801 s is over 1800 s"]]],
    ["pro", inFunction({ maxDuration: "max" }), []],
    ["enterprise", inFunction({ maxDuration: 801 }), [["warning", "801 s is over 800 s"]]],
    ["enterprise", inFunction({ maxDuration: 1_801 }), [["error", "1801 s is over 1800 s"]]],
    ["hobby", { regions: ["fra1"] }, []],
    ["hobby", { regions: ["iad1", "fra1"] }, [["error", "2 regions, and 1 is possible"]]],
    ["hobby", { regions: ["iad1", "fra1"], ...inFunction({ regions: ["fra1"] }) }, []],
    ["hobby", inFunction({ regions: ["iad1", "fra1"] }), [["error", "2 regions"]]],
    ["pro", { regions: ["iad1", "fra1"] }, []],
    ["pro", inFunction({ functionFailoverRegions: ["fra1"] }), [["error", "needs the Enterprise plan (plan: pro)"]]],
    ["pro", { functionFailoverRegions: ["fra1"] }, [["error", "needs the Enterprise plan"]]],
    ["pro", { functionFailoverRegions: [] }, []],
    ["enterprise", { functionFailoverRegions: ["fra1"] }, []],
    [
      "hobby",
      { regions: ["a", "b"], ...inFunction({ maxDuration: 900 }) },
      [
        ["error", "900 s"],
        ["error", "2 regions"],
      ],
    ],
    [null, { regions: ["a", "b"], ...inFunction({ maxDuration: 3_600 }) }, []],
    ["of tomorrow", { regions: ["a", "b"], ...inFunction({ maxDuration: 3_600 }) }, []],
  ])("%s: %j", (plan, json, finds) => {
    const vercelJson = parseWith(vercelJsonSchema, json, "vercel.json");
    const found = planProblems({ vercelJson, functions: [FILE] }, plan);
    expect(found.map(({ level, message }) => [level, message])).toEqual(
      finds.map(([level, message]) => [level, expect.stringContaining(message)]),
    );
    for (const { message, hint } of found)
      expect([message, hint]).toEqual([expect.stringContaining(FILE), expect.stringMatching(/\S/)]);
  });
});

/** A program that says that it is that version. */
async function writeCli(dir: string, version: string): Promise<void> {
  await writeTree(dir, { vercel: `#!/bin/sh\necho "Vercel CLI ${version}" >&2\necho ${version}\n` });
  await fs.chmod(path.join(dir, "vercel"), 0o755);
}
const packageWith = (devDependencies: object): string => JSON.stringify({ engines: { node: "24.x" }, devDependencies });

async function checkCli(
  installed: { project?: string; path?: string; manifest?: object },
  target?: "local",
): Promise<Finding[]> {
  const dir = await writeProject({ "package.json": packageWith(installed.manifest ?? {}) });
  const PATH = await tempDir();
  if (installed.project !== undefined) {
    await writeCli(path.join(dir, "node_modules/.bin"), installed.project);
    const version = JSON.stringify({ version: installed.project });
    await writeTree(dir, { "node_modules/vercel/package.json": version });
  }
  if (installed.path !== undefined) await writeCli(PATH, installed.path);
  // The program on the PATH is a shell script: /bin is named in it.
  const project = await openProject({ ...io(), env: { PATH, HOME: PATH } }, dir, { targetName: target });
  return vercelCliCheck.run(project);
}

describe("Vercel CLI", () => {
  it.each<[what: string, installed: Parameters<typeof checkCli>[0], finds: [string, string][]]>([
    ["pinned in the project", { project: "58.4.4", manifest: { vercel: "58.4.4" } }, []],
    [
      "in the project as a range",
      { project: "58.4.4", manifest: { vercel: "^58.4.4" } },
      [["warning", '(58.4.4) is "^58.4.4" in package.json']],
    ],
    ["in the project and not in package.json", { project: "60.1.3" }, [["warning", "(60.1.3) is not in package.json"]]],
    ["on the PATH", { path: "60.1.3" }, [["warning", "(60.1.3) is the one of this machine"]]],
    [
      "on the PATH, pinned and not installed",
      { path: "60.1.3", manifest: { vercel: "58.4.4" } },
      [["warning", "is the one of this machine"]],
    ],
    ["too old", { project: "57.9.9", manifest: { vercel: "57.9.9" } }, [["error", "57.9.9 is older than 58.0.0"]]],
    [
      "too old, on the PATH",
      { path: "41.0.0" },
      [
        ["error", "41.0.0 is older"],
        ["warning", "machine"],
      ],
    ],
    [
      "in the project although another is on the PATH",
      { project: "58.4.4", path: "1.0.0", manifest: { vercel: "58.4.4" } },
      [],
    ],
    // npx takes the version that this one was tested with.
    ["nowhere", {}, [["warning", "npx vercel@58.4.4"]]],
  ])("%s", async (_what, installed, finds) => {
    const found = await checkCli(installed);
    expect(found.map(({ level, message }) => [level, message])).toEqual(
      finds.map(([level, message]) => [level, expect.stringContaining(message)]),
    );
    for (const { hint, code, level } of found) {
      expect(hint).toContain("--save-exact vercel@58.4.4");
      expect(code).toBe(level === "error" ? "MISSING_PROGRAM" : undefined);
    }
  });

  it("asks the program when its package is elsewhere", async () => {
    const dir = await writeProject({ "package.json": packageWith({ vercel: "57.0.0" }) });
    await writeCli(path.join(dir, "node_modules/.bin"), "57.0.0");
    const [finding] = await vercelCliCheck.run(await openProject(io(), dir));
    expect(finding).toMatchObject({ level: "error", message: expect.stringContaining("57.0.0 is older") });
  });

  it("is of no interest to another target", async () => {
    expect(await checkCli({ path: "1.0.0" }, "local")).toEqual([]);
  });
});

describe("Vercel project", () => {
  const VALUE = "valueOfAVariable";
  let api: VercelApi;
  let cliDir: string;
  let env: Record<string, string>;
  let projectId: string;
  beforeAll(async () => {
    api = await startVercelApi({ plan: "hobby" });
    ({ dir: cliDir, env } = await vercelEnv(api));
    env["VERCEL_TOKEN"] = "rehearsal";
    projectId = await createProject(api);
  });
  afterAll(async () => {
    await api.close();
    await fs.rm(cliDir, { recursive: true, force: true });
  });
  beforeEach(() => {
    api.protect(null);
    api.clearFaults();
    for (const project of api.projects) project.settings = {};
  });

  async function check(
    files: Record<string, string> = {},
    options: { env?: Record<string, string | undefined>; environment?: "preview" } = {},
  ): Promise<Finding[]> {
    const dir = await writeProject({
      "edge-ai.json": JSON.stringify({ ...config, targets: { vercel: { scope: "rehearsal" } } }),
      ...files,
    });
    const { env: more = {}, ...asked } = options;
    const own = io();
    return vercelProjectCheck.run(await openProject({ ...own, env: { ...own.env, ...env, ...more } }, dir, asked));
  }
  const settings = (value: Record<string, unknown>): void => {
    for (const project of api.projects) project.settings = value;
  };
  const setVariable = async (key: string, target: string[]): Promise<void> => {
    await fetch(`${api.url}/v10/projects/${projectId}/env?teamId=team_rehearsal&upsert=true`, {
      method: "POST",
      headers: { authorization: "Bearer rehearsal" },
      body: JSON.stringify({ key, value: VALUE, type: "encrypted", target }),
    });
  };

  it("has nothing to say about a project without surprises", { timeout: SLOW_MS }, async () => {
    expect(await check()).toEqual([]);
  });

  it(
    "is an error when a protected one could not be measured, and fine with the secret",
    { timeout: SLOW_MS },
    async () => {
      api.protect({ secret: "s" });
      expect(await check()).toEqual([
        expect.objectContaining({
          check: "Vercel project",
          level: "error",
          code: "PROTECTED",
          message: expect.stringContaining("is on (prod_deployment_urls_and_all_previews)"),
          hint: expect.stringContaining("VERCEL_AUTOMATION_BYPASS_SECRET"),
        }),
      ]);
      expect(await check({}, { env: { VERCEL_AUTOMATION_BYPASS_SECRET: "s" } })).toEqual([]);
    },
  );

  it(
    "warns when only previews are protected, unless a password stands before everything",
    { timeout: SLOW_MS },
    async () => {
      api.protect({ secret: "s", mode: "previews" });
      expect(await check()).toEqual([
        expect.objectContaining({ level: "warning", message: expect.stringMatching(/\(preview\).*previews cannot/) }),
      ]);
      settings({ passwordProtection: { deploymentType: "all_except_custom_domains" } });
      expect(await check()).toEqual([
        expect.objectContaining({ level: "error", message: expect.stringContaining("(all_except_custom_domains)") }),
      ]);
    },
  );

  it(
    "is an error when promotions roll out in stages, and warns of pushes that Vercel deploys",
    { timeout: SLOW_MS },
    async () => {
      const rollingRelease = { target: "production", stages: [{ targetPercentage: 25 }, { targetPercentage: 100 }] };
      const link = { type: "github", repo: "app", productionBranch: "trunk" };
      settings({ rollingRelease, link });
      expect(await check()).toEqual([
        expect.objectContaining({
          level: "error",
          code: "PLATFORM",
          message: expect.stringContaining("rolling releases are on"),
        }),
        expect.objectContaining({ level: "warning", message: expect.stringContaining("connected to Git") }),
      ]);
    },
  );

  it.each<[what: string, deploymentEnabled: unknown, warns: boolean]>([
    ["no branch is deployed", false, false],
    ["the production branch is not", { trunk: false, dev: true }, false],
    ["another branch is not", { dev: false }, true],
    ["no pattern is, but one says so", { "*": false, "tr*": true }, true],
    ["every one is", true, true],
  ])(
    "pushes are no surprise when vercel.json says: %s",
    { timeout: SLOW_MS },
    async (_what, deploymentEnabled, warns) => {
      settings({ link: { type: "github", productionBranch: "trunk" } });
      const found = await check({ "vercel.json": JSON.stringify({ git: { deploymentEnabled } }) });
      expect(found.map(({ level }) => level)).toEqual(warns ? ["warning"] : []);
    },
  );

  it("names the variables that are missing, and never a value", { timeout: SLOW_MS }, async () => {
    await setVariable("THERE", ["production", "preview"]);
    await setVariable("IN_PREVIEW", ["preview"]);
    api.share({ key: "OF_THE_TEAM", target: ["production"], projectId: [projectId] });
    api.share({ key: "OF_ANOTHER", target: ["production"], projectId: ["prj_other"] });
    const example = { ".env.example": "THERE=\nIN_PREVIEW=\nOF_THE_TEAM=\nOF_ANOTHER=\n# OPTIONAL=\n" };
    const found = await check(example);
    expect(found).toEqual([
      expect.objectContaining({
        level: "error",
        message: "variables of .env.example that production does not have: IN_PREVIEW, OF_ANOTHER",
        hint: expect.stringContaining("vercel env add IN_PREVIEW production"),
      }),
    ]);
    expect(JSON.stringify(found)).not.toContain(VALUE);
    const inPreview = await check(example, { environment: "preview" });
    expect(inPreview).toMatchObject([
      { message: expect.stringMatching(/preview does not have: OF_ANOTHER, OF_THE_TEAM$/) },
    ]);
  });

  it("looks at the limits of the team's plan", { timeout: SLOW_MS }, async () => {
    const functions = { "api/a.ts": { maxDuration: 301 } };
    expect(await check({ "vercel.json": JSON.stringify({ functions }) })).toEqual([
      expect.objectContaining({ level: "error", message: expect.stringContaining("(plan: hobby)") }),
    ]);
  });

  it("without a token asks nobody, and says so", async () => {
    const before = api.calls.length;
    // A program that is called would make the check fail.
    const PATH = await tempDir();
    await writeTree(PATH, { vercel: "#!/bin/sh\nexit 9\n" });
    await fs.chmod(path.join(PATH, "vercel"), 0o755);
    const found = await check({ ".env.example": "A=\n" }, { env: { VERCEL_TOKEN: undefined, PATH } });
    expect(found).toEqual([
      {
        check: "Vercel project",
        level: "warning",
        message: "what only Vercel knows was not checked: there is no token",
        hint: "set VERCEL_TOKEN, or run vercel login",
      },
    ]);
    expect(api.calls).toHaveLength(before);
  });

  it.each<[what: string, fault: Parameters<VercelApi["inject"]>[0], message: RegExp]>([
    [
      "refuses the token",
      { endpoint: "project", kind: "bad-token" },
      /^the project's settings, variables and plan were not checked: .*/,
    ],
    [
      "hides the variables",
      { endpoint: "listEnv", kind: { status: 403 } },
      /^the project's variables were not checked: /,
    ],
    ["hides the team", { endpoint: "team", kind: { status: 403 } }, /^the limits of the plan were not checked: /],
  ])(
    "warns of what was not checked when Vercel %s, and keeps the rest",
    { timeout: SLOW_MS },
    async (_what, fault, message) => {
      settings({ rollingRelease: { target: "production" } });
      api.inject(fault);
      const found = await check({ ".env.example": "THERE=\n" });
      const rest = fault.endpoint === "project" ? [] : [expect.stringContaining("rolling releases")];
      expect(found.map((finding) => finding.message)).toEqual([...rest, expect.stringMatching(message)]);
      expect(found.at(-1)).toMatchObject({ level: "warning", hint: expect.stringMatching(/\S/) });
    },
  );

  it("warns when nobody answers", { timeout: SLOW_MS }, async () => {
    const dir = await tempDir();
    await writeTree(dir, { "com.vercel.cli/config.json": '{"api":"http://127.0.0.1:9"}' });
    const found = await check({}, { env: { XDG_DATA_HOME: dir } });
    expect(found).toMatchObject([
      { level: "warning", message: expect.stringMatching(/were not checked: vercel api exited with/) },
    ]);
  });

  it("has nothing to say about a project that is not there yet, or another target", { timeout: SLOW_MS }, async () => {
    const nobody = JSON.stringify({ ...config, name: "nobody", targets: { vercel: { scope: "rehearsal" } } });
    expect(await check({ "edge-ai.json": nobody })).toEqual([]);
    expect(await findingsOf(vercelProjectCheck, await writeProject(), "local")).toEqual([]);
  });
});

const refuse = (dir: string): Promise<void> => refuseOutput(dir, path.join(dir, ".vercel/output"));

describe("what `vercel build` made", () => {
  const FUNC = ".vercel/output/functions/api/a.func";
  const CONFIG = { runtime: "nodejs24.x", handler: "index.mjs", launcherType: "Nodejs" };

  it("passes one byte below the limit, and not at it", async () => {
    const dir = await writeProject({
      [`${FUNC}/.vc-config.json`]: JSON.stringify(CONFIG),
      [`${FUNC}/node_modules/@big/one/x.node`]: "",
      [`${FUNC}/node_modules/small/x.js`]: "x",
    });
    const rest = JSON.stringify(CONFIG).length + 1;
    const big = path.join(dir, FUNC, "node_modules/@big/one/x.node");
    await fs.truncate(big, MAX_FUNCTION_BYTES - rest - 1);
    await refuse(dir);
    await fs.truncate(big, MAX_FUNCTION_BYTES - rest);
    await expect(refuse(dir)).rejects.toMatchObject({
      code: "TOO_LARGE",
      message: expect.stringMatching(
        /^api\/a has 262144000 bytes, .*: @big\/one 262143\d{3}, the project \d+, small 1$/,
      ),
    });
  });

  it("publishes what is in public/, and what a framework made, but no file of the project or with the name of a secret", async () => {
    const dir = await writeProject({
      "index.html": "source",
      "lib/a.js": "same",
      ".vercel/output/static/index.html": "made of it",
      ".vercel/output/static/assets/x.js": "made",
    });
    await refuse(dir);
    await writeTree(dir, { ".vercel/output/static/lib/a.js": "same", ".vercel/output/static/secrets/key.pem": "made" });
    await expect(refuse(dir)).rejects.toMatchObject({
      code: "BUILD_FAILED",
      message: expect.stringMatching(/not in public\/: lib\/a\.js, secrets\/key\.pem$/),
    });
  });
});
