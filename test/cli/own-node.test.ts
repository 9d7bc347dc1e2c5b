// The built bin under the machine's own Node.js, which may be as old as 20.19: npm tells which that is.
import fs from "node:fs/promises";
import path from "node:path";
import { beforeAll, expect, it } from "vitest";
import { tempDir } from "../temp.ts";
import { runBin } from "./run.ts";

let node: string;

beforeAll(() => {
  const found = process.env["npm_node_execpath"];
  if (found === undefined) throw new Error("run the tests through npm, which says what the machine's Node.js is");
  node = found;
});

it("--help", async () => {
  expect(await runBin(["--help"], { node })).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("healthcheck"),
    stderr: "",
  });
});

it("plan", async () => {
  const { code, stdout } = await runBin(["plan", "bge-small-en-v1.5", "--json"], { node });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ version: 1, mode: "local", platform: "vercel" });
});

it("create --no-install", async () => {
  const dir = await tempDir();
  const { code, stdout } = await runBin(["app", "--yes", "--no-install", "--no-git"], {
    node,
    cwd: dir,
    bin: "create-edge-ai",
  });
  expect([code, stdout]).toEqual([0, `${path.join(dir, "app")}\n`]);
  await fs.access(path.join(dir, "app/models/use-lite/onnx/model_quantized.onnx"));
});

it("build, with the tools of this checkout", async () => {
  const dir = await tempDir();
  await fs.symlink(path.resolve("node_modules"), path.join(dir, "node_modules"));
  await fs.mkdir(path.join(dir, "api"));
  await fs.writeFile(path.join(dir, "package.json"), "{}");
  await fs.writeFile(path.join(dir, "api/a.ts"), 'export const GET = (): Response => new Response("a");');
  const { code, stdout } = await runBin(["build", "--json"], { node, cwd: dir });
  expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ version: 1 })]);
});
