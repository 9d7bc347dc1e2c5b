// The project that the cases of faults and of kills use: two releases on the emulated API, and the bin as a child.
import { spawn, type ChildProcess } from "node:child_process";
import fs from "node:fs/promises";
import path from "node:path";
import readline from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { Deployment } from "../../src/rehearse/vercel-api/deployment.ts";
import { startVercelApi, type VercelApi } from "../../src/rehearse/vercel-api/vercel-api.ts";
import { writeProject, type TestProject } from "./fixture.ts";
import { processesOf, settled } from "./leftovers.ts";
import { TOKEN, vercelEnv } from "./vercel.ts";

const dist = path.resolve(import.meta.dirname, "../../dist");
const ASK_EVERY_MS = 300;

export interface BinEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** Releases "a" and "b" of one project; b is production, and knows a as good. */
export class CaseProject implements AsyncDisposable {
  readonly api: VercelApi;
  readonly project: TestProject;
  /** What everything that runs for it has in its environment, arguments or working folder. */
  readonly root: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #dirs: readonly string[];
  #releases = 0;
  a = "";
  b = "";

  private constructor(api: VercelApi, project: TestProject, env: NodeJS.ProcessEnv, dirs: readonly string[]) {
    this.api = api;
    this.project = project;
    this.root = path.dirname(project.dir);
    this.#env = { ...process.env, ...env, TMPDIR: this.#tmp };
    this.#dirs = dirs;
  }

  /** @param cliDir folder with another `vercel` than that of our node_modules */
  static async make({ cliDir, slowAliasMs = 2_000 }: { cliDir?: string | undefined; slowAliasMs?: number } = {}) {
    // A token's default team is not the project's: every command has to name its scope.
    const api = await startVercelApi({
      token: TOKEN,
      defaultTeam: "other-team",
      clock: { buildStepMs: 20, aliasMs: 100, slowAliasMs },
      launcher: path.join(dist, "launcher.js"),
    });
    const { dir, env } = await vercelEnv(api);
    const port = Number(new URL(api.productionUrl).port);
    const project = await writeProject({}, { target: "vercel", port });
    if (cliDir !== undefined) await withoutVercel(path.join(project.dir, "node_modules"));
    const PATH = cliDir === undefined ? process.env["PATH"] : [cliDir, process.env["PATH"]].join(path.delimiter);
    const made = new CaseProject(api, project, { ...env, PATH }, [dir]);
    made.a = await made.#release();
    made.b = await made.#release();
    return made;
  }

