import fs from "node:fs/promises";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { HealthDocument } from "../../src/health/document.ts";
import { lastCheckFile, lastCheckText, readLastChecks } from "../../src/health/last-check.ts";
import { makeProject } from "../targets/fixture.ts";
import { tempDir, writeTree } from "../temp.ts";
import { json, startApp } from "../unit/health/app.ts";
import { passing } from "../unit/health/reports/results.ts";
import { runBin, type BinRun } from "./run.ts";

const config = (change: object = {}): string =>
  JSON.stringify({
    version: 1,
    name: "app",
    task: "embeddings",
    mode: "local",
    target: "local",
    model: { id: "all-minilm-l6-v2" },
    latencyBudgetMs: 300,
    ...change,
  });

const alert = (change: object = {}): object => ({
  version: 1,
  rule: "p95",
  state: "firing",
  metric: "p95Ms",
  value: 812,
  limit: 500,
  target: "vercel",
  at: "2026-11-23T10:00:00Z",
  ...change,
});

/** A run whose p95 is over its limit. */
function slow(): HealthDocument {
  const { document } = passing();
  const checks = document.checks
    .slice(0, 1)
    .map((check) => ({ ...check, limit: 100, actual: 400, verdict: "fail" as const, text: "slow" }));
  return { ...document, verdict: "fail", checks };
}

async function advise(dir: string, ...args: string[]): Promise<BinRun & { document: Record<string, unknown> }> {
  const run = await runBin(["advise", ...args, "--json"], { cwd: dir });
  return { ...run, document: JSON.parse(run.stdout) as Record<string, unknown> };
}

describe("edge-ai advise", () => {
  test("nowhere, with nothing: exit 2, and the command that makes something", async () => {
    const { code, document } = await advise(await tempDir());
    expect(code).toBe(2);
    expect(document).toMatchObject({
      error: { code: "NEEDS_INPUT", hint: expect.stringContaining("edge-ai healthcheck") },
    });
  });

  test("what was forbidden and limited in a plan stays so in its remedies", async () => {
    const dir = await tempDir();
    const asked = [
      "--no-third-party",
      "--cold-start-budget",
      "9000",
      "--monthly-requests",
      "1000000",
      "--budget",
      "15",
    ];
    const { stdout } = await runBin(["plan", "Mistral-7B", ...asked, "--json"], { cwd: dir });
    await writeTree(dir, { "plan.json": stdout });
    const { document } = await advise(dir, "--plan", "plan.json");
    const commands = (document["advice"] as { command: string | null }[]).map(({ command }) => command ?? "");
    const plans = commands.filter((command) => command.startsWith("edge-ai plan "));
    expect(plans).not.toEqual([]);
    for (const command of plans) {
      expect(command).toMatch(/--no-third-party|--mode local/);
      expect(command).toContain("--cold-start-budget 9000");
      expect(command).toMatch(/--budget \d/);
    }
  });

  test("a project that was never checked: its own plan, which fits: nothing to advise", async () => {
    const dir = await tempDir();
    await writeTree(dir, { "edge-ai.json": config() });
    const { code, document } = await advise(dir);
    expect(code).toBe(0);
    expect(document).toMatchObject({
      version: 1,
      from: { plan: "the plan of this project" },
      app: { model: "all-minilm-l6-v2", mode: "local" },
      troubles: [],
      advice: [],
    });
    expect((await runBin(["advise"], { cwd: dir })).stdout).toMatch(/^nothing to advise/);
  });

  test("the last health check of the project, with what was measured as the base", async () => {
    const dir = await tempDir();
    await writeTree(dir, {
      "edge-ai.json": config(),
      [lastCheckFile("local")]: lastCheckText("local", slow(), new Date("2026-11-23T11:00:00Z")),
    });
    const { code, document } = await advise(dir, "--explain");
    expect(code).toBe(0);
    expect(document).toMatchObject({
      from: { health: ".edge-ai/health/local.json of 2026-11-23T11:00Z", plan: null },
      troubles: [{ topic: "latency", from: "health check", actual: 400, limit: 100 }],
    });
    const [first] = document["advice"] as { remedy: string; effects: { before: number; after: number }[] }[];
    expect(first?.remedy).toBe("smaller model");
    expect(first?.effects[0]?.before).toBe(passing().document.measurement.latencyMs.p95);
    expect(document["explained"]).not.toEqual([]);
    const { stdout } = await runBin(["advise"], { cwd: dir });
    expect(stdout).toMatch(
      /What is wrong\n {2}✗ p95: .*\n\nRemedies, the largest expected gain first\n {2}1\. a smaller model/,
    );
    expect(stdout).toContain("     $ edge-ai models pull ");
  });

  test("--health takes what healthcheck --json printed", async () => {
    const dir = await tempDir();
    await writeTree(dir, { "health.json": JSON.stringify(passing().document) });
    const { code, document } = await advise(dir, "--health", "health.json");
    expect(code).toBe(0);
    expect(document).toMatchObject({ from: { health: "health.json" }, app: null, troubles: [], advice: [] });
    expect(document["warnings"]).toEqual([expect.stringContaining("no effect can be predicted")]);
  });

  test("alerts: what fires is wrong, what is resolved is not; the check of their target is the base", async () => {
    const dir = await tempDir();
    const { document: health } = passing();
    const resolved = alert({ rule: "cost", metric: "monthlyCostUsd", state: "resolved" });
    await writeTree(dir, {
      "edge-ai.json": config({ mode: "external", task: "chat", model: { id: "gpt-4o-mini" } }),
      "alerts.jsonl": [alert(), alert({ rule: "cost", metric: "monthlyCostUsd", at: "2026-11-22T10:00:00Z" }), resolved]
        .map((each) => JSON.stringify(each))
        .join("\n"),
      [lastCheckFile("local")]: lastCheckText("local", health, new Date("2026-11-23T11:00:00Z")),
      [lastCheckFile("vercel")]: lastCheckText("vercel", health, new Date("2026-11-21T11:00:00Z")),
    });
    const { code, document } = await advise(dir, "--alerts", "alerts.jsonl");
    expect(code).toBe(0);
    expect(document).toMatchObject({
      from: { alerts: "alerts.jsonl", health: expect.stringContaining("vercel.json") },
      troubles: [{ topic: "latency", from: "alert", actual: 812, limit: 500 }],
    });
    const commands = (document["advice"] as { command: string }[]).map(({ command }) => command);
    expect(commands).toContain("edge-ai add cache");
  });

  test("--plan takes what plan --json printed, anywhere", async () => {
    const dir = await tempDir();
    const plan = await runBin(["plan", "Qwen3-0.6B", "--mode", "local", "--json"], { cwd: dir });
    await writeTree(dir, { "plan.json": plan.stdout });
    const { code, document } = await advise(dir, "--plan", "plan.json");
    expect(code).toBe(0);
    expect(document).toMatchObject({ from: { plan: "plan.json", health: null }, app: { mode: "local" } });
    const troubles = document["troubles"] as { from: string; topic: string }[];
    expect(troubles.map(({ topic }) => topic)).toContain("first-token");
    expect((document["advice"] as unknown[]).length).toBeGreaterThan(2);
  });

  test.each([
    [["--health", "missing.json"], "BAD_CONFIG", "there is no"],
    [["--health", "plan.json"], "BAD_CONFIG", "plan.json has"],
    [["--plan", "health.json"], "BAD_CONFIG", "health.json has"],
    [["--alerts", "missing.jsonl"], "FILE", "missing.jsonl cannot be read"],
    [["--alerts", "health.json"], "BAD_CONFIG", "health.json has"],
    [["--plan", "broken.json"], "BAD_CONFIG", "broken.json is not valid JSON"],
  ])("%j cannot be answered: exit 2", async (args, error, message) => {
    const dir = await tempDir();
    await writeTree(dir, {
      "plan.json": '{"version":1}',
      "health.json": JSON.stringify({ ...passing().document, extra: 1 }),
      "broken.json": "{",
    });
    const { code, document } = await advise(dir, ...args);
    expect(code).toBe(2);
    expect(document).toMatchObject({ error: { code: error, message: expect.stringContaining(message) } });
  });
});

