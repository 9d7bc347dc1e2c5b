// A disk without space (a small tmpfs): exit 2 with a clear line, nothing half-written, and production as it was.
import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CrashProject, type BinEnd } from "../targets/crash-project.ts";
import { leftovers } from "../targets/leftovers.ts";
import { runBin } from "./run.ts";

const run = promisify(execFile);
const PAGE_BYTES = 4_096;

let disk: string | null = null;

beforeAll(async () => {
  const dir = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), "edge-ai-disk-")));
  disk = await run("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", dir]).then(
    () => dir,
    () => null,
  );
  if (disk === null) await fs.rmdir(dir);
});
afterAll(async () => {
  if (disk === null) return;
  // The supervisor that was stopped has its log there until it is gone.
  for (let tries = 0; !(await unmount(disk)) && tries < 50; tries++) await sleep(100);
  await fs.rmdir(disk);
});
beforeEach((test) => {
  // CI has the right; a green run without these tests would say too much.
  if (process.env["CI"] === "true" && disk === null) throw new Error("a small tmpfs could not be mounted");
  test.skip(disk === null, "a small tmpfs needs the right to mount");
});

function unmount(dir: string): Promise<boolean> {
  return run("umount", [dir]).then(
    () => true,
    () => false,
  );
}

/** Leaves so many pages free. */
async function fill(pages: number): Promise<void> {
  const file = path.join(disk ?? "", "filler");
  await fs.rm(file, { force: true });
  const { bavail, bsize } = await fs.statfs(disk ?? "");
  const bytes = bavail * bsize - pages * PAGE_BYTES;
  if (bytes > 0) await fs.writeFile(file, Buffer.alloc(bytes));
}

async function empty(): Promise<void> {
  await fs.rm(path.join(disk ?? "", "filler"), { force: true });
}

/** Exit 2, a line that says what, and a hint: not a bug of ours with a stack. */
function expectRefusal({ code, stdout, stderr }: Pick<BinEnd, "code" | "stdout" | "stderr">): void {
  expect(code, stderr).toBe(2);
  expect(JSON.parse(stdout), stderr).toEqual({
    version: 1,
    error: {
      code: expect.stringMatching(/^(?:FILE|CHILD_FAILED|BUILD_FAILED)$/),
      message: expect.stringMatching(/no space left/i),
      hint: expect.any(String),
    },
  });
}

describe("create", () => {
  it.each([
    ["the model is copied", []],
    ["the package is packed", ["--model", "all-minilm-l6-v2"]],
  ])("runs out of space while %s", async (_what, args) => {
    const all = ["create", "app", "--yes", "--no-install", "--no-git", "--json", ...args];
    const parent = disk ?? "";
    await fill(60);
    expectRefusal(await runBin(all, { cwd: parent }));
    await empty();
    expect(await fs.readdir(parent)).toEqual([]);
  });
});

describe("build and deploy", () => {
  let project: CrashProject;
  beforeEach(async () => {
    project = await CrashProject.make(disk ?? undefined);
    return async () => {
      await empty();
      await project.remove();
    };
  });

  it("the first deploy: nothing is there, or all", { timeout: 120_000 }, async () => {
    for (let pages = 0, done = false; !done; pages += 6) {
      await fs.rm(path.join(project.dir, ".vercel"), { recursive: true, force: true });
      await fill(pages);
      const end = await project.run(["deploy", "--target", "local", "--prod", "--no-gate", "--json"]);
      done = end.code === 0;
      if (!done) expectRefusal(end);
      expect((await project.production())?.release).toBe(done ? project.release : undefined);
      expect(await leftovers(project), `${pages} pages`).toEqual([]);
    }
  });

  it("build: the older output stays", async () => {
    expect((await project.run(["build"])).code).toBe(0);
    const output = path.join(project.dir, ".vercel/output");
    const before = await fs.readFile(path.join(output, "functions/api/health.func/index.mjs"), "utf8");
    await project.change();
    for (const pages of [0, 2, 5]) {
      await fill(pages);
      expectRefusal(await project.run(["build", "--json"]));
      expect(await fs.readFile(path.join(output, "functions/api/health.func/index.mjs"), "utf8")).toBe(before);
      expect(await leftovers(project)).toEqual([]);
    }
    await empty();
    expect((await project.run(["build"])).code).toBe(0);
  });

  // However far it gets: the lock, the build, the smoke test's copy, the staged copy, the state, the ledger.
  it("deploy: production goes on, whole", { timeout: 120_000 }, async () => {
    const args = ["deploy", "--target", "local", "--prod", "--no-gate", "--json"];
    expect((await project.run(args)).code).toBe(0);
    for (let pages = 0, done = false; !done; pages += 4) {
      const old = (await project.production())?.release;
      await project.change();
      await fill(pages);
      const end = await project.run(args);
      done = end.code === 0;
      if (!done) expectRefusal(end);
      expect((await project.production())?.release).toBe(done ? project.release : old);
      expect(await leftovers(project), `${pages} pages`).toEqual([]);
    }
    await empty();
    await project.change();
    expect((await project.run(args)).code).toBe(0);
    expect((await project.production())?.release).toBe(project.release);
  });
});
