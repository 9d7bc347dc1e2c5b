import fs from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { readOwnFile, replaceOwnFile } from "../../../src/scaffold/replace-file.ts";
import { tempDir, writeTree } from "../../temp.ts";

it("makes the folders it needs, and replaces what is there", async () => {
  const dir = await tempDir();
  expect(await readOwnFile(dir, "a/b/c.yml")).toBeNull();
  await replaceOwnFile(dir, "a/b/c.yml", "1");
  await replaceOwnFile(dir, "a/b/c.yml", "2");
  expect(await readOwnFile(dir, "a/b/c.yml")).toBe("2");
  expect(await fs.readdir(path.join(dir, "a/b"))).toEqual(["c.yml"]);
});

it("takes back the folders it made when the file cannot be written, and no others", async () => {
  const dir = await tempDir();
  await fs.mkdir(path.join(dir, "a"));
  // The longest name a file may have is 255 bytes.
  const writing = replaceOwnFile(dir, `a/b/c/${"x".repeat(256)}`, "1");
  await expect(writing).rejects.toMatchObject({ code: "FILE", message: expect.stringContaining("ENAMETOOLONG") });
  expect(await fs.readdir(dir, { recursive: true })).toEqual(["a"]);
});

it("leaves what is there, and no half file, when the last step fails", async () => {
  const dir = await tempDir();
  await writeTree(dir, { "a/c.yml/mine.txt": "mine" });
  await expect(replaceOwnFile(dir, "a/c.yml", "1")).rejects.toMatchObject({ code: "FILE" });
  expect((await fs.readdir(dir, { recursive: true })).toSorted()).toEqual(["a", "a/c.yml", "a/c.yml/mine.txt"]);
});
