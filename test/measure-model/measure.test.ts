// The whole of it with real parts: our builder, our host, both engines, and requests over sockets.
import fs from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { Interrupted } from "../../src/errors.ts";
import { childrenWith } from "../../src/measure-model/function-process.ts";
import { measureModel } from "../../src/measure-model/measure.ts";
import type { Subject } from "../../src/measure-model/subject.ts";
import { writeGguf } from "../support/gguf.ts";
import { tempDir } from "../temp.ts";
import { contentsOf, copyUseLite, makeProject } from "./project.ts";

const bounds = { coldStarts: 1, requests: 20, leastMs: 300 };
const useLite: Subject = {
  modelId: "use-lite",
  names: ["use-lite"],
  task: "embeddings",
  engine: "onnx",
  dtype: "q8",
  weightsBytes: 7_600_000,
  params: 6_975_914,
  arch: {},
};

it("measures a project's own model, and changes nothing in the project", { timeout: 60_000 }, async () => {
  const dir = await tempDir();
  await makeProject(dir, {
    task: "embeddings",
    modelId: "use-lite",
    writeModel: copyUseLite,
    // A key that nobody gave, limits and a cache: they are not the model.
    options: ["auth", "rate-limit", "cache", "queue"],
  });
  const before = await contentsOf(dir);
  const lines: string[] = [];
  const measured = await measureModel({
    projectDir: dir,
    subject: useLite,
    load: { tokensIn: 32, tokensOut: 0, concurrency: 2 },
    signal: new AbortController().signal,
    onProgress: (line) => void lines.push(line),
    bounds,
  });
  expect(measured).toEqual({
    modelId: "use-lite",
    engine: "onnx",
    dtype: "q8",
    standIn: false,
    tokensIn: 32,
    tokensOut: 0,
    concurrency: 2,
    p95Ms: expect.any(Number),
    firstTokenMs: null,
    tokensPerSecond: null,
    cpuMs: expect.any(Number),
    coldStartMs: expect.any(Number),
    memoryBytes: expect.any(Number),
    bundleBytes: expect.any(Number),
    requests: expect.any(Number),
    machine: expect.stringMatching(/, \d+ cores, Node 24\./),
    measuredAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
  });
  // Bounds that hold on any machine: a process with ONNX Runtime, the engine and the weights in the bundle.
  expect(measured.p95Ms).toBeGreaterThan(0.1);
  expect(measured.coldStartMs).toBeGreaterThan(measured.cpuMs);
  expect(measured.memoryBytes).toBeGreaterThan(80e6);
  expect(measured.memoryBytes).toBeLessThan(1e9);
  expect(measured.bundleBytes).toBeGreaterThan(40e6);
  expect(measured.requests).toBeGreaterThanOrEqual(20);
  expect(lines).toEqual(
    expect.arrayContaining([
      "→ weights: those in models/use-lite",
      expect.stringMatching(/^→ prompts of 3[123] tokens$/),
    ]),
  );
  expect(await contentsOf(dir)).toEqual(before);
  expect(await childrenWith('"socketPath":')).toEqual([]);
});

const tinyChat = {
  task: "chat",
  modelId: "tiny",
  writeModel: (to: string) => writeGguf(path.join(to, "model.gguf")),
} as const;

async function tinySubject(dir: string): Promise<Subject> {
  const { size } = await fs.stat(path.join(dir, "models/tiny/model.gguf"));
  return {
    modelId: "tiny",
    names: ["tiny"],
    task: "chat",
    engine: "gguf",
    dtype: "Q8_0",
    weightsBytes: size,
    params: 1e5,
    arch: {},
  };
}

it(
  "measures a chat: first token, tokens a second, and as many answers at once as asked",
  { timeout: 60_000 },
  async () => {
    const dir = await tempDir();
    await makeProject(dir, tinyChat);
    const lines: string[] = [];
    const measured = await measureModel({
      projectDir: dir,
      subject: await tinySubject(dir),
      load: { tokensIn: 60, tokensOut: 24, concurrency: 3 },
      signal: new AbortController().signal,
      onProgress: (line) => void lines.push(line),
      bounds,
    });
    expect(measured.firstTokenMs).toBeGreaterThan(0);
    expect(measured.firstTokenMs).toBeLessThanOrEqual(measured.p95Ms);
    expect(measured.tokensPerSecond).toBeGreaterThan(1);
    expect(lines).toContain("→ with LLAMA_SEQUENCES=3: production needs that too");
    // All answers have the length that was asked for, or it would say so.
    expect(lines.filter((line) => line.includes("on average"))).toEqual([]);
  },
);

