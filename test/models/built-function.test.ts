// A pulled model is used by a built function: weights that only the Hub of this test has, our builder, the local host.
import fs from "node:fs/promises";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { pullAll, type PullDocument } from "../../src/models/pull-all.ts";
import { rewritesOf, vercelFunctions } from "../../src/scaffold/route-config.ts";
import { loadModel } from "../../templates/app/lib/onnx-model.ts";
import { COMMIT, startHub } from "../support/hub.ts";
import { serveLocalApp } from "../support/local-app.ts";
import { ioOf } from "./io.ts";

const NAME = "someone/other-embedder";
const FOLDER = `models/${NAME}`;
const BUILT_IN = "templates/models/use-lite";
const ONNX = "onnx/model_quantized.onnx";
const TEXT = "The order came early and nothing was broken, so that everybody thanked the driver and went home again.";
/** USE-lite's table of tokens, its first initializer, has 2.0 MB from byte 9,221 on: these bytes are well inside. */
const IN_TABLE = [100_000, 2_000_000] as const;

/** The built-in model with the signs of some tokens' vectors turned: as real, and another. */
async function otherWeights(): Promise<Record<string, Buffer>> {
  const names = ["config.json", "tokenizer.json", "tokenizer_config.json", ONNX];
  const read = names.map(async (name) => [name, await fs.readFile(path.join(BUILT_IN, name))] as const);
  const files = Object.fromEntries(await Promise.all(read));
  const table = files[ONNX]?.subarray(...IN_TABLE) ?? Buffer.alloc(0);
  for (const [at, value] of table.entries()) table[at] = -value & 0xff;
  return files;
}

async function vectorOf(dir: string): Promise<number[]> {
  const model = await loadModel(dir);
  return [...(await model.run(TEXT)).row];
}

test("the function of a pulled model answers with exactly its weights", async () => {
  const hub = await startHub({ [NAME]: { files: await otherWeights() } });
  onTestFinished(() => hub.close());
  hub.faults.set(ONNX, { kind: "cut", after: 3_000_000, times: 1 });
  let pulled: PullDocument | undefined;
  const app = await serveLocalApp({
    functions: ["embeddings"],
    files: {
      "vercel.json": JSON.stringify({
        functions: vercelFunctions(["embeddings"], { mode: "local", modelPath: FOLDER }),
        rewrites: rewritesOf(["embeddings"]),
      }),
      "edge-ai.json": JSON.stringify({
        version: 1,
        name: "app",
        task: "embeddings",
        mode: "local",
        model: { id: NAME, path: FOLDER },
        latencyBudgetMs: 1_000,
      }),
    },
    writeModel: async (dir) => {
      const projectDir = path.resolve(dir, "../..");
      // No name: what edge-ai.json names is what comes.
      pulled = await pullAll(ioOf(projectDir, { HF_ENDPOINT: hub.url }), { projectDir });
    },
  });
  onTestFinished(() => app.close());
  expect(pulled).toMatchObject({ model: NAME, models: [{ revision: COMMIT, path: FOLDER }] });

  const response = await fetch(`${app.url}/api/embeddings`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ input: TEXT }),
  });
  const { data, model } = (await response.json()) as { data: { embedding: number[] }[]; model: string };
  expect([response.status, model]).toEqual([200, NAME]);
  const answered = data[0]?.embedding ?? [];
  const [own, builtIn] = [await vectorOf(path.join(app.dir, FOLDER)), await vectorOf(BUILT_IN)];
  expect(answered).toHaveLength(512);
  expect(cosine(answered, own)).toBeGreaterThan(0.99999);
  expect(cosine(answered, builtIn)).toBeLessThan(0.99);
});

function cosine(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
}
