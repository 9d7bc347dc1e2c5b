// The command as a user runs it, ended by signals: exit code, no process, no folder, and an older lock file as it was.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { describe, expect, it, type TestContext } from "vitest";
import { LOCK_FILE } from "../../src/measure-model/lock.ts";
import { processesOf, settled } from "../targets/leftovers.ts";
import { contentsOf, copyUseLite, makeProject } from "./project.ts";

/** Runs from the sources: `npm run build` need not come before. */
const bin = path.resolve("bin/edge-ai.ts");
const exits = { SIGINT: 130, SIGKILL: null } as const;

interface End {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `edge-ai plan --measure`; `onLine` hears what it says. */
async function runMeasure(
  root: string,
  args: readonly string[],
  onLine: (line: string, child: ChildProcess) => void,
): Promise<End> {
  const child = spawn(process.execPath, [bin, "plan", "--measure", "--offline", ...args], {
    cwd: path.join(root, "app"),
    env: { ...process.env, TMPDIR: path.join(root, "tmp") },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const end = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    end.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    end.stderr += text;
    for (const line of text.split("\n")) onLine(line, child);
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, ...end };
}

/** The test's own hook, since tests run side by side. */
async function makeRoot({ onTestFinished }: Pick<TestContext, "onTestFinished">): Promise<string> {
  const root = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), "edge-ai-measure-")));
  onTestFinished(() => fs.rm(root, { recursive: true, force: true }));
  await fs.mkdir(path.join(root, "tmp"));
  await fs.mkdir(path.join(root, "app"));
  return root;
}

// /proc says which processes are left.
describe.skipIf(process.platform !== "linux").concurrent("plan --measure, ended", () => {
  it.for(["SIGINT", "SIGKILL"] as const)("by %s under load", { timeout: 60_000 }, async (signal, test) => {
    const root = await makeRoot(test);
    const dir = path.join(root, "app");
    await makeProject(dir, { task: "embeddings", modelId: "use-lite", writeModel: copyUseLite });
    await fs.writeFile(path.join(dir, LOCK_FILE), '{"version":1,"measured":[]}');
    const before = await contentsOf(dir);
    const end = await runMeasure(root, ["--json"], (line, child) => {
      if (line.startsWith("→ load")) setTimeout(() => child.kill(signal), 300);
    });
    expect(end.code, end.stderr).toBe(exits[signal]);
    const left = async (): Promise<string[]> => {
      const processes = await processesOf(root);
      const temporary = await fs.readdir(path.join(root, "tmp"));
      // A folder that is empty is not in the way of anybody.
      const staged = await fs.readdir(path.join(dir, ".edge-ai")).catch(() => []);
      return [...processes.map(({ command }) => command), ...temporary, ...staged].filter(
        (name) => name !== "node-compile-cache",
      );
    };
    expect(await settled(left)).toEqual([]);
    expect(await contentsOf(dir)).toEqual(before);
  });
});

it("is an error with what to do, outside of a project", async (test) => {
  const root = await makeRoot(test);
  const { code, stdout } = await runMeasure(root, ["use-lite", "--json"], () => undefined);
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({
    version: 1,
    error: { code: "BAD_CONFIG", hint: expect.stringContaining("npx create-edge-ai") },
  });
});
