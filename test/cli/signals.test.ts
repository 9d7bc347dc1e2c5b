// SIGINT, SIGTERM and SIGHUP while something is under way: exit 130, 143 or 129, one document, no orphan, nothing half-written.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, type TestContext } from "vitest";
import type { StepName } from "../../src/release/steps.ts";
import { bin, CrashProject, type BinEnd } from "../targets/crash-project.ts";
import { leftovers, processesOf, settled } from "../targets/leftovers.ts";

const exits = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

type SignalName = keyof typeof exits;
type Signals = readonly SignalName[];

const interrupted = { version: 1, error: { code: "INTERRUPTED", message: expect.any(String) } };
/** A program that cannot be asked to end. Writes its pid where `$PID_FILE` says. */
const DEAF = `#!/bin/sh\ntrap '' INT TERM HUP\necho $$ > "$PID_FILE"\nwhile :; do sleep 1; done\n`;
/** A function that never gets ready, and does not end when asked. */
const DEAF_FUNCTION = `process.on("SIGTERM", () => {}); await new Promise((resolve) => setTimeout(resolve, 1e9));
export const GET = () => new Response("never");`;
/** Answers once, and is then in a loop for ever. */
const STUCK_FUNCTION = `export const GET = () => { setTimeout(() => { for (;;); }, 100); return new Response("stuck"); };`;

/** The test's own hook, since tests run side by side. */
async function makeProject({ onTestFinished }: Pick<TestContext, "onTestFinished">): Promise<CrashProject> {
  const project = await CrashProject.make();
  onTestFinished(() => project.remove());
  return project;
}

/** One after the other, as an impatient person does. */
async function send(child: ChildProcess, signals: Signals): Promise<void> {
  for (const name of signals) {
    child.kill(name);
    await sleep(5);
  }
}

/** Two that are under way at once may arrive in either order. */
function exitsOf(signals: Signals): unknown {
  return expect.toSatisfy((code) => signals.some((name) => exits[name] === code));
}

/** As a shell sees it: after the last line of the program a second signal still ends it the default way. */
function exitOf({ code, signal }: BinEnd): number | null {
  return signal !== null && signal in exits ? exits[signal as SignalName] : code;
}

/** What it printed, which has to be one document. */
function document({ stdout }: BinEnd): unknown {
  return JSON.parse(stdout) as unknown;
}

async function waitForFile(file: string): Promise<string> {
  for (let tries = 0; tries < 200; tries++) {
    const text = await fs.readFile(file, "utf8").catch(() => "");
    if (text !== "") return text.trim();
    await sleep(50);
  }
  throw new Error(`${file} did not appear`);
}

/** Enough functions for a build that takes a second. */
async function addFunctions(project: CrashProject, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const code = `import * as z from "zod"; export const GET = () => Response.json(z.string().safeParse("${n}"));`;
    await fs.writeFile(path.join(project.dir, `api/more${n}.ts`), code);
  }
}

async function buildStarted({ dir }: CrashProject): Promise<void> {
  for (let tries = 0; tries < 1_000; tries++) {
    const names = await fs.readdir(path.join(dir, ".vercel")).catch(() => []);
    if (names.some((name) => name.startsWith("output.tmp-"))) return;
    await sleep(5);
  }
  throw new Error("the build did not start");
}

