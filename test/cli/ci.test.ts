// `edge-ai ci` as a user runs it.
import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { problemsOf } from "../unit/scaffold/workflow-rules.ts";
import { tempDir, writeTree } from "../temp.ts";
import { runBin, type BinRun } from "./run.ts";

const run = promisify(execFile);
const FILE = ".github/workflows/edge-ai.yml";

const CONFIG = {
  version: 1,
  name: "app",
  task: "embeddings",
  mode: "local",
  target: "vercel",
  model: { id: "use-lite", path: "models/use-lite" },
  latencyBudgetMs: 300,
};
const MANIFEST = {
  scripts: { test: "node --test" },
  devDependencies: { "create-edge-ai": "0.1.0", vercel: "58.4.4" },
  engines: { node: "24.x" },
};

async function makeProject(dir: string, manifest: object = MANIFEST): Promise<void> {
  await writeTree(dir, {
    "edge-ai.json": JSON.stringify(CONFIG),
    "package.json": JSON.stringify(manifest),
    "package-lock.json": "{}",
  });
}

async function project(manifest?: object): Promise<string> {
  const dir = await tempDir("edge-ai ci ü");
  await makeProject(dir, manifest);
  return dir;
}

const ci = (dir: string, ...args: string[]): Promise<BinRun> => runBin(["ci", ...args], { cwd: dir });
const workflowIn = (dir: string): Promise<string> => fs.readFile(path.join(dir, FILE), "utf8");

/** `ci --json` with its exit code. */
async function ciDocument(dir: string, ...args: string[]): Promise<unknown[]> {
  const { code, stdout } = await ci(dir, ...args, "--json");
  return [code, JSON.parse(stdout)];
}

const document = (state: string): object => ({ version: 1, file: FILE, state, warnings: [] });

describe("ci", () => {
  it("writes a workflow, and then has nothing to do", async () => {
    const dir = await project();
    expect(await ci(dir)).toEqual({
      code: 0,
      stdout: `${FILE} is written\n`,
      stderr: "its first lines say which secrets and variables GitHub needs\n",
    });
    const text = await workflowIn(dir);
    expect(text).toMatch(/^# Written by `edge-ai ci`.* sha256 of the lines below: [0-9a-f]{64}\n/);
    expect(problemsOf(text)).toEqual([]);
    expect(await fs.readdir(path.join(dir, ".github/workflows"))).toEqual(["edge-ai.yml"]);
    expect(await ci(dir)).toEqual({ code: 0, stdout: `${FILE} is unchanged\n`, stderr: "" });
    expect(await ciDocument(dir)).toEqual([0, document("unchanged")]);
    expect(await ciDocument(dir, "--check")).toEqual([0, document("current")]);
    expect(await workflowIn(dir)).toBe(text);
  });

  it("works on a new app, with a word about the CLI that is not pinned", async () => {
    const dir = await tempDir();
    expect((await runBin(["create", "app", "--yes", "--no-install", "--no-git"], { cwd: dir })).code).toBe(0);
    const app = path.join(dir, "app");
    await fs.writeFile(path.join(app, "package-lock.json"), "{}");
    const { code, stderr } = await ci(app);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: .*npm install --save-dev --save-exact vercel@58\.4\.4$/m);
    expect(await workflowIn(app)).toContain("- run: npm test\n");
  });

  it("--check says what is missing and writes nothing", async () => {
    const dir = await project();
    expect(await ci(dir, "--check")).toEqual({
      code: 1,
      stdout: `${FILE} is missing: edge-ai ci writes it\n`,
      stderr: "",
    });
    expect(await ciDocument(dir, "--check")).toEqual([1, document("missing")]);
    expect(await fs.readdir(dir)).not.toContain(".github");
  });

  it("writes a stale one anew", async () => {
    const dir = await project();
    await ci(dir);
    await makeProject(dir, { ...MANIFEST, scripts: {} });
    const before = await workflowIn(dir);
    expect(await ciDocument(dir, "--check")).toEqual([1, document("stale")]);
    expect(await workflowIn(dir)).toBe(before);
    expect(await ciDocument(dir)).toEqual([0, document("written")]);
    expect(await workflowIn(dir)).not.toContain("npm test");
    expect((await ci(dir, "--check")).code).toBe(0);
  });

  it.each([
    ["an edited one", (text: string) => text.replace("timeout-minutes: 45", "timeout-minutes: 50")],
    ["one that it did not write", () => "name: mine\non: push\n"],
    ["an empty one", () => ""],
  ])("loses nothing of %s without --force", async (_what, edit) => {
    const dir = await project();
    await ci(dir);
    const written = await workflowIn(dir);
    const edited = edit(written);
    await fs.writeFile(path.join(dir, FILE), edited);
    const { code, stdout, stderr } = await ci(dir);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^error: .*edge-ai\.yml was edited.*\n {2}hint: .*--force/);
    expect(await ciDocument(dir, "--check")).toEqual([1, document("edited")]);
    expect(await workflowIn(dir)).toBe(edited);
    expect(await ciDocument(dir, "--force")).toEqual([0, document("written")]);
    expect(await workflowIn(dir)).toBe(written);
  });

  it("is current when git has checked it out with CRLF", async () => {
    const dir = await project();
    await ci(dir);
    await fs.writeFile(path.join(dir, FILE), (await workflowIn(dir)).replaceAll("\n", "\r\n"));
    expect((await ci(dir, "--check")).code).toBe(0);
  });

  it("--target vercel is for projects whose default is another", async () => {
    const dir = await project();
    await fs.writeFile(path.join(dir, "edge-ai.json"), JSON.stringify({ ...CONFIG, target: "local" }));
    expect((await ci(dir)).code).toBe(2);
    expect((await ci(dir, "--target", "vercel")).code).toBe(0);
  });
});

