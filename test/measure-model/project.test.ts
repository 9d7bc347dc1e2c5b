import fs from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { openProject } from "../../src/measure-model/project.ts";
import type { Subject } from "../../src/measure-model/subject.ts";
import { findWeights } from "../../src/measure-model/find-weights.ts";
import { tempDir, writeTree } from "../temp.ts";
import { copyUseLite, makeProject } from "./project.ts";

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

describe("what cannot be measured, and what to do about it", () => {
  it("a folder that is no project", async () => {
    await expect(openProject(await tempDir(), useLite)).rejects.toMatchObject({
      code: "BAD_CONFIG",
      message: expect.stringContaining("there is no edge-ai.json"),
      hint: expect.stringContaining("npx create-edge-ai my-app --task embeddings --mode local --model use-lite"),
    });
  });

  it.for([
    ["a project whose functions ask an endpoint", { mode: "hybrid" }, "its mode hybrid"],
    ["a project of another task", { task: "classify" }, "its task is classify"],
    ["a project without a folder of weights", { model: { id: "use-lite", path: null } }, "itself"],
  ] as const)("%s", async ([, config, message]) => {
    const dir = await tempDir();
    await makeProject(dir, { task: "embeddings", modelId: "use-lite", config });
    await expect(openProject(dir, useLite)).rejects.toMatchObject({
      code: "BAD_CONFIG",
      message: expect.stringContaining(message),
      hint: expect.stringContaining("npx create-edge-ai"),
    });
  });

  it.for(["../outside", "models/../../outside", "/outside", "."])("weights in %s", async (folder) => {
    const dir = await tempDir();
    await makeProject(dir, {
      task: "embeddings",
      modelId: "use-lite",
      config: { model: { id: "use-lite", path: folder } },
    });
    await expect(openProject(dir, useLite)).rejects.toMatchObject({
      code: "BAD_CONFIG",
      message: `the model's folder ${folder} leads out of the project`,
      hint: expect.stringContaining("models/x"),
    });
  });

  it("a project without its function", async () => {
    const dir = await tempDir();
    await makeProject(dir, { task: "embeddings", modelId: "use-lite" });
    await fs.rm(path.join(dir, "api/embeddings.ts"));
    await fs.writeFile(path.join(dir, "vercel.json"), "{}");
    await expect(openProject(dir, useLite)).rejects.toMatchObject({
      code: "BAD_CONFIG",
      hint: "npx edge-ai add embeddings",
    });
  });

  it("a project whose packages are not installed: all of them are named", async () => {
    const dir = await tempDir();
    await makeProject(dir, { task: "embeddings", modelId: "use-lite" });
    await fs.rm(path.join(dir, "node_modules"));
    await writeTree(dir, { "node_modules/esbuild/package.json": "{}", "node_modules/@vercel/nft/package.json": "{}" });
    await expect(openProject(dir, useLite)).rejects.toMatchObject({
      code: "MISSING_PROGRAM",
      message: expect.stringContaining("onnxruntime-node and @huggingface/tokenizers are not installed"),
      hint: expect.stringContaining("npm install"),
    });
  });

  it("weights that no function of the task runs", async () => {
    const decoder: Subject = { ...useLite, task: "classify", engine: "gguf", dtype: "Q4_0" };
    await expect(openProject(await tempDir(), decoder)).rejects.toMatchObject({ code: "NO_TEMPLATE" });
  });

  it("weights that no function can hold", async () => {
    const large: Subject = { ...useLite, weightsBytes: 262_144_000 };
    await expect(openProject(await tempDir(), large)).rejects.toMatchObject({ code: "TOO_LARGE" });
  });
});

it("finds packages that are installed further up, as in a workspace", async () => {
  const root = await tempDir();
  const dir = path.join(root, "packages/app");
  await makeProject(dir, { task: "embeddings", modelId: "use-lite" });
  await fs.rename(path.join(dir, "node_modules"), path.join(root, "node_modules"));
  expect((await openProject(dir, useLite)).modelPath).toBe("models/use-lite");
});

describe("the weights of a project", () => {
  it("are its own when they are of the planned model and kind", async () => {
    const dir = await tempDir();
    await makeProject(dir, { task: "embeddings", modelId: "use-lite", writeModel: copyUseLite });
    const project = await openProject(dir, useLite);
    const own = { dir: path.join(dir, "models/use-lite") };
    expect(await findWeights(project, useLite)).toEqual(own);
    expect(await findWeights(project, { ...useLite, names: ["another-id", "USE-lite"] })).toEqual(own);
    expect(await findWeights(project, { ...useLite, dtype: "fp32", weightsBytes: 27_900_000 })).toEqual({
      why: "models/use-lite/onnx/model_quantized.onnx has 7.6 MB, and the planned fp32 file 27.9 MB",
    });
    expect(await findWeights(project, { ...useLite, names: ["bge-small-en-v1.5"] })).toEqual({
      why: "no weights in models/bge-small-en-v1.5",
    });
    await fs.rm(path.join(dir, "models/use-lite/tokenizer.json"));
    expect(await findWeights(project, useLite)).toEqual({ why: "models/use-lite/tokenizer.json is missing" });
  });

  it("may be those of another model that was pulled, or that was named by its path", async () => {
    const dir = await tempDir();
    await makeProject(dir, { task: "embeddings", modelId: "use-lite" });
    for (const folder of ["models/some-model", "elsewhere"]) {
      await fs.mkdir(path.dirname(path.join(dir, folder)), { recursive: true });
      await copyUseLite(path.join(dir, folder));
    }
    const project = await openProject(dir, useLite);
    expect(await findWeights(project, { ...useLite, names: ["owner/some-model"] })).toEqual({
      dir: path.join(dir, "models/some-model"),
    });
    expect(await findWeights(project, { ...useLite, names: ["elsewhere", "./elsewhere"] })).toEqual({
      dir: path.join(dir, "elsewhere"),
    });
    await writeTree(dir, { "some.gguf": "ten bytes!" });
    const gguf: Subject = { ...useLite, engine: "gguf", dtype: "Q4_0", weightsBytes: 10, names: ["some", "some.gguf"] };
    expect(await findWeights(project, gguf)).toEqual({ file: path.join(dir, "some.gguf") });
  });
});
