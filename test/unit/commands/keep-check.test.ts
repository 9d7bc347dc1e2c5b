import fs from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { keepCheck } from "../../../src/commands/keep-check.ts";
import { readLastChecks } from "../../../src/health/last-check.ts";
import { ioOf } from "../../models/io.ts";
import { tempDir, writeTree } from "../../temp.ts";
import { passing } from "../health/reports/results.ts";

test("keeps a check", async () => {
  const dir = await tempDir();
  await keepCheck(ioOf(dir), dir, "local", passing().document);
  expect(await readLastChecks(dir)).toMatchObject([{ target: "local" }]);
});

test.each([".edge-ai", ".edge-ai/health", ".edge-ai/health/local.json"])(
  "does not write over a link in the place of %s, and says so",
  async (link) => {
    const [dir, outside] = [await tempDir(), await tempDir()];
    await fs.mkdir(path.dirname(path.join(dir, link)), { recursive: true });
    await fs.symlink(outside, path.join(dir, link));
    const io = ioOf(dir);
    await keepCheck(io, dir, "local", passing().document);
    expect(await fs.readdir(outside)).toEqual([]);
    expect(io.said()).toContain(`${path.join(dir, link)} is a link`);
  },
);

test("says that a file is in the place of its folder", async () => {
  const dir = await tempDir();
  await writeTree(dir, { ".edge-ai/health": "" });
  const io = ioOf(dir);
  await keepCheck(io, dir, "local", passing().document);
  expect(io.said()).toContain("is not a folder");
});
