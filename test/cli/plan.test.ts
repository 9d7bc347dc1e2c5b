import fs from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
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

/** The code of a command: its chunk of dist/ and everything that chunk imports statically. */
async function codeOf(command: string): Promise<string> {
  const folder = path.resolve(import.meta.dirname, "../../dist/chunks");
  const files = (await fs.readdir(folder)).filter((name) => name.startsWith(`${command}-`));
  const seen = new Map<string, string>();
  for (const file of files) {
    const code = await fs.readFile(path.join(folder, file), "utf8");
    seen.set(file, code);
    const imported = [...code.matchAll(/(?:from|import)"\.\/([\w-]+\.js)"/g)].map((match) => match[1] ?? "");
    files.push(...imported.filter((name) => !seen.has(name) && !files.includes(name)));
  }
  return [...seen.values()].join("\n");
}
