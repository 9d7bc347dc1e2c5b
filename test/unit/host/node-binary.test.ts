import fs from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { chooseNode } from "../../../src/host/node-binary.ts";
import { temporaryDir, writeFiles } from "./fixture.ts";

const own = { path: "/own/node", version: "20.19.0" };

async function project(files: Record<string, string>): Promise<string> {
  const dir = await temporaryDir();
  await writeFiles(dir, files);
  return dir;
}

test("without node in the project, our own; a warning when it is older than engines.node", async () => {
  expect(await chooseNode(await project({}), own)).toEqual({ ...own, warnings: [] });
  const old = await project({ "package.json": '{"engines":{"node":"24.x"}}' });
  expect((await chooseNode(old, own)).warnings).toEqual([
    "functions run on Node.js 20.19.0, package.json asks for 24: npm install --save-dev node@24",
  ]);
  const fine = await project({ "package.json": '{"engines":{"node":">=20.19"}}' });
  expect((await chooseNode(fine, own)).warnings).toEqual([]);
});

test("the project's own node", async () => {
  const dir = await project({ "package.json": '{"engines":{"node":"24.x"}}', "node_modules/.bin/keep": "" });
  const file = path.join(dir, "node_modules/.bin/node");
  await fs.symlink(process.execPath, file);
  expect(await chooseNode(dir, own)).toEqual({ path: file, version: process.versions.node, warnings: [] });
});

test("one that does not work is a warning", async () => {
  const dir = await project({ "node_modules/.bin/node": "not a program" });
  const { path: chosen, warnings } = await chooseNode(dir, own);
  expect(chosen).toBe(own.path);
  expect(warnings.join("\n")).toContain("does not work");
});