it("lets random weights of the same shape stand in, and says so", async () => {
  const dir = await tempDir();
  await makeProject(dir, { task: "classify", modelId: "use-lite", writeModel: copyUseLite });
  const lines: string[] = [];
  const arch = { layers: 2, hidden: 64, ffn: 256, vocab: 2_000, heads: 2 };
  const measured = await measureModel({
    projectDir: dir,
    subject: {
      ...useLite,
      task: "classify",
      modelId: "owner/small-bert",
      names: ["owner/small-bert"],
      weightsBytes: 250_000,
      params: 250_000,
      arch,
    },
    load: { tokensIn: 40, tokensOut: 1, concurrency: 1 },
    signal: new AbortController().signal,
    onProgress: (line) => void lines.push(line),
    bounds,
  });
  expect(measured).toMatchObject({ modelId: "owner/small-bert", standIn: true });
  expect(lines).toContain(
    "→ weights: random q8 numbers of the same shape stand in (no weights in models/owner/small-bert or models/small-bert)",
  );
  expect(lines).toContainEqual(expect.stringMatching(/^→ prompts of (39|4[01]) tokens$/));
  // Its own weights are not in the bundle: they would be 7.6 MB more.
  expect(measured.bundleBytes).toBeLessThan(50e6);
  expect(await fs.readdir(path.join(dir, "models"))).toEqual(["use-lite"]);
});

it("says why, with the function's own words, when it does not answer", async () => {
  const dir = await tempDir();
  await makeProject(dir, {
    task: "embeddings",
    modelId: "use-lite",
    async writeModel(to) {
      await copyUseLite(to);
      await fs.writeFile(path.join(to, "onnx/model_quantized.onnx"), Buffer.alloc(7_600_000, "not a model"));
    },
  });
  const measuring = measureModel({
    projectDir: dir,
    subject: useLite,
    load: { tokensIn: 60, tokensOut: 0, concurrency: 1 },
    signal: new AbortController().signal,
    onProgress: () => undefined,
    bounds,
  });
  await expect(measuring).rejects.toMatchObject({
    code: "CHILD_FAILED",
    message: expect.stringMatching(/answers a prompt with 500[^]*model_quantized\.onnx failed/),
    hint: "look at the function with: npx edge-ai dev",
  });
  expect(await childrenWith('"socketPath":')).toEqual([]);
  expect(await fs.readdir(dir)).not.toContain(".edge-ai");
});

/** A function of the user's own, without a model. Counts requests of its instance in `n`, and runs a statement for each. */
function handler(statement: string): string {
  return `let n = 0;
export default {
  async fetch(request: Request): Promise<Response> {
    const { input } = await request.json();
    n += 1;
    ${statement}
    return Response.json({ data: [], usage: { prompt_tokens: input.split(" ").length } });
  },
};`;
}

it.for([
  [
    "refuses most requests",
    `if (n > 15) return Response.json({ error: { code: "overloaded" } }, { status: 503 });`,
    /requests failed: server-error/,
  ],
  [
    "crashes",
    `if (n === 40) { console.error("out of memory"); process.exit(7); }`,
    /ended under the load[^]*out of memory/,
  ],
] as const)("measures no function that %s under the load", async ([, statement, message]) => {
  const dir = await tempDir();
  await makeProject(dir, { task: "embeddings", modelId: "use-lite", writeModel: copyUseLite });
  await fs.writeFile(path.join(dir, "api/embeddings.ts"), handler(statement));
  const measuring = measureModel({
    projectDir: dir,
    subject: useLite,
    load: { tokensIn: 20, tokensOut: 0, concurrency: 1 },
    signal: new AbortController().signal,
    onProgress: () => undefined,
    bounds: { ...bounds, requests: 100 },
  });
  await expect(measuring).rejects.toMatchObject({ code: "CHILD_FAILED", message: expect.stringMatching(message) });
});

it.for(["→ weights", "→ prompts"])("ends at %s when it is interrupted, and leaves nothing", async (step) => {
  const dir = await tempDir();
  await makeProject(dir, { task: "embeddings", modelId: "use-lite", writeModel: copyUseLite });
  const before = await contentsOf(dir);
  const controller = new AbortController();
  const measuring = measureModel({
    projectDir: dir,
    subject: useLite,
    load: { tokensIn: 32, tokensOut: 0, concurrency: 1 },
    signal: controller.signal,
    onProgress(line) {
      if (line.startsWith(step)) void sleep(30).then(() => controller.abort(new Interrupted("SIGINT")));
    },
    bounds: { ...bounds, leastMs: 10_000 },
  });
  await expect(measuring).rejects.toBeInstanceOf(Interrupted);
  expect(await childrenWith('"socketPath":')).toEqual([]);
  expect(await contentsOf(dir)).toEqual(before);
  expect(await fs.readdir(dir)).not.toContain(".edge-ai");
});
