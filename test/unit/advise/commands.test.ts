import { PassThrough } from "node:stream";
import path from "node:path";
import { beforeAll, expect, test } from "vitest";
import { allAdvice } from "../../../src/advise/advise.ts";
import { planTroubles } from "../../../src/advise/troubles.ts";
import type { Situation, Topic } from "../../../src/advise/types.ts";
import { main } from "../../../src/cli.ts";
import { models } from "../../../src/data/models.ts";
import { planModel } from "../../../src/plan/plan.ts";
import type { PlanInput } from "../../../src/plan/types.ts";
import fs from "node:fs/promises";
import os from "node:os";

/** Every command that is advised is one that this program takes: each is run, in a project. */

const topics: readonly Topic[] = ["latency", "first-token", "cold-start", "errors", "throughput", "cost", "fit"];

const apps: PlanInput[] = [
  { model: "all-minilm-l6-v2", task: "embeddings", mode: "local", concurrency: 4 },
  { model: "bge-small-en-v1.5", task: "embeddings", mode: "hybrid", requestsPerSecond: 20 },
  { model: "gpt-4o-mini", task: "chat", mode: "external", requestsPerMonth: 100_000 },
  { params: 400e6, task: "chat", mode: "local", concurrency: 2 },
  { model: "Qwen3-0.6B", task: "chat", mode: "local", target: "vercel" },
  { model: "use-lite", task: "classify", mode: "local", target: "cloudflare" },
];

function situationOf(app: PlanInput): Situation {
  const plan = planModel(app);
  const troubles = topics.map((topic) => ({
    topic,
    from: "alert" as const,
    text: topic,
    actual: null,
    limit: null,
    unit: "ms",
  }));
  return {
    troubles: [...troubles, ...planTroubles(plan)],
    plan,
    planWith: (change) => {
      try {
        return planModel({ ...app, ...change });
      } catch {
        return null;
      }
    },
    measured: null,
    parts: { routes: [], options: [] },
    models,
  };
}

const commands = [
  ...new Set(apps.flatMap((app) => allAdvice(situationOf(app), null, null).flatMap(({ command }) => command ?? []))),
];

let project: string;

beforeAll(async () => {
  const dir = await fs.mkdtemp(path.join(os.tmpdir(), "edge-ai-advise-"));
  project = path.join(dir, "app");
  const made = await run(["create", "app", "--task", "embeddings", "--yes", "--no-install", "--no-git", "--json"], dir);
  expect(made.code).toBe(0);
  return () => fs.rm(dir, { recursive: true });
});

async function run(args: readonly string[], cwd: string): Promise<{ code: number; stdout: string }> {
  const stdout = new PassThrough();
  const env = { EDGE_AI_OFFLINE: "1" };
  const io = {
    stdin: new PassThrough(),
    stdout,
    stderr: new PassThrough(),
    env,
    cwd,
    signal: AbortSignal.timeout(60_000),
  };
  const code = await main([...args], io);
  return { code, stdout: String(stdout.read()) };
}

test("there are plans, options, models and comparisons among them", () => {
  const kinds = new Set(commands.map((command) => command.split(" ")[1]));
  expect(kinds).toEqual(new Set(["add", "compare", "models", "plan"]));
});

test.each(commands)("%s", async (command) => {
  const [program, name = "", ...args] = command.split(" ");
  expect(program).toBe("edge-ai");
  if (name === "models") {
    // The weights are not here to be downloaded; that the model is known, and the command takes it, is.
    expect((await run(["models", "show", args[1] ?? "", "--offline", "--json"], project)).code).toBe(0);
    expect((await run(["models", "pull", "--help"], project)).stdout).toContain("[model]");
    return;
  }
  const offline = name === "add" ? ["--dry-run"] : ["--offline"];
  const { code, stdout } = await run([name, ...args, ...offline, "--json"], project);
  expect(JSON.parse(stdout)).not.toHaveProperty("error");
  // A plan may say no; that it could be made is what counts.
  expect([0, 1]).toContain(code);
});