// /proc says which processes are left.
describe.skipIf(process.platform !== "linux").concurrent("a signal during", () => {
  const rows: [StepName, Signals, gate: boolean][] = [
    ["anchor", ["SIGINT"], false],
    ["preflight", ["SIGTERM"], false],
    ["build", ["SIGINT"], false],
    ["smoke", ["SIGTERM", "SIGINT"], false],
    ["stage", ["SIGINT", "SIGINT"], false],
    ["stage", ["SIGHUP"], false],
    ["gate", ["SIGINT"], true],
    ["promote", ["SIGTERM", "SIGTERM"], false],
    ["watch", ["SIGINT", "SIGTERM"], true],
  ];
  it.for(rows)("deploy, at %s (%j)", { timeout: 60_000 }, async ([step, signals, gate], test) => {
    const project = await makeProject(test);
    const args = ["deploy", "--target", "local", "--prod", "--json"];
    expect((await project.run([...args, "--no-gate"])).code).toBe(0);
    await project.change();
    const run = project.start([...args, ...(gate ? [] : ["--no-gate"])], (line, child) => {
      if (line === `→ ${step}`) void send(child, signals);
    });
    const end = await run.end;
    expect([exitOf(end), document(end)]).toEqual([exitsOf(signals), interrupted]);
    expect(await leftovers(project)).toEqual([]);
    const isPromoted = step === "promote" || step === "watch";
    expect((await project.production())?.release).toBe(project.release - (isPromoted ? 0 : 1));
    // The lock is free, and what is there is gone on with.
    expect((await project.run([...args, "--no-gate"])).code).toBe(0);
    expect((await project.production())?.release).toBe(project.release);
  });

  it.for<Signals>([["SIGINT"], ["SIGTERM", "SIGTERM"]])(
    "the type check of a deploy, by a tsc that ignores it (%j)",
    async (signals, test) => {
      const project = await makeProject(test);
      const pidFile = path.join(project.root, "pid");
      await fs.writeFile(path.join(project.dir, "tsconfig.json"), "{}");
      await fs.writeFile(path.join(project.dir, "node_modules/.bin/tsc"), DEAF.replace('"$PID_FILE"', `'${pidFile}'`), {
        mode: 0o755,
      });
      const run = project.start(["deploy", "--target", "local", "--json"]);
      await waitForFile(pidFile);
      await send(run.child, signals);
      const end = await run.end;
      expect([exitOf(end), document(end)]).toEqual([exitsOf(signals), interrupted]);
      expect(await leftovers(project)).toEqual([]);
    },
  );

  it.for<Signals>([["SIGINT", "SIGINT"], ["SIGTERM"]])(
    "the smoke test of a function that ignores SIGTERM (%j)",
    async (signals, test) => {
      const project = await makeProject(test);
      await fs.writeFile(path.join(project.dir, "api/deaf.js"), DEAF_FUNCTION);
      const run = project.start(["deploy", "--target", "local", "--json"], (line, child) => {
        if (line === "→ smoke") setTimeout(() => void send(child, signals), 700);
      });
      const end = await run.end;
      expect([exitOf(end), document(end)]).toEqual([exitsOf(signals), interrupted]);
      expect(await leftovers(project)).toEqual([]);
    },
  );

  it.for<Signals>([["SIGINT"], ["SIGTERM", "SIGINT"]])(
    "build: the older output stays as it is (%j)",
    async (signals, test) => {
      const project = await makeProject(test);
      const output = path.join(project.dir, ".vercel/output");
      expect((await project.run(["build"])).code).toBe(0);
      const code = await fs.readFile(path.join(output, "functions/api/health.func/index.mjs"), "utf8");
      await project.change();
      await addFunctions(project, 30);
      const run = project.start(["build", "--json"]);
      await buildStarted(project);
      await send(run.child, signals);
      const end = await run.end;
      expect([exitOf(end), document(end)]).toEqual([exitsOf(signals), interrupted]);
      expect(await fs.readdir(path.join(output, "functions/api"))).toEqual(["classify.func", "health.func"]);
      expect(await fs.readFile(path.join(output, "functions/api/health.func/index.mjs"), "utf8")).toBe(code);
      expect(await leftovers(project)).toEqual([]);
    },
  );

  it.for<Signals>([["SIGINT", "SIGINT"], ["SIGTERM"]])(
    "dev, with a function that is in a loop (%j)",
    async (signals, test) => {
      const project = await makeProject(test);
      await fs.writeFile(path.join(project.dir, "api/stuck.js"), STUCK_FUNCTION);
      const run = project.start(["dev", "--port", "0", "--json"]);
      const [chunk] = (await once(run.child.stdout ?? run.child, "data")) as [string];
      const { url } = JSON.parse(chunk) as { url: string };
      expect(await (await fetch(`${url}/api/stuck`, { headers: { connection: "close" } })).text()).toBe("stuck");
      await sleep(200);
      await send(run.child, signals);
      const end = await run.end;
      expect(exitOf(end)).toEqual(exitsOf(signals));
      expect(await settled(async () => (await processesOf(project.root)).map(({ command }) => command))).toEqual([]);
      expect([await fs.readdir(project.tmp), await fs.readdir(path.join(project.dir, ".edge-ai"))]).toEqual([[], []]);
      // Its URL was the answer. An interruption is an exit code then, and no second document.
      expect(document(end)).toEqual({ version: 1, url });
    },
  );

  it.for<Signals>([["SIGINT"], ["SIGTERM"]])(
    "healthcheck: what was measured until then, as inconclusive (%j)",
    async (signals, test) => {
      const project = await makeProject(test);
      expect((await project.run(["deploy", "--target", "local", "--prod", "--no-gate"])).code).toBe(0);
      const run = project.start(["healthcheck", "--json"], (line, child) => {
        if (line.includes("sending")) setTimeout(() => void send(child, signals), 500);
      });
      const end = await run.end;
      expect([exitOf(end), document(end)]).toMatchObject([
        exitsOf(signals),
        { version: 1, verdict: "inconclusive", cause: "interrupted" },
      ]);
      expect(await leftovers(project)).toEqual([]);
    },
  );

  it.for<Signals>([
    ["SIGINT", "SIGINT"],
    ["SIGTERM", "SIGINT"],
  ])("the install of create, by an npm that ignores it and has a child (%j)", async (signals, test) => {
    const { root, env } = await makeProject(test);
    const programs = path.join(root, "programs");
    const parent = path.join(root, "new");
    for (const folder of [programs, parent]) await fs.mkdir(folder);
    const pidFile = path.join(programs, "pid");
    const npm = DEAF.replace("trap", `if [ "$1" = pack ]; then exit 0; fi\n(trap '' INT TERM; sleep 300) &\ntrap`);
    await fs.writeFile(path.join(programs, "npm"), npm, { mode: 0o755 });
    const child = spawn(process.execPath, [bin, "create", "app", "--yes", "--json"], {
      cwd: parent,
      env: { ...env, PATH: `${programs}:${env["PATH"]}`, PID_FILE: pidFile },
      stdio: ["ignore", "pipe", "ignore"],
    });
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    const ended = once(child, "close");
    await waitForFile(pidFile);
    await send(child, signals);
    const [code] = (await ended) as [number | null];
    expect(code).toEqual(exitsOf(signals));
    expect(JSON.parse(stdout)).toEqual(interrupted);
    expect(await settled(async () => (await processesOf(root)).map(({ command }) => command))).toEqual([]);
    expect(await fs.readdir(parent)).toEqual([]);
  });
});

