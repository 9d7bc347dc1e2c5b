// `edge-ai env check` as a user runs it: names on this machine, and on Vercel through the real CLI.
import fs from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startVercelApi, type VercelApi } from "../../src/rehearse/vercel-api/vercel-api.ts";
import { ask, createProject } from "../rehearse/client.ts";
import { vercelEnv } from "../targets/vercel.ts";
import { tempDir, writeTree } from "../temp.ts";
import { runBin, type BinRun } from "./run.ts";

const SLOW_MS = 180_000;
const VALUE = "valueThatNobodyPrints";
const EXAMPLE = "A=\nB=\n# C=\n";
const CODE = `export default { fetch: () => new Response(process.env.A ?? process.env.LATER) };`;

async function makeProject(target: "local" | "vercel", files: Record<string, string> = {}): Promise<string> {
  const dir = await tempDir("edge-ai-env ü");
  const config = {
    version: 1,
    name: "app",
    task: "embeddings",
    mode: "local",
    target,
    model: { id: "m", path: "models/m" },
    latencyBudgetMs: 300,
    targets: target === "local" ? {} : { vercel: { scope: "rehearsal" } },
  };
  await writeTree(dir, { "edge-ai.json": JSON.stringify(config), ".env.example": EXAMPLE, "api/a.ts": CODE, ...files });
  return dir;
}

/** The rows of C and of what the code reads without listing it. */
const optional = { name: "C", need: "optional", present: false };
const unlisted = { name: "LATER", need: "unlisted", present: false };
const required = (name: string, present: boolean): object => ({ name, need: "required", present });

describe("on this machine", () => {
  it.each<[what: string, env: string, present: [a: boolean, b: boolean], code: number]>([
    ["all are there", `A=${VALUE}\nB="${VALUE}"\n`, [true, true], 0],
    ["one is missing", `A=${VALUE}\n`, [true, false], 1],
    ["one has no value, as in a copy of the example", `A=${VALUE}\nB=\n`, [true, false], 1],
    ["there is no file", "", [false, false], 1],
  ])("%s", async (_what, env, [a, b], code) => {
    const dir = await makeProject("local", env === "" ? {} : { ".env.local": env });
    const json = await runBin(["env", "check", "--json"], { cwd: dir });
    const missing = [...(a ? [] : ["A"]), ...(b ? [] : ["B"])];
    expect(JSON.parse(json.stdout)).toEqual({
      version: 1,
      target: "local",
      environment: "production",
      variables: [required("A", a), required("B", b), optional, unlisted],
      missing,
      ok: code === 0,
    });
    const text = await runBin(["env", "check"], { cwd: dir });
    expect([json.code, text.code]).toEqual([code, code]);
    expect(text.stdout).toBe(
      [
        `local (.env.local): ${code === 0 ? "every required variable is there" : `${missing.length} of 2 required variables are missing`}`,
        `  ${a ? "✓" : "✗"} A`,
        `  ${b ? "✓" : "✗"} B`,
        "  - C (optional)",
        "  - LATER (read by the code, not in .env.example)",
        "",
      ].join("\n"),
    );
    for (const { stdout, stderr } of [json, text]) expect(stdout + stderr).not.toContain(VALUE);
  });

  it("nothing is required without an example", async () => {
    const dir = await makeProject("local", { "api/a.ts": "export default {};" });
    await fs.rm(`${dir}/.env.example`);
    const run = await runBin(["env", "check"], { cwd: dir });
    expect(run).toEqual({
      code: 0,
      stdout: "local (.env.local): no variable is required by .env.example\n",
      stderr: "",
    });
  });
});

