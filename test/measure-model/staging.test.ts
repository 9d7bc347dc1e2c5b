import fs from "node:fs/promises";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { openProject } from "../../src/measure-model/project.ts";
import { openStaging, type Staging } from "../../src/measure-model/staging.ts";
import type { Subject } from "../../src/measure-model/subject.ts";
import { tempDir, writeTree } from "../temp.ts";
import { contentsOf, makeProject } from "./project.ts";

const subject: Subject = {
  modelId: "use-lite",
  names: ["use-lite"],
  task: "embeddings",
  engine: "onnx",
  dtype: "q8",
  weightsBytes: 7_600_000,
  params: 6_975_914,
  arch: {},
};

async function stage(dir: string): Promise<Staging> {
  const staging = await openStaging(await openProject(dir, subject), "another");
  onTestFinished(() => staging.remove());
  return staging;
}

it("leaves alone what the project's links lead to", async () => {
  const [dir, shared] = [await tempDir(), await tempDir()];
  await makeProject(dir, { task: "embeddings", modelId: "use-lite", options: ["auth"] });
  await writeTree(dir, { "api/more/own.ts": "export {};\n" });
  await fs.rename(path.join(dir, "api/more"), path.join(shared, "more"));
  await fs.symlink(path.join(shared, "more"), path.join(dir, "api/more"));
  for (const name of ["api", "lib", "vercel.json", "edge-ai.json"]) {
    await fs.rename(path.join(dir, name), path.join(shared, name));
    await fs.symlink(path.join(shared, name), path.join(dir, name));
  }
  const before = await contentsOf(shared);
  const staging = await stage(dir);
  expect(await contentsOf(shared)).toEqual(before);
  const copied = await contentsOf(staging.dir);
  expect(Object.keys(copied).filter((file) => file.startsWith("api/"))).toEqual(["api/embeddings.ts"]);
  expect(copied["lib/options.ts"]).toContain("stranger");
  expect(copied["edge-ai.json"]).toContain('"another"');
});

it("leaves out links that lead nowhere or in a circle, and does not copy packages", async () => {
  const dir = await tempDir();
  await makeProject(dir, { task: "embeddings", modelId: "use-lite" });
  await writeTree(dir, { "a/one.ts": "1", "b/two.ts": "2", "b/node_modules/own/index.js": "3" });
  for (const [link, to] of [
    ["nothing", "gone"],
    ["whole", "."],
    ["a/up", ".."],
    ["a/b", "../b"],
    ["b/a", "../a"],
  ] as const)
    await fs.symlink(to, path.join(dir, link));
  const staging = await stage(dir);
  const names = Object.keys(await contentsOf(staging.dir)).filter((file) => /^(?:a|b|whole|nothing)\b/.test(file));
  expect(names.toSorted()).toEqual(["a/b/two.ts", "a/one.ts", "b/a/one.ts", "b/two.ts"]);
  expect(await fs.realpath(path.join(staging.dir, "b/node_modules"))).toBe(path.join(dir, "b/node_modules"));
});

it.for([
  ["lib/weights", "lib/options.ts"],
  ["./models/x/", "models/labels.ts"],
])("of a folder with the model in it, %s, copies all but the model", async ([modelPath = "", code = ""]) => {
  const dir = await tempDir();
  const config = { model: { id: "use-lite", path: modelPath } };
  await makeProject(dir, { task: "embeddings", modelId: "use-lite", config });
  await writeTree(dir, { [path.join(modelPath, "model.gguf")]: "weights", [code]: "export const options = [];\n" });
  const staging = await stage(dir);
  expect(staging.modelDir).toBe(path.resolve(staging.dir, modelPath));
  expect(Object.keys(await contentsOf(staging.dir))).toContain(code);
  await expect(fs.access(staging.modelDir)).rejects.toThrow("ENOENT");
});

it.for([
  ["a folder of its own that is a link", ".edge-ai", "models/x"],
  ["weights among packages", "a/node_modules", "a/node_modules/x"],
])("refuses %s, and writes nothing there", async ([, link = "", modelPath]) => {
  const [dir, shared] = [await tempDir(), await tempDir()];
  const config = { model: { id: "use-lite", path: modelPath } };
  await makeProject(dir, { task: "embeddings", modelId: "use-lite", config });
  await writeTree(shared, { "measure-0-abandoned/precious": "mine" });
  await writeTree(dir, { "a/one.ts": "1" });
  await fs.symlink(shared, path.join(dir, link));
  await expect(stage(dir)).rejects.toMatchObject({ code: "FILE", message: expect.stringContaining("is a link") });
  expect(await contentsOf(shared)).toEqual({ "measure-0-abandoned/precious": "mine" });
});
