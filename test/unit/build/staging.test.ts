import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { openStaging, replaceDir } from "../../../src/build/staging.ts";
import { tempDir, writeTree } from "../../temp.ts";

/** The id of a process that has ended. */
async function goneProcess(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  return child.pid ?? 0;
}

it("removes what killed builds have left, and nothing of builds that go on", async () => {
  const dir = await tempDir();
  const gone = await goneProcess();
  await writeTree(dir, {
    "output/config.json": "older",
    [`output.tmp-${gone}-aaaaaa/half`]: "",
    [`output.tmp-${gone}-bbbbbb.old/config.json`]: "oldest",
    [`output.tmp-${process.pid}-cccccc/half`]: "",
    "output.tmp-dddddd/half": "of an older version",
    "other.tmp-1/file": "",
  });
  const staging = await openStaging(path.join(dir, "output"));
  expect((await fs.readdir(dir)).toSorted()).toEqual(
    ["other.tmp-1", "output", path.basename(staging), `output.tmp-${process.pid}-cccccc`].toSorted(),
  );
  expect(await fs.readFile(path.join(dir, "output/config.json"), "utf8")).toBe("older");
});

it("brings back the output of a build that was killed between the two renames", async () => {
  const dir = await tempDir();
  const name = `output.tmp-${await goneProcess()}-aaaaaa`;
  await writeTree(dir, { [`${name}/config.json`]: "new", [`${name}.old/config.json`]: "older" });
  const staging = await openStaging(path.join(dir, "output"));
  expect((await fs.readdir(dir)).toSorted()).toEqual(["output", path.basename(staging)]);
  expect(await fs.readFile(path.join(dir, "output/config.json"), "utf8")).toBe("older");
});

it("leaves the older output when the new one cannot take its place", async () => {
  const dir = await tempDir();
  await writeTree(dir, { "output/config.json": "older" });
  await expect(replaceDir(path.join(dir, "gone"), path.join(dir, "output"))).rejects.toThrow("ENOENT");
  expect(await fs.readFile(path.join(dir, "output/config.json"), "utf8")).toBe("older");
  expect(await fs.readdir(dir)).toEqual(["output"]);
});