describe("in a repository", () => {
  const GIT_ENV = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" };
  const git = (cwd: string, ...args: string[]): Promise<unknown> =>
    run("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", ...args], {
      cwd,
      env: { ...process.env, ...GIT_ENV },
    });

  it("releases the default branch of origin, and a clone of CI finds that current", async () => {
    const dir = await tempDir();
    const [origin, mine, runner] = ["origin", "mine", "runner"].map((name) => path.join(dir, name)) as [
      string,
      string,
      string,
    ];
    await fs.mkdir(origin);
    await git(origin, "init", "--quiet", "--initial-branch", "trunk");
    await makeProject(origin);
    await git(origin, "add", "--all");
    await git(origin, "commit", "--quiet", "--message", "x");
    await git(dir, "clone", "--quiet", origin, mine);
    await git(mine, "switch", "--quiet", "--create", "topic");
    expect((await ci(mine)).code).toBe(0);
    expect(await workflowIn(mine)).toContain('branches: ["trunk"]');

    // As actions/checkout does it: no clone, one commit, no branch.
    await git(mine, "add", "--all");
    await git(mine, "commit", "--quiet", "--message", "ci");
    await fs.mkdir(runner);
    await git(runner, "init", "--quiet");
    await git(runner, "fetch", "--quiet", "--depth", "1", `file://${mine}`, "topic");
    await git(runner, "checkout", "--quiet", "--detach", "FETCH_HEAD");
    expect(await ciDocument(runner, "--check")).toEqual([0, document("current")]);
  });

  it("refuses a project that is not at its root, where GitHub would not look", async () => {
    const dir = await tempDir();
    await git(dir, "init", "--quiet");
    const app = path.join(dir, "apps", "search");
    await makeProject(app);
    const { code, stderr } = await ci(app);
    expect(code).toBe(2);
    expect(stderr).toContain("apps/search/");
    expect(await fs.readdir(app)).not.toContain(".github");
  });
});

/** `ci` fails with FILE, and nothing is left. */
async function expectRefusal(dir: string, text: string): Promise<void> {
  const before = await fs.readdir(dir, { recursive: true });
  const { code, stdout } = await ci(dir, "--json");
  expect(code).toBe(2);
  const { error } = JSON.parse(stdout) as { error: { code: string; message: string; hint: string } };
  expect(error.code).toBe("FILE");
  expect(error.message).toContain(text);
  expect(error.hint).toMatch(/\S/);
  expect(await fs.readdir(dir, { recursive: true })).toEqual(before);
}

describe("a place that cannot be written", () => {
  it.each([
    ["the file", FILE],
    ["the folder workflows", ".github/workflows"],
    ["the folder .github", ".github"],
  ])("%s is a link", async (_what, link) => {
    const dir = await project();
    const elsewhere = await tempDir();
    await fs.mkdir(path.dirname(path.join(dir, link)), { recursive: true });
    const target = link === FILE ? path.join(elsewhere, "theirs.yml") : elsewhere;
    if (link === FILE) await fs.writeFile(target, "theirs");
    await fs.symlink(target, path.join(dir, link));
    const before = await fs.readdir(elsewhere);
    await expectRefusal(dir, `${link} is a link`);
    expect((await ci(dir, "--force")).code).toBe(2);
    expect(await fs.readdir(elsewhere)).toEqual(before);
    if (link === FILE) expect(await fs.readFile(target, "utf8")).toBe("theirs");
  });

  it("the file is a link to nowhere", async () => {
    const dir = await project();
    await fs.mkdir(path.join(dir, ".github/workflows"), { recursive: true });
    await fs.symlink("nowhere.yml", path.join(dir, FILE));
    await expectRefusal(dir, "is a link");
  });

  it("the file is a folder, the folder is a file", async () => {
    const [one, other] = [await project(), await project()];
    await fs.mkdir(path.join(one, FILE), { recursive: true });
    await expectRefusal(one, "is not a file");
    await fs.writeFile(path.join(other, ".github"), "");
    await expectRefusal(other, "is not a folder");
  });

  it("the folder is read-only", async ({ skip }) => {
    const dir = await project();
    const mounted = await run("mount", ["--bind", dir, dir])
      .then(() => run("mount", ["-o", "remount,bind,ro", dir]))
      .then(
        () => true,
        () => false,
      );
    try {
      if (!mounted) skip("this machine does not let us mount a read-only folder");
      await expectRefusal(dir, "read-only");
    } finally {
      await run("umount", [dir]).catch(() => undefined);
    }
  });
});
