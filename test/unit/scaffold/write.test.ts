import fs from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { FileTree } from "../../../src/scaffold/files.ts";
import { checkTarget, stage } from "../../../src/scaffold/write.ts";
import { tempDir, writeTree } from "../../temp.ts";

const tree: FileTree = new Map([
  ["a.txt", { text: "a" }],
  ["deep/b.txt", { text: "b" }],
]);

async function list(dir: string): Promise<string[]> {
  return (await fs.readdir(dir, { recursive: true })).toSorted();
}

describe("stage", () => {
  it("publishes to a new folder below folders that do not exist yet", async () => {
    const dir = await tempDir();
    const staging = await stage(path.join(dir, "x/y/app"), tree);
    await staging.publish();
    await staging.discard();
    expect(await list(dir)).toEqual(["x", "x/y", "x/y/app", "x/y/app/a.txt", "x/y/app/deep", "x/y/app/deep/b.txt"]);
  });

  it("publishes into a folder that holds only a repository, and keeps it", async () => {
    const dir = await tempDir();
    await writeTree(dir, { "app/.git/config": "x" });
    const staging = await stage(path.join(dir, "app"), tree);
    await staging.publish();
    await staging.discard();
    expect(await list(dir)).toEqual(["app", "app/.git", "app/.git/config", "app/a.txt", "app/deep", "app/deep/b.txt"]);
  });

  it("leaves nothing when it is discarded, not even the parent it made", async () => {
    const dir = await tempDir();
    const staging = await stage(path.join(dir, "x/y/app"), tree);
    expect(await list(staging.dir)).toHaveLength(3);
    await staging.discard();
    expect(await list(dir)).toEqual([]);
  });

  it("leaves nothing when a file cannot be written", async () => {
    const dir = await tempDir();
    const broken: FileTree = new Map(tree).set("c.bin", { copyOf: path.join(dir, "gone") });
    await expect(stage(path.join(dir, "app"), broken)).rejects.toMatchObject({ code: "FILE" });
    expect(await list(dir)).toEqual([]);
  });

  it("does not touch a target that filled up meanwhile", async () => {
    const dir = await tempDir();
    const staging = await stage(path.join(dir, "app"), tree);
    await writeTree(dir, { "app/mine.txt": "mine" });
    await expect(staging.publish()).rejects.toMatchObject({ code: "TARGET_EXISTS" });
    await staging.discard();
    expect(await list(dir)).toEqual(["app", "app/mine.txt"]);
  });
});

describe("checkTarget", () => {
  it("takes what is not there, and what is empty or harmless", async () => {
    const dir = await tempDir();
    await writeTree(dir, { "repo/.git/HEAD": "", "repo/LICENSE": "" });
    await fs.mkdir(path.join(dir, "empty"));
    for (const name of ["new", "empty", "repo"])
      await expect(checkTarget(path.join(dir, name))).resolves.toBeUndefined();
  });

  it("names what is in the way", async () => {
    const dir = await tempDir();
    await writeTree(dir, { "app/package.json": "{}", "app/src/x": "" });
    await expect(checkTarget(path.join(dir, "app"))).rejects.toMatchObject({
      code: "TARGET_EXISTS",
      message: expect.stringContaining("package.json, src"),
    });
  });

  it("refuses a file, and a path below one", async () => {
    const dir = await tempDir();
    await writeTree(dir, { file: "" });
    await expect(checkTarget(path.join(dir, "file"))).rejects.toMatchObject({ code: "TARGET_EXISTS" });
    await expect(checkTarget(path.join(dir, "file/app"))).rejects.toMatchObject({ code: "TARGET_EXISTS" });
  });
});
