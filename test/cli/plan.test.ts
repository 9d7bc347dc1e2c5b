import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Measured } from "../../src/plan/types.ts";
import { runBin } from "./run.ts";

async function planJson(...args: string[]) {
  const run = await runBin(["plan", ...args, "--json"]);
  return { ...run, document: JSON.parse(run.stdout) as unknown };
}

describe("edge-ai plan", () => {
  test.each([
    [["--params", "0.999B", "--task", "chat"], "small", "hybrid"],
    [["--params", "1B"], "medium", "hybrid"],
    [["--params", "7B"], "medium", "hybrid"],
    [["--params", "7.000001B"], "large", "external"],
    [["Mistral-7B"], "medium", "hybrid"],
    [["Llama-3.1-8B"], "large", "external"],
    [["use-lite", "--latency-budget", "300"], "small", "local"],
    [["--model", "use-lite", "--latency-budget", "5ms"], "small", "hybrid"],
  ])("%j is %s and %s", async (args, size, mode) => {
    const { code, document, stderr } = await planJson(...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(document).toMatchObject({ version: 1, fits: true, mode, platform: "vercel", model: { class: size } });
  });

  test("every flag is used", async () => {
    const flags = ["--concurrency", "2", "--rps", "100", "--tokens-in", "32", "--tokens-out", "4", "--memory", "4096"];
    const more = ["--vcpus", "2", "--cold-start-budget", "1s", "--regions", "fra1, iad1", "--target", "vercel"];
    const { document } = await planJson("use-lite", ...flags, ...more);
    expect(document).toMatchObject({
      fits: true,
      function: { memoryMb: 4096, vcpus: 2, regions: ["fra1", "iad1"] },
      instances: { concurrencyPerInstance: 2, needed: 1 },
      platformReason: "--target vercel was asked for",
    });
    expect(JSON.stringify(document)).toMatch(/32 tokens in.*"cold-start"/);
  });

  test("text starts with the decision and is all on stdout", async () => {
    const { code, stdout, stderr } = await runBin(["plan", "use-lite"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^local on vercel — embeddings with use-lite/);
  });

  test("nothing fits: exit 1, with what would", async () => {
    const { code, document } = await planJson("Qwen3-0.6B", "--mode", "local");
    expect(code).toBe(1);
    expect(document).toMatchObject({ fits: false, nearest: [{ kind: "model" }, { kind: "mode" }] });
  });

  test("an unknown model: exit 2 and the three nearest names", async () => {
    const { code, document, stderr } = await planJson("lama-3.2");
    expect(code).toBe(2);
    expect(document).toMatchObject({ version: 1, error: { code: "UNKNOWN_MODEL" } });
    expect(stderr).toMatch(/did you mean llama-3\.2-[13]b-instruct, llama-3\.2-[13]b-instruct, [a-z0-9.-]+\?/);
  });

  test.each([
    [["use-lite", "--model", "bert-base"], 'two models: "use-lite" and --model "bert-base"'],
    [["use-lite", "--regions", "mars1"], 'Vercel has no region "mars1"'],
    [["use-lite", "--memory", "9000"], "--memory 9000 is more than the 4096"],
    [["use-lite", "--latency-budget", "soon"], '--latency-budget cannot be "soon"'],
  ])("%j cannot be answered: exit 2", async (args, message) => {
    const { code, document } = await planJson(...args);
    expect(code).toBe(2);
    expect(document).toMatchObject({ error: { code: "USAGE", message: expect.stringContaining(message) } });
  });

  test("--no-third-party forbids external mode: exit 1, with what would fit", async () => {
    const { code, document } = await planJson("Llama-3.1-8B", "--no-third-party");
    expect(code).toBe(1);
    expect(document).toMatchObject({
      mode: "external",
      nearest: [{ kind: "model" }, { kind: "third-party", without: ["--no-third-party"] }],
    });
  });

  test("--no-stream judges a chat by its whole answer", async () => {
    const { document } = await planJson("smollm2-135m-instruct", "--no-stream");
    expect(document).toMatchObject({ workload: { streaming: false }, latencyBudgetMs: 10_000 });
    expect(JSON.stringify(document)).toContain('"latency-p95"');
  });

  test("a month of traffic is priced, and held against the budget", async () => {
    const { code, document, stderr } = await planJson("use-lite", "--monthly-requests", "3000000", "--budget", "500");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(document).toMatchObject({
      workload: { requestsPerMonth: 3_000_000 },
      monthlyCost: { usd: expect.any(Number), text: expect.stringContaining("3,000,000 requests") },
    });
    const over = await planJson("use-lite", "--monthly-requests", "3000000", "--budget", "1", "--mode", "local");
    expect(over.code).toBe(1);
    expect(JSON.stringify(over.document)).toContain('"monthly-cost"');
  });

  test("--explain says where every number comes from, in text and in JSON", async () => {
    const { document } = await planJson("use-lite", "--explain");
    expect(document).toMatchObject({
      explained: expect.arrayContaining([expect.objectContaining({ what: "p95 (local)" })]),
    });
    const { stdout } = await runBin(["plan", "use-lite", "--explain"]);
    expect(stdout).toMatch(/\n\nWhere the numbers come from\n {2}parameters: 6975914 parameters/);
    expect(Object.keys((await planJson("use-lite")).document as object)).not.toContain("explained");
  });

  test("in a project without a model, its own is planned, and flags win", async () => {
    const cwd = await emptyFolder();
    const config = {
      version: 1,
      name: "ours",
      task: "chat",
      mode: "hybrid",
      model: { id: "mistral-7b-instruct-v0.3" },
    };
    await fs.writeFile(path.join(cwd, "edge-ai.json"), JSON.stringify({ ...config, latencyBudgetMs: 700 }));
    const { stdout, stderr } = await runBin(["plan", "--json"], { cwd });
    expect(stderr).toContain("planned as edge-ai.json says (mistral-7b-instruct-v0.3, chat, hybrid)");
    expect(JSON.parse(stdout)).toMatchObject({ task: "chat", mode: "hybrid", latencyBudgetMs: 700 });
    const forced = await runBin(["plan", "--json", "--mode", "external", "--latency-budget", "900"], { cwd });
    expect(JSON.parse(forced.stdout)).toMatchObject({ mode: "external", latencyBudgetMs: 900 });
    const named = await runBin(["plan", "use-lite", "--json"], { cwd });
    expect(named.stderr).toBe("");
    expect(JSON.parse(named.stdout)).toMatchObject({ model: { id: "use-lite" }, task: "embeddings" });
    await fs.writeFile(path.join(cwd, "edge-ai.json"), "{}");
    expect(await runBin(["plan"], { cwd })).toMatchObject({ code: 2, stderr: expect.stringContaining("edge-ai.json") });
  });

  test("what was measured in a project is planned with, and a broken lock is an error", async () => {
    const cwd = await emptyFolder();
    const measured: Measured = {
      modelId: "use-lite",
      engine: "onnx",
      dtype: "q8",
      standIn: false,
      tokensIn: 64,
      tokensOut: 0,
      concurrency: 1,
      p95Ms: 41.5,
      firstTokenMs: null,
      tokensPerSecond: null,
      cpuMs: 40,
      coldStartMs: 900,
      memoryBytes: 2e8,
      bundleBytes: 6e7,
      requests: 60,
      machine: "some machine",
      measuredAt: "2026-11-23T10:00:00.000Z",
    };
    const lock = path.join(cwd, "edge-ai.lock.json");
    await fs.writeFile(lock, JSON.stringify({ version: 1, measured: [measured] }));
    const { code, stdout } = await runBin(["plan", "use-lite"], { cwd });
    expect(code).toBe(0);
    expect(stdout).toContain("p95 41.5 ms is within 300 ms: measured on some machine, 2026-11-23");
    await fs.writeFile(lock, JSON.stringify({ version: 1, measured: [{ ...measured, p95Ms: "fast" }] }));
    expect(await runBin(["plan", "use-lite"], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("p95Ms"),
    });
  });

  test("the same model twice is fine", async () => {
    expect((await runBin(["plan", "use-lite", "--model", "use-lite"])).code).toBe(0);
  });

  test("loads no zod, whose import costs more than planning", async () => {
    const [plan, healthcheck] = await Promise.all([codeOf("plan"), codeOf("healthcheck")]);
    expect(plan).toContain("use-lite");
    expect(plan).not.toContain("safeParse");
    expect(healthcheck).toContain("safeParse");
  });
});

async function emptyFolder(): Promise<string> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "edge-ai-plan-"));
  onTestFinished(() => fs.rm(folder, { recursive: true }));
  return folder;
}

/** The code of a command: its chunk of dist/ and everything that chunk imports statically. */
async function codeOf(command: string): Promise<string> {
  const folder = path.resolve(import.meta.dirname, "../../dist/chunks");
  const files = (await fs.readdir(folder)).filter((name) => new RegExp(`^${command}-[A-Z0-9]{8}\\.js$`).test(name));
  const seen = new Map<string, string>();
  for (const file of files) {
    const code = await fs.readFile(path.join(folder, file), "utf8");
    seen.set(file, code);
    const imported = [...code.matchAll(/(?:from|import)"\.\/([\w-]+\.js)"/g)].map((match) => match[1] ?? "");
    files.push(...imported.filter((name) => !seen.has(name) && !files.includes(name)));
  }
  return [...seen.values()].join("\n");
}