const exits: Readonly<Record<string, number>> = { pass: 0, fail: 1, inconclusive: 3 };
const check = (cwd: string, url: string): Promise<BinRun> =>
  runBin(["healthcheck", url, "--p95", "5s", "--rate", "50", "--max-requests", "20", "--json"], {
    cwd,
    env: { MY_API_KEY: "use-lite" },
  });

async function app(): Promise<string> {
  const { url, stop } = await startApp((_, response) => json(response, { data: [{ embedding: [1] }] }));
  onTestFinished(stop);
  return url;
}

/** A busy machine makes a run inconclusive: what is kept does not depend on it. */
describe("what a health check keeps", () => {
  test("its document as it was printed, without secrets, for the target that was checked", async () => {
    const dir = await tempDir();
    await writeTree(dir, { "edge-ai.json": config({ target: "vercel" }) });
    const { stdout } = await check(dir, await app());
    // The app names its model, which happens to be the secret here.
    expect(stdout).toContain('"modelId": "[secret]"');
    const kept = await readLastChecks(dir);
    expect(kept).toMatchObject([{ target: "local", health: JSON.parse(stdout) as object }]);
    expect(await fs.readdir(path.join(dir, ".edge-ai/health"))).toEqual(["local.json"]);
  });

  test("nothing outside a project", async () => {
    const dir = await tempDir();
    await check(dir, `${await app()}/api/x`);
    expect(await fs.readdir(dir)).toEqual([]);
  });

  test("a project that cannot be written to gets its answer and its exit code all the same", async () => {
    const dir = await tempDir();
    await writeTree(dir, { "edge-ai.json": config(), ".edge-ai": "a file where the folder should be" });
    const { code, stdout, stderr } = await check(dir, await app());
    expect(code).toBe(exits[(JSON.parse(stdout) as HealthDocument).verdict]);
    expect(stderr).toContain("the result is not kept for edge-ai compare");
  });

  test("deploy keeps what was seen last: of production its watch, else its gate", async () => {
    await using project = await makeProject();
    const { document } = await project.deploy("--prod");
    const [kept] = await readLastChecks(project.dir);
    expect(kept).toMatchObject({ target: "local", health: document.watch ?? document.health ?? { url: "none" } });
  }, 60_000);
});