  get #tmp(): string {
    return path.join(this.root, "tmp");
  }

  async #release(): Promise<string> {
    await this.change();
    const { code, stdout, stderr } = await this.run(["deploy", "--prod", "--no-gate", "--json"]);
    if (code !== 0) throw new Error(`the release before the cases ended with ${code}:\n${stdout}\n${stderr}`);
    return this.api.production?.id ?? "";
  }

  /** Changes the code: the next release. */
  async change(): Promise<void> {
    this.#releases += 1;
    await this.project.write({ release: `r${this.#releases}` });
  }

  /** Makes it as if nothing had happened since b was released. */
  async restore(): Promise<void> {
    this.api.clearFaults();
    await fs.rm(path.join(this.project.dir, ".edge-ai"), { recursive: true, force: true });
    await this.#makeProduction(this.b);
  }

  /** Past the program under test. */
  async #makeProduction(id: string): Promise<void> {
    const [project] = this.api.projects;
    const query = `?teamId=${project?.teamId}`;
    const ask = (action: string) =>
      fetch(`${this.api.url}${action}${query}`, { method: "POST", headers: { authorization: `Bearer ${TOKEN}` } });
    if (project?.canary !== null) await ask(`/v1/projects/${project?.id}/rolling-release/complete`);
    const endMs = Date.now() + 20_000;
    while (this.api.production?.id !== id) {
      if (Date.now() > endMs) throw new Error(`production does not become ${id}`);
      await ask(`/v10/projects/${project?.id}/promote/${id}`);
      for (let n = 0; n < 20 && this.api.production?.id !== id; n++) await sleep(20);
    }
  }

  /** Ends a rolling release, as `vercel rolling-release complete` would. */
  async completeRollingRelease(): Promise<void> {
    const canary = this.api.projects[0]?.canary;
    if (typeof canary === "string") await this.#makeProduction(canary);
  }

  /** Deployments that were made of a build. */
  madeOf(buildId: string | undefined): Deployment[] {
    return this.api.deployments.filter(({ meta }) => meta["buildId"] === buildId);
  }

  /** Starts the built bin in the project. */
  start(args: readonly string[], onLine: (line: string) => void = () => undefined) {
    const child: ChildProcess = spawn(process.execPath, [path.join(dist, "edge-ai.js"), ...args], {
      cwd: this.project.dir,
      env: this.#env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [stdout, stderr]: [string[], string[]] = [[], []];
    if (child.stdout === null || child.stderr === null) throw new Error("the child has no pipes");
    child.stdout.setEncoding("utf8").on("data", (text: string) => stdout.push(text));
    readline.createInterface({ input: child.stderr }).on("line", (line) => {
      stderr.push(line);
      onLine(line);
    });
    const end = new Promise<BinEnd>((resolve) => {
      child.once("close", (code, signal) =>
        resolve({ code, signal, stdout: stdout.join(""), stderr: stderr.join("\n") }),
      );
    });
    return { child, end };
  }

  run(args: readonly string[], onLine?: (line: string) => void): Promise<BinEnd> {
    return this.start(args, onLine).end;
  }

  /** The build that production is. @throws when it does not answer as one whole release */
  async production(): Promise<string> {
    for (;;) {
      const before = await this.#ask("GET", "/api/health");
      const probe = await this.#ask("POST", "/api/embeddings");
      const after = await this.#ask("GET", "/api/health");
      // A promotion in between is no fault: asked again.
      if (before !== after) continue;
      if (before === probe) return before;
      throw new Error(`production is two builds at once: ${before} and ${probe}`);
    }
  }

  async #ask(method: string, route: string): Promise<string> {
    const response = await fetch(`${this.project.url}${route}`, {
      method,
      headers: { connection: "close", "content-type": "application/json" },
      body: method === "POST" ? '{"input":"x"}' : null,
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${method} ${route} of production is ${response.status}: ${text}`);
    return (JSON.parse(text) as { buildId: string }).buildId;
  }

  /** Asks production all the time; `stop` says which builds it was. */
  watch(): { stop: () => Promise<{ builds: Set<string>; problems: string[] }> } {
    const builds = new Set<string>();
    const problems: string[] = [];
    const stopped = new AbortController();
    const asking = (async () => {
      while (!stopped.signal.aborted) {
        await this.production().then(
          (build) => builds.add(build),
          (error: unknown) => problems.push(String(error)),
        );
        await sleep(ASK_EVERY_MS);
      }
    })();
    return {
      stop: async () => {
        stopped.abort();
        await asking;
        return { builds, problems };
      },
    };
  }

  /** What is there and belongs to nobody any more, after a while: processes, temporary and half-written files. */
  leftovers({ lock }: { lock: boolean }): Promise<string[]> {
    const expected: Record<string, readonly string[]> = {
      ".vercel": ["output", "project.json", "README.txt", ".gitignore"],
      ".edge-ai": ["releases.jsonl", ...(lock ? ["release.lock"] : [])],
    };
    return settled(async () => {
      const files = Object.entries(expected).map(async ([folder, names]) =>
        (await fs.readdir(path.join(this.project.dir, folder)).catch(() => []))
          .filter((name) => !names.includes(name))
          .map((name) => `file: ${folder}/${name}`),
      );
      const tmp = (await fs.readdir(this.#tmp)).filter((name) => name !== "node-compile-cache");
      return [
        ...(await processesOf(this.root)).map(({ pid, command }) => `process ${pid}: ${command}`),
        ...tmp.map((name) => `temporary: ${name}`),
        ...(await Promise.all(files)).flat(),
      ];
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.api.close();
    await Promise.all([this.root, ...this.#dirs].map((dir) => fs.rm(dir, { recursive: true, force: true })));
  }
}

/** Replaces the link to our packages by links to each but `vercel`. */
async function withoutVercel(linked: string): Promise<void> {
  const from = await fs.realpath(linked);
  await fs.rm(linked);
  for (const folder of [".", ".bin"]) {
    await fs.mkdir(path.join(linked, folder), { recursive: true });
    for (const name of await fs.readdir(path.join(from, folder)))
      if (name !== "vercel" && name !== "vc" && name !== ".bin")
        await fs.symlink(path.join(from, folder, name), path.join(linked, folder, name));
  }
}
