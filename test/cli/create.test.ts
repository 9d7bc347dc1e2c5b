import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { tempDir, writeTree } from "../temp.ts";
import { runBin, type BinRun } from "./run.ts";

const execute = promisify(execFile);

// oxlint-disable-next-line no-control-regex -- escape codes are what is looked for
const ESCAPE = /\u001B/;
const QUICK = ["--yes", "--no-install", "--no-git"];

/** The document on stdout, which has to be the only thing there. */
function json(run: BinRun): Record<string, unknown> & { error?: { code: string; message: string; hint?: string } } {
  return JSON.parse(run.stdout) as Record<string, unknown>;
}

async function list(dir: string): Promise<string[]> {
  const entries = await fs.readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(dir, path.join(entry.parentPath, entry.name)))
    .toSorted();
}

describe("create", () => {
  it("makes a project, answers with its folder, and tells the plan on stderr", async () => {
    const dir = await tempDir("mit leerzeichen ü");
    const run = await runBin(["my app", ...QUICK], { cwd: dir, bin: "create-edge-ai" });
    expect(run).toMatchObject({ code: 0, stdout: `${path.join(dir, "my app")}\n` });
    expect(run.stderr).toContain("local on vercel");
    expect(run.stderr).toContain("cd 'my app'");
    expect(run.stderr + run.stdout).not.toMatch(ESCAPE);
    const manifest: unknown = JSON.parse(await fs.readFile(path.join(dir, "my app/package.json"), "utf8"));
    expect(manifest).toMatchObject({ name: "my-app" });
    expect(await fs.readdir(dir)).toEqual(["my app"]);
  });

  it("--dry-run writes nothing and lists exactly what the real run makes", async () => {
    const dir = await tempDir();
    const dry = json(await runBin(["create", "app", ...QUICK, "--dry-run", "--json"], { cwd: dir }));
    expect(await fs.readdir(dir)).toEqual([]);
    const real = json(await runBin(["create", "app", ...QUICK, "--json"], { cwd: dir }));
    const files = dry["files"] as { path: string; bytes: number }[];
    const made = (await list(path.join(dir, "app"))).filter((file) => !file.startsWith("vendor/"));
    expect(files.map((file) => file.path).toSorted()).toEqual(made);
    expect(files.map((file) => file.path)).toEqual(real["files"]);
    for (const file of files)
      expect((await fs.stat(path.join(dir, "app", file.path))).size, file.path).toBe(file.bytes);
    expect(dry["recreate"]).toBe(real["recreate"]);
    expect(dry["plan"]).toEqual(real["plan"]);
  });

  it("prints a line that makes the same project again", async () => {
    const dir = await tempDir();
    const first = json(
      await runBin(["create", "app", ...QUICK, "--json", "--latency-budget", "120", "--regions", "fra1"], { cwd: dir }),
    );
    const words = String(first["recreate"]).split(" ").slice(2);
    await fs.rename(path.join(dir, "app"), path.join(dir, "first"));
    expect((await runBin(["create", ...words], { cwd: dir })).code).toBe(0);
    for (const file of await list(path.join(dir, "first"))) {
      if (file.startsWith("vendor/")) continue;
      const [a, b] = await Promise.all(["first", "app"].map((name) => fs.readFile(path.join(dir, name, file))));
      expect(b?.equals(a ?? Buffer.alloc(0)), file).toBe(true);
    }
  });

  it("makes a project in the current folder, beside a repository that is there", async () => {
    const dir = await tempDir();
    await writeTree(dir, { "here/.git/HEAD": "ref: refs/heads/main" });
    const run = await runBin(["create", ".", ...QUICK], { cwd: path.join(dir, "here") });
    expect(run.code).toBe(0);
    expect(await fs.readdir(path.join(dir, "here"))).toEqual(expect.arrayContaining([".git", "api", "package.json"]));
    expect(await fs.readdir(dir)).toEqual(["here"]);
  });

  it("makes a project in an empty repository that git itself has made", async () => {
    const dir = await tempDir();
    await execute("git", ["init", "--quiet", dir]);
    const { code, stderr } = await runBin(["create", ".", "--yes", "--no-install"], { cwd: dir });
    expect(code, stderr).toBe(0);
    expect(await fs.readdir(dir)).toEqual(expect.arrayContaining([".git", "package.json"]));
    expect(stderr).toContain("inside a repository");
  });

  it("asks for the weights of a model that does not come with us", async () => {
    const dir = await tempDir();
    const run = await runBin(["create", "app", ...QUICK, "--model", "all-minilm-l6-v2"], { cwd: dir });
    expect(run.code).toBe(0);
    expect(run.stderr).toContain("npx --no-install edge-ai models pull");
  });
});

