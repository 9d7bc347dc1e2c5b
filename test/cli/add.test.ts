// `edge-ai add` as a user runs it, on a project as create-edge-ai makes it.
import fs from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { tempDir } from "../temp.ts";
import { runBin, type BinRun } from "./run.ts";

async function makeApp(...flags: string[]): Promise<string> {
  const parent = await tempDir("edge-ai add ü");
  const made = await runBin(["create", "app", "--yes", "--no-install", "--no-git", ...flags], { cwd: parent });
  expect(made.code, made.stderr).toBe(0);
  return path.join(parent, "app");
}

/** Path → text of what is there, but for weights and the packed package. */
async function textsOf(dir: string): Promise<Record<string, string>> {
  const entries = await fs.readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const own = files.filter((file) => !/^(?:models|vendor)\//.test(path.relative(dir, file)));
  return Object.fromEntries(
    await Promise.all(own.map(async (file) => [path.relative(dir, file), await fs.readFile(file, "utf8")])),
  );
}

const add = (dir: string, ...args: string[]): Promise<BinRun> => runBin(["add", ...args], { cwd: dir });

describe("add", () => {
  it("puts a paid function into a free app, closed to strangers, and says what has to be set", async () => {
    const dir = await makeApp();
    const { code, stdout } = await add(dir, "chat", "--json");
    expect([code, JSON.parse(stdout)]).toMatchObject([
      0,
      { version: 1, added: ["chat"], kept: [], packages: [], required: ["AI_API_KEY", "APP_API_KEYS"] },
    ]);
    expect(await fs.readFile(path.join(dir, "lib/options.ts"), "utf8")).toContain("[usage, auth, limits]");
    const again = await add(dir, "chat", "--json");
    expect(JSON.parse(again.stdout)).toMatchObject({ added: [], present: ["chat"], files: [] });
  });

  it("writes nothing with --dry-run, and the same afterwards without", async () => {
    const dir = await makeApp("--task", "chat");
    const before = await textsOf(dir);
    const dry = JSON.parse((await add(dir, "cache", "image", "--dry-run", "--json")).stdout) as { files: string[] };
    expect(await textsOf(dir)).toEqual(before);
    const real = JSON.parse((await add(dir, "cache", "image", "--json")).stdout) as { files: string[] };
    expect(real.files).toEqual(dry.files);
    const after = await textsOf(dir);
    const changed = Object.keys(after).filter((file) => after[file] !== before[file]);
    expect(changed.toSorted()).toEqual(real.files.toSorted());
  });

  it.each([
    [
      "a function that is there and another one",
      async (dir: string) => fs.writeFile(path.join(dir, "api/image.ts"), "// mine"),
      "image",
      0,
    ],
    ["a broken vercel.json", async (dir: string) => fs.writeFile(path.join(dir, "vercel.json"), "{"), "image", 2],
    ["a link in the way", async (dir: string) => fs.symlink("/tmp", path.join(dir, "lib/fal.ts")), "image", 2],
    ["a folder in the way", async (dir: string) => fs.mkdir(path.join(dir, "lib/cache.ts")), "cache", 2],
  ] as const)("changes nothing when there is %s", async (_what, spoil, part, exit) => {
    const dir = await makeApp("--task", "chat");
    await spoil(dir);
    const before = await textsOf(dir);
    const { code } = await add(dir, part, "--json");
    expect([code, await textsOf(dir)]).toEqual([exit, before]);
  });

  it("leaves everything as it was when a file in the middle cannot be written", async () => {
    const dir = await makeApp("--task", "chat");
    const before = await textsOf(dir);
    // As root the permissions of a folder stop nobody: a file in the place of a folder does.
    await fs.rm(path.join(dir, "public"), { recursive: true });
    await fs.writeFile(path.join(dir, "public"), "not a folder");
    const { code, stdout } = await add(dir, "image", "--json");
    expect([code, JSON.parse(stdout)]).toMatchObject([2, { error: { code: "FILE" } }]);
    const after = await textsOf(dir);
    const kept = Object.fromEntries(Object.entries(before).filter(([file]) => !file.startsWith("public/")));
    expect(after).toEqual({ ...kept, public: "not a folder" });
  });

  it("refuses what an app cannot have, and says what it can", async () => {
    const dir = await makeApp();
    const { code, stderr } = await add(dir, "image", "--mode", "local");
    expect([code, stderr]).toEqual([2, expect.stringContaining("--mode external")]);
    const inside = await add(dir, "chat", "--mode", "local");
    expect([inside.code, inside.stderr]).toEqual([2, expect.stringContaining("use-lite, is for embeddings")]);
  });
});
