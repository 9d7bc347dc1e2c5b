import fs from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { buildProject } from "../../../src/build/build.ts";
import { tempDir, writeTree } from "../../temp.ts";

/** The tracer cannot know the folder, and takes every weights.bin of the project. */
const READS_SOMEWHERE = `import { readFileSync } from "node:fs";
import path from "node:path";
const dir = JSON.parse(process.env.SETTINGS ?? "{}").dir;
export default { fetch: () => new Response(readFileSync(path.resolve(dir, "weights.bin"))) };`;

it("never takes files of older builds into a new one", async () => {
  const dir = await tempDir("edge-ai-trace");
  await fs.symlink(path.resolve("node_modules"), path.join(dir, "node_modules"), "dir");
  await writeTree(dir, {
    "package.json": '{"type":"module","engines":{"node":"24.x"}}',
    "api/a.ts": READS_SOMEWHERE,
    "models/m/weights.bin": "12345",
    ".edge-ai/local/builds/1/weights.bin": "old",
  });
  const files = async (): Promise<string[]> => {
    await buildProject(dir);
    const func = path.join(dir, ".vercel/output/functions/api/a.func");
    return (await fs.readdir(func, { recursive: true })).filter((file) => file.endsWith("weights.bin"));
  };
  const first = await files();
  expect(first).toEqual([path.join("models", "m", "weights.bin")]);
  expect(await files()).toEqual(first);
});