describe("create refuses", () => {
  const rows: [string, string[], string, number][] = [
    ["no folder and nobody to ask", [], "NEEDS_INPUT", 2],
    ["a folder with files", ["full", "--yes"], "TARGET_EXISTS", 2],
    ["a file", ["file", "--yes"], "TARGET_EXISTS", 2],
    ["a folder below a file", ["file/app", "--yes"], "TARGET_EXISTS", 2],
    ["a Windows device name", ["con", "--yes"], "BAD_NAME", 2],
    ["a place that cannot be written", ["/proc/app", ...QUICK], "FILE", 2],
    ["a model inside a Worker", ["app", "--yes", "--target", "cloudflare", "--mode", "local"], "NO_TEMPLATE", 2],
    ["a size without a template", ["app", "--yes", "--params", "3B"], "NO_TEMPLATE", 2],
    ["a size alone, which no weights belong to", ["app", "--yes", "--params", "30M"], "NO_TEMPLATE", 2],
    ["an unknown model", ["app", "--yes", "--model", "use-light"], "UNKNOWN_MODEL", 2],
    ["an unknown flag", ["app", "--yes", "--nope"], "USAGE", 2],
    ["an unknown task", ["app", "--yes", "--task", "sing"], "USAGE", 2],
    ["an unknown package manager", ["app", "--yes", "--pm", "cargo"], "USAGE", 2],
    ["a budget of nothing", ["app", "--yes", "--latency-budget", "0"], "USAGE", 2],
    ["two folders", ["app", "other", "--yes"], "USAGE", 2],
    ["a region that does not exist", ["app", "--yes", "--regions", "moon1"], "USAGE", 2],
  ];

  it.each(rows)("%s", async (_what, args, code, exit) => {
    const dir = await tempDir();
    await writeTree(dir, { "full/x.txt": "mine", file: "mine" });
    const [text, document] = await Promise.all([
      runBin(["create", ...args], { cwd: dir }),
      runBin(["create", ...args, "--json"], { cwd: dir }),
    ]);
    expect(document.code).toBe(exit);
    expect(json(document)).toEqual({
      version: 1,
      error: { code, message: expect.any(String), hint: expect.any(String) },
    });
    expect(text).toMatchObject({ code: exit, stdout: "" });
    expect(text.stderr).toMatch(/^error: .+\n {2}hint: .+/m);
    expect(await list(dir)).toEqual(["file", "full/x.txt"]);
  });

  it("a plan that does not fit, with the plan as its answer", async () => {
    const dir = await tempDir();
    const run = await runBin(
      ["create", "app", "--yes", "--json", "--model", "bge-small-en-v1.5", "--mode", "local", "--latency-budget", "1"],
      { cwd: dir },
    );
    expect(run.code).toBe(1);
    expect(json(run)).toMatchObject({ version: 1, fits: false });
    expect(await fs.readdir(dir)).toEqual([]);
  });
});