type IsTime = (screen: string) => boolean | Promise<boolean>;

/** Types Ctrl-C when `isTime`: the whole foreground group gets SIGINT. */
function ctrlC(project: CrashProject, args: string, isTime: IsTime): Promise<{ code: number | null; screen: string }> {
  return inTerminal(project, args, isTime, ({ stdin }) => stdin?.write("\u0003"));
}

/** Runs the bin in a terminal (util-linux `script`) and does something to it when `isTime`. */
async function inTerminal(
  project: CrashProject,
  args: string,
  isTime: IsTime,
  act: (terminal: ChildProcess) => void,
): Promise<{ code: number | null; screen: string }> {
  // A shell that stayed would end at Ctrl-C without waiting, and take the terminal with it.
  const command = `exec '${process.execPath}' '${bin}' ${args}`;
  const child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
    cwd: project.dir,
    env: { ...project.env, CI: "", TERM: "xterm", NO_COLOR: "1" },
    stdio: ["pipe", "pipe", "ignore"],
  });
  let screen = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen += text;
  });
  const ended = once(child, "close");
  while (child.exitCode === null && !(await isTime(screen))) await sleep(5);
  act(child);
  const [code] = (await ended) as [number | null];
  return { code, screen };
}

describe.skipIf(process.platform !== "linux").concurrent("Ctrl-C in a terminal during", () => {
  it("build", async (test) => {
    const project = await makeProject(test);
    await addFunctions(project, 30);
    const { code, screen } = await ctrlC(project, "build", () => buildStarted(project).then(() => true));
    expect(code, screen).toBe(130);
    expect(await leftovers(project)).toEqual([]);
    expect(await fs.readdir(path.join(project.dir, ".vercel"))).toEqual([]);
  });

  it.for(["build", "smoke", "stage", "gate"])("deploy, at %s: production goes on", async (step, test) => {
    const project = await makeProject(test);
    expect((await project.run(["deploy", "--target", "local", "--prod", "--no-gate"])).code).toBe(0);
    await project.change();
    await addFunctions(project, 5);
    const args = "deploy --target local --prod";
    const { code, screen } = await ctrlC(project, args, (shown) => shown.includes(`→ ${step}`));
    expect(code, screen).toBe(130);
    expect(await leftovers(project)).toEqual([]);
    expect((await project.production())?.release).toBe(project.release - 1);
  });

  it.for(["build", "deploy --target local"])(
    "%s, or a terminal that is closed: nothing is left",
    async (args, test) => {
      const project = await makeProject(test);
      await addFunctions(project, 30);
      const started = () => buildStarted(project).then(() => true);
      await inTerminal(project, args, started, (terminal) => terminal.kill("SIGKILL"));
      expect(await leftovers(project)).toEqual([]);
      expect(await fs.readdir(path.join(project.dir, ".vercel"))).toEqual([]);
    },
  );

  it("dev, while it serves", async (test) => {
    const project = await makeProject(test);
    const { code, screen } = await ctrlC(project, "dev --port 0", async (shown) => {
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(shown)?.[0];
      return url !== undefined && (await fetch(`${url}/api/health`)).ok;
    });
    expect(code, screen).toBe(130);
    expect(await settled(async () => (await processesOf(project.root)).map(({ command }) => command))).toEqual([]);
    expect(await fs.readdir(project.tmp)).toEqual([]);
  });
});
