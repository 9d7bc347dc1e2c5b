// The built bin against a Hub on this machine.
import { createHash, randomBytes } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { COMMIT, startHub, type LoopbackHub } from "../support/hub.ts";
import { tempDir, writeTree } from "../temp.ts";
import { runBin, type BinRun } from "./run.ts";

const NAME = "someone/tiny";
const ONNX = "onnx/model_quantized.onnx";
const TOKEN = "hf_loopbackSecret0123456789";
const weights = randomBytes(100_000);
const files = { "config.json": "{}", "tokenizer.json": "{}", "tokenizer_config.json": "{}", [ONNX]: weights };

let hub: LoopbackHub;
beforeAll(async () => {
  hub = await startHub({
    [NAME]: { files, info: { safetensors: { total: 5e8 }, tags: ["license:mit"] } },
    "bartowski/SmolLM2-135M-Instruct-GGUF": { files: { "SmolLM2-135M-Instruct-Q4_0.gguf": weights } },
  });
});
afterAll(() => hub.close());
beforeEach(() => {
  hub.faults.clear();
  hub.token = null;
});

function models(cwd: string, args: readonly string[], env: Record<string, string> = {}): Promise<BinRun> {
  const cache = { XDG_CACHE_HOME: path.join(cwd, ".cache") };
  return runBin(["models", ...args], { cwd, env: { HF_ENDPOINT: hub.url, HF_TOKEN: undefined, ...cache, ...env } });
}

describe("models list and show", () => {
  test("list the catalogue, whole or for a task", async () => {
    const cwd = await tempDir();
    const text = await models(cwd, ["list"]);
    expect([text.code, text.stderr]).toEqual([0, ""]);
    expect(text.stdout).toMatch(/^use-lite +feature-extraction +6\.98M +Apache-2\.0 +q8 7\.6 MB, fp32 28\.4 MB$/m);
    const listed = JSON.parse((await models(cwd, ["list", "--task", "chat", "--json"])).stdout);
    expect(listed).toMatchObject({ version: 1, checkedAt: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) });
    const tasks = (listed as { models: { tasks: string[] }[] }).models.map((model) => model.tasks);
    expect(tasks.length).toBeGreaterThan(10);
    expect(tasks.every((each) => each.includes("chat"))).toBe(true);
  });

  test("show what the catalogue, the Hub or a folder says, with a source for each number", async () => {
    const cwd = await tempDir();
    await writeTree(cwd, {
      "m/config.json": JSON.stringify({
        model_type: "gpt2",
        n_embd: 768,
        n_layer: 12,
        n_head: 12,
        vocab_size: 50_257,
        n_positions: 1024,
      }),
    });
    const known = [
      ["qwen3-30b-a3b", 30_532_122_624, "catalogue, config-formula"],
      [NAME, 5e8, "Hugging Face Hub, the tensors in safetensors"],
      ["./m", 124_439_808, "the layer sizes in config.json"],
    ] as const;
    for (const [name, total, source] of known) {
      const run = await models(cwd, ["show", name, "--json"]);
      const { version, model } = JSON.parse(run.stdout) as { version: number; model: { params: object } };
      expect([run.code, version, model.params]).toEqual([
        0,
        1,
        { value: total, source: expect.stringContaining(source) },
      ]);
    }
    expect((await models(cwd, ["show", NAME])).stdout).toContain("licence     mit");
  });

  test.each([
    [["show", "no-such-model"], "UNKNOWN_MODEL"],
    [["show", "no/body"], "UNKNOWN_MODEL"],
    [["show", NAME, "--offline"], "UNKNOWN_MODEL"],
    [["show", "./nothing.gguf"], "FILE"],
    [["list", "--task", "cooking"], "USAGE"],
    [["pull"], "USAGE"],
    [["pull", "no-such-model"], "UNKNOWN_MODEL"],
    [["pull", "../../etc"], "UNKNOWN_MODEL"],
    [["pull", "no/body"], "UNKNOWN_MODEL"],
    [["pull", NAME, "--dtype", "q2"], "UNKNOWN_MODEL"],
    [["pull", NAME, "--dir", "nowhere"], "FILE"],
  ])("models %j exits 2", async (args, code) => {
    const cwd = await tempDir();
    const run = await models(cwd, [...args, "--json"]);
    expect(run.code).toBe(2);
    expect(JSON.parse(run.stdout)).toMatchObject({ version: 1, error: { code, hint: expect.any(String) } });
    expect(await fs.readdir(cwd)).toEqual([]);
  });
});