describe("on Vercel", () => {
  let api: VercelApi;
  let cliDir: string;
  let env: Record<string, string>;
  let projectId: string;
  beforeAll(async () => {
    // A token's default team is not the project's.
    api = await startVercelApi({ defaultTeam: "other-team" });
    ({ dir: cliDir, env } = await vercelEnv(api));
    projectId = await createProject(api);
    await set("A", ["production", "preview"]);
    await set("B", ["preview"]);
  }, SLOW_MS);
  afterAll(async () => {
    await api.close();
    await fs.rm(cliDir, { recursive: true, force: true });
  });

  const set = (key: string, target: string[]): Promise<unknown> =>
    ask(api, "POST", `/v10/projects/${projectId}/env`, { key, value: VALUE, type: "encrypted", target });

  async function check(args: string[], files: Record<string, string> = {}, more: object = {}): Promise<BinRun> {
    const dir = await makeProject("vercel", files);
    const run = await runBin(["env", "check", ...args], {
      cwd: dir,
      env: { ...env, VERCEL_TOKEN: "rehearsal", VERCEL_ORG_ID: "", VERCEL_PROJECT_ID: "", ...more },
    });
    expect(run.stdout + run.stderr).not.toContain(VALUE);
    return run;
  }

  it("one that only previews have is missing in production", { timeout: SLOW_MS }, async () => {
    const text = await check([]);
    expect(text.stdout).toMatch(
      /^vercel, production: 1 of 2 required variables are missing\n {2}✓ A\n {2}✗ B\n {2}- C /,
    );
    expect([text.code, text.stderr]).toEqual([1, ""]);
    const json = await check(["--json"]);
    expect(JSON.parse(json.stdout)).toEqual({
      version: 1,
      target: "vercel",
      environment: "production",
      variables: [required("A", true), required("B", false), optional, unlisted],
      missing: ["B"],
      ok: false,
    });
    expect(json.code).toBe(1);
  });

  it("previews have all", { timeout: SLOW_MS }, async () => {
    const { code, stdout } = await check(["--environment", "preview", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ environment: "preview", missing: [], ok: true });
    expect(code).toBe(0);
  });

  it("one of the team counts, optional and unlisted ones are never missing", { timeout: SLOW_MS }, async () => {
    api.share({ key: "SHARED", target: ["production"], projectId: [projectId] });
    const { code, stdout } = await check([], { ".env.example": "A=\nSHARED=\n# B=\n" });
    expect(stdout).toBe(
      [
        "vercel, production: every required variable is there",
        "  ✓ A",
        "  ✓ SHARED",
        "  - B (optional)",
        "  - LATER (read by the code, not in .env.example)",
        "",
      ].join("\n"),
    );
    expect(code).toBe(0);
  });

  it("a project that is not there yet has none", { timeout: SLOW_MS }, async () => {
    const nobody = JSON.parse(await fs.readFile(`${await makeProject("vercel")}/edge-ai.json`, "utf8")) as object;
    const { code, stdout } = await check(["--json"], { "edge-ai.json": JSON.stringify({ ...nobody, name: "nobody" }) });
    expect(JSON.parse(stdout)).toMatchObject({ missing: ["A", "B"] });
    expect(code).toBe(1);
  });

  it.each<[what: string, env: object, code: string]>([
    ["there is no token", { VERCEL_TOKEN: "", HOME: "/nonexistent" }, "NO_ACCESS"],
    ["the token is not valid", { VERCEL_TOKEN: "another" }, "NO_ACCESS"],
  ])("there is no answer when %s", { timeout: SLOW_MS }, async (_what, more, code) => {
    const run = await check(["--json"], {}, more);
    expect(JSON.parse(run.stdout)).toMatchObject({
      error: { code, hint: expect.stringMatching(/VERCEL_TOKEN|token/) },
    });
    expect(run.code).toBe(2);
  });

  it("there is no answer when Vercel fails", { timeout: SLOW_MS }, async () => {
    api.inject({ endpoint: "listEnv", kind: { status: 500 } });
    const run = await check(["--json"]);
    api.clearFaults();
    expect(JSON.parse(run.stdout)).toMatchObject({ error: { code: "PLATFORM" } });
    expect(run.code).toBe(2);
  });
});
