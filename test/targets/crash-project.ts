import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";
import { readState, type LocalState } from "../../src/targets/local/state.ts";

const checkout = path.resolve(import.meta.dirname, "../..");
export const bin = path.join(checkout, "dist/edge-ai.js");

/** What production says about itself on its two routes. */
interface Answer {
  buildId: string;
  release: number;
}

export interface BinEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A run of the bin that somebody watches. */
export interface BinStart {
  child: ChildProcess;
  end: Promise<BinEnd>;
}

/** A tiny app that is released on this machine, in folders of its own, so that everything left behind can be found. */
export class CrashProject {
  readonly root: string;
  /** The project. */
  readonly dir: string;
  /** TMPDIR of everything that runs. */
  readonly tmp: string;
  readonly port: number;
  /** The release that the code on disk is. */
  release = 0;

  private constructor(root: string, port: number) {
    this.root = root;
    this.dir = path.join(root, "app");
    this.tmp = path.join(root, "tmp");
    this.port = port;
  }

  static async make(parent = os.tmpdir()): Promise<CrashProject> {
    const root = await fs.realpath(await fs.mkdtemp(path.join(parent, "edge-ai-crash-")));
    const project = new CrashProject(root, await quietPort());
    await fs.mkdir(project.tmp);
    await fs.mkdir(path.join(project.dir, "api"), { recursive: true });
    await fs.mkdir(path.join(project.dir, "public"));
    await linkPackages(path.join(project.dir, "node_modules"));
    await fs.writeFile(path.join(project.dir, "public/index.html"), "<h1>crash</h1>");
    await fs.writeFile(path.join(project.dir, "package.json"), '{"type":"module","engines":{"node":"24.x"}}');
    await fs.writeFile(path.join(project.dir, "edge-ai.json"), JSON.stringify(configOf(project.port)));
    await project.change();
    return project;
  }

  /** Changes the code of both functions: the next release. */
  async change(): Promise<number> {
    this.release += 1;
    const common = `const release = ${this.release}, buildId = process.env.EDGE_AI_BUILD_ID;\n`;
    await fs.writeFile(
      path.join(this.dir, "api/health.ts"),
      `${common}const headers = { "cache-control": "no-store" };
export const GET = (): Response =>
  Response.json({ version: 1, status: "ok", buildId, modelId: "none", mode: "external", task: "classify", release }, { headers });\n`,
    );
    await fs.writeFile(
      path.join(this.dir, "api/classify.ts"),
      `${common}export const POST = (): Response => Response.json({ labels: [], release, buildId });\n`,
    );
    return this.release;
  }

  /** Environment of everything that runs. */
  get env(): NodeJS.ProcessEnv {
    return { ...process.env, TMPDIR: this.tmp, NODE_COMPILE_CACHE: path.join(os.tmpdir(), "edge-ai-crash-cache") };
  }

  /** Starts the built bin in the project. */
  start(args: readonly string[], onLine: (line: string, child: ChildProcess) => void = () => undefined): BinStart {
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: this.dir,
      env: this.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const stderr: string[] = [];
    readline.createInterface({ input: child.stderr }).on("line", (line) => {
      stderr.push(line);
      onLine(line, child);
    });
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    const end = new Promise<BinEnd>((resolve) => {
      child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr: stderr.join("\n") }));
    });
    return { child, end };
  }

  run(args: readonly string[]): Promise<BinEnd> {
    return this.start(args).end;
  }

  /** The state file, null when there is none. Rejects when it cannot be understood. */
  stateIfAny(): Promise<LocalState | null> {
    return readState(path.join(this.dir, ".edge-ai/local/state.json"));
  }

  async state(): Promise<LocalState> {
    const state = await this.stateIfAny();
    if (state === null) throw new Error("there is no state.json");
    return state;
  }

  /**
   * The release that production is, or null when nobody answers.
   * @throws when it answers, and not as one whole release
   */
  async production(): Promise<Answer | null> {
    for (;;) {
      const before = await this.#ask("GET", "/api/health");
      const probe = await this.#ask("POST", "/api/classify");
      const after = await this.#ask("GET", "/api/health");
      if (before === null || probe === null || after === null) return null;
      // A promotion in between is no fault: asked again.
      if (before.buildId !== after.buildId) continue;
      if (before.buildId === probe.buildId && before.release === probe.release) return after;
      throw new Error(`production is two releases at once: ${JSON.stringify({ before, probe, after })}`);
    }
  }

  /** null when nobody listens, the connection is cut or there is no production. Any other answer than 200 is a fault. */
  async #ask(method: string, route: string): Promise<Answer | null> {
    let response: Response;
    try {
      const headers = { connection: "close", "content-type": "application/json" };
      const body = method === "POST" ? "{}" : undefined;
      const signal = AbortSignal.timeout(10_000);
      response = await fetch(`http://127.0.0.1:${this.port}${route}`, { method, headers, body, signal });
    } catch (error) {
      if (error instanceof TypeError) return null;
      throw error;
    }
    const text = await response.text();
    if (response.status === 503 && text.startsWith("There is no production")) return null;
    if (response.status !== 200) throw new Error(`${method} ${route} is ${response.status}: ${text}`);
    return JSON.parse(text) as Answer;
  }

  /** Ends production and removes everything. */
  async remove(): Promise<void> {
    await this.run(["stop"]);
    await fs.rm(this.root, { recursive: true, force: true });
  }
}

/** The fewest requests a gate can have, those of a paid route: 10 s, and 6 s of watch. Limits that a busy machine keeps. */
function configOf(port: number): object {
  return {
    version: 1,
    name: "crash",
    task: "classify",
    mode: "external",
    target: "local",
    model: { id: "none" },
    latencyBudgetMs: 5_000,
    slo: { p95Ms: 5_000, errorRate: 0.5 },
    probes: [
      {
        name: "classify",
        path: "/api/classify",
        method: "POST",
        body: { input: "{{n}}" },
        expect: { json: { release: "number" } },
      },
    ],
    targets: { local: { port } },
  };
}

/** What the builder takes from the project, and the Node.js for its functions. */
async function linkPackages(to: string): Promise<void> {
  await fs.mkdir(path.join(to, ".bin"), { recursive: true });
  for (const name of ["esbuild", "@vercel", "zod", ".bin/node"]) {
    await fs.symlink(path.join(checkout, "node_modules", name), path.join(to, name));
  }
}

/** Not from the range that `port: 0` takes from: while production is down, a host of another project could have it. */
async function quietPort(): Promise<number> {
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  const server = net.createServer().listen(port, "127.0.0.1");
  const isFree = await once(server, "listening").then(
    () => true,
    () => false,
  );
  if (!isFree) return quietPort();
  server.close();
  await once(server, "close");
  return port;
}