describe("models pull", () => {
  test("says on stdout where the weights are, on stderr what it does, and leaves a lock", async () => {
    const cwd = await tempDir();
    const run = await models(cwd, ["pull", NAME]);
    expect([run.code, run.stdout]).toEqual([0, `models/${NAME}\n`]);
    expect(run.stderr).toMatch(/^ {2}onnx\/model_quantized\.onnx: 0\.1 MB$/m);
    const again = JSON.parse((await models(cwd, ["pull", "--json"])).stdout) as object;
    expect(again).toEqual({
      version: 1,
      model: NAME,
      models: [{ id: NAME, path: `models/${NAME}`, hub: NAME, revision: COMMIT, dtype: "q8" }],
      files: expect.arrayContaining([
        {
          path: `models/${NAME}/${ONNX}`,
          bytes: weights.length,
          sha256: createHash("sha256").update(weights).digest("hex"),
        },
      ]),
      bytes: weights.length + 6,
      fetchedBytes: 0,
      lock: { path: "models.lock.json", changed: false },
    });
  });

  test("in a project pulls the model of edge-ai.json, from where its GGUF is, into its folder", async () => {
    const cwd = await tempDir();
    const model = { id: "smollm2-135m-instruct", path: "models/mine" };
    const config = { version: 1, name: "app", task: "chat", mode: "local", model, latencyBudgetMs: 1_000 };
    await writeTree(cwd, { "edge-ai.json": JSON.stringify(config), "models/mine/.gitkeep": "" });
    const run = await models(cwd, ["pull"]);
    expect([run.code, run.stdout]).toEqual([0, "models/mine\n"]);
    expect(await fs.readFile(path.join(cwd, "models/mine/model.gguf"))).toEqual(weights);
    // doctor reads the same lock.
    const doctor = await runBin(["doctor", "--json"], { cwd });
    expect(doctor.stdout).not.toContain("model.gguf");
    await fs.appendFile(path.join(cwd, "models/mine/model.gguf"), "x");
    expect((await runBin(["doctor", "--json"], { cwd })).stdout).toContain("models.lock.json says");
  });

  test("a new project gets back the weights that came with it, and its lock stays as it is", async () => {
    const cwd = await tempDir();
    const made = await runBin(["app", "--yes", "--no-install", "--no-git", "--json"], { cwd, bin: "create-edge-ai" });
    expect(made.code).toBe(0);
    const app = path.join(cwd, "app");
    const lock = await fs.readFile(path.join(app, "models.lock.json"), "utf8");
    const onnx = path.join(app, "models/use-lite", ONNX);
    const before = await fs.readFile(onnx);
    await fs.rm(onnx);
    const pulled = JSON.parse((await models(app, ["pull", "--json"])).stdout) as object;
    expect(pulled).toMatchObject({ fetchedBytes: before.length, lock: { changed: false } });
    expect((await fs.readFile(onnx)).equals(before)).toBe(true);
    expect(await fs.readFile(path.join(app, "models.lock.json"), "utf8")).toBe(lock);
    // By its name as well, with the notice that its licence asks for.
    expect((await models(app, ["pull", "use-lite"])).code).toBe(0);
    expect(await fs.readFile(path.join(app, "models/use-lite/NOTICE"), "utf8")).toContain("Apache");
  });

  test.each([
    ["the Hub lies about a hash", { kind: "hash" }, "PLATFORM", 2],
    ["the Hub wants a token", { kind: "status", status: 401 }, "NO_ACCESS", 2],
    ["a page in the place of weights", { kind: "content", content: "<html>", type: "text/html" }, "PLATFORM", 2],
  ] as const)("exits 2 when %s", async (_, fault, code, exit) => {
    const cwd = await tempDir();
    hub.faults.set(ONNX, fault);
    const run = await models(cwd, ["pull", NAME, "--json"], { HF_TOKEN: TOKEN });
    expect(run.code).toBe(exit);
    expect(JSON.parse(run.stdout)).toMatchObject({ error: { code } });
    expect(run.stdout + run.stderr).not.toContain(TOKEN);
    expect(await fs.readdir(cwd)).not.toContain("models.lock.json");
  });

  test("Ctrl-C exits 130 and leaves nothing half-written; the next pull goes on", async () => {
    const cwd = await tempDir();
    hub.faults.set(ONNX, { kind: "stall", after: 60_000, times: 1 });
    const part = path.join(cwd, ".edge-ai/pull", `${createHash("sha256").update(weights).digest("hex")}.part`);
    const size = (): Promise<number> =>
      fs.stat(part).then(
        (stat) => stat.size,
        () => 0,
      );
    const running = runBin(["models", "pull", NAME], {
      cwd,
      env: { HF_ENDPOINT: hub.url },
      onSpawn: (child) => {
        const stopWhenThere = async (): Promise<void> => {
          while ((await size()) < 60_000 && child.exitCode === null) await setTimeout(20);
          child.kill("SIGINT");
        };
        void stopWhenThere();
      },
    });
    expect((await running).code).toBe(130);
    expect(await size()).toBe(60_000);
    expect(await fs.readdir(path.join(cwd, "models", NAME))).not.toContain("onnx");
    const next = JSON.parse((await models(cwd, ["pull", NAME, "--json"])).stdout) as { fetchedBytes: number };
    expect(next.fetchedBytes).toBe(weights.length - 60_000);
  });
});