/** A folder with a program that stands in for another one. */
async function fakeProgram(name: string, script: string): Promise<string> {
  const dir = await tempDir();
  await fs.writeFile(path.join(dir, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return `${dir}${path.delimiter}${process.env["PATH"]}`;
}

describe("create and other programs", () => {
  it("keeps the project when only the install fails, and says so with exit 2", async () => {
    const dir = await tempDir();
    const PATH = await fakeProgram(
      "npm",
      'if [ "$1" = pack ]; then exit 0; fi; mkdir node_modules; echo "registry is away" >&2; exit 7',
    );
    const run = await runBin(["create", "app", "--yes", "--no-git", "--json"], { cwd: dir, env: { PATH } });
    expect(run.code).toBe(2);
    expect(json(run).error).toMatchObject({
      code: "CHILD_FAILED",
      message: expect.stringContaining("registry is away"),
    });
    const names = await fs.readdir(path.join(dir, "app"));
    expect(names).toContain("package.json");
    expect(names).not.toContain("node_modules");
  });

  it("leaves nothing when a program is missing", async () => {
    const dir = await tempDir();
    const run = await runBin(["create", "app", "--yes", "--json"], {
      cwd: dir,
      env: { PATH: path.join(dir, "nothing") },
    });
    expect(run.code).toBe(2);
    expect(json(run).error).toMatchObject({ code: "MISSING_PROGRAM", message: expect.stringContaining("npm") });
    expect(await fs.readdir(dir)).toEqual([]);
  });

  it("commits where git knows its user, and only then; never inside another repository", async () => {
    const dir = await tempDir();
    const home = await tempDir();
    const nobody = { HOME: home, GIT_CONFIG_NOSYSTEM: "1", GIT_AUTHOR_NAME: undefined, EMAIL: undefined };
    const user = {
      ...nobody,
      GIT_AUTHOR_NAME: "A",
      GIT_AUTHOR_EMAIL: "a@example.com",
      GIT_COMMITTER_NAME: "A",
      GIT_COMMITTER_EMAIL: "a@example.com",
    };
    const outcome = async (name: string, env: Record<string, string | undefined>): Promise<unknown> =>
      json(await runBin(["create", name, "--yes", "--no-install", "--json"], { cwd: dir, env }))["steps"];
    expect(await outcome("known", user)).toEqual([{ command: "git init", outcome: "done" }]);
    expect(await outcome("known/inner", user)).toEqual([
      { command: "git init", outcome: "skipped", reason: expect.stringContaining("inside a repository") },
    ]);
    expect(await outcome("unknown", nobody)).toEqual([expect.objectContaining({ outcome: "skipped" })]);
    expect(await fs.readdir(path.join(dir, "unknown"))).toContain("package.json");
  });

  it.each(["SIGINT", "SIGTERM"] as const)(
    "%s during the install ends a child that ignores it and leaves nothing",
    async (signal) => {
      const dir = await tempDir();
      const pidFile = path.join(await tempDir(), "pid");
      const PATH = await fakeProgram(
        "npm",
        `if [ "$1" = pack ]; then exit 0; fi; trap '' INT TERM; echo $$ > '${pidFile}'; while :; do sleep 1; done`,
      );
      const child = spawn(process.execPath, [path.resolve("dist/create-edge-ai.js"), "app", "--yes"], {
        cwd: dir,
        env: { ...process.env, PATH },
        stdio: "ignore",
      });
      const exited = once(child, "exit");
      const pid = Number(await waitForFile(pidFile));
      child.kill(signal);
      expect(await exited).toEqual([signal === "SIGINT" ? 130 : 143, null]);
      expect(() => process.kill(pid, 0)).toThrow("ESRCH");
      expect(await fs.readdir(dir)).toEqual([]);
    },
  );
});

async function waitForFile(file: string): Promise<string> {
  for (let tries = 0; tries < 200; tries++) {
    const text = await fs.readFile(file, "utf8").catch(() => "");
    if (text !== "") return text;
    await sleep(50);
  }
  throw new Error(`${file} did not appear`);
}

/** Runs the bin in a terminal (util-linux `script`), types keys as prompts appear, and returns the screen and the exit code. */
async function inTerminal(
  cwd: string,
  args: string,
  keys: [waitFor: string, type: string][],
): Promise<{ screen: string; code: number | null }> {
  const command = `stty cols 100 rows 40; '${process.execPath}' '${path.resolve("dist/create-edge-ai.js")}' ${args}`;
  const child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
    cwd,
    env: { ...process.env, CI: "", TERM: "xterm", NO_COLOR: "1" },
    stdio: ["pipe", "pipe", "ignore"],
  });
  let screen = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen += text;
    const next = keys[0];
    if (next !== undefined && screen.includes(next[0])) {
      keys.shift();
      setTimeout(() => child.stdin.write(next[1]), 50);
    }
  });
  const [code] = (await once(child, "exit")) as [number | null];
  return { screen, code };
}

describe("create in a terminal", () => {
  it("asks for what is open, shows the plan, and makes the project", async () => {
    const dir = await tempDir();
    const { screen, code } = await inTerminal(dir, "--no-install --no-git", [
      ["Folder of the new project", "typed-app\r"],
      ["What is it for?", "\r"],
      ["Where will it run?", "\r"],
      ["Model, or its size", "7M\r"],
      ["Which one of about 7M", "\r"],
      ["Latency budget", "120\r"],
      ["Make it in", "y"],
    ]);
    expect(code, screen).toBe(0);
    expect(screen).toContain("local on vercel");
    const config: unknown = JSON.parse(await fs.readFile(path.join(dir, "typed-app/edge-ai.json"), "utf8"));
    expect(config).toMatchObject({ name: "typed-app", latencyBudgetMs: 120, target: "vercel" });
  });

  it("Ctrl-C at a question is exit 130, and nothing is made", async () => {
    const dir = await tempDir();
    const { code } = await inTerminal(dir, "", [["Folder of the new project", "\u0003"]]);
    expect(code).toBe(130);
    expect(await fs.readdir(dir)).toEqual([]);
  });

  it("asks nothing in CI", async () => {
    const dir = await tempDir();
    const command = `CI=1 '${process.execPath}' '${path.resolve("dist/create-edge-ai.js")}'`;
    const child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
      cwd: dir,
      stdio: "ignore",
    });
    expect(await once(child, "exit")).toEqual([2, null]);
  });
});
