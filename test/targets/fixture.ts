// A small project of its own for each test: two functions and stand-ins for a model, deployed by the built bin.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { expect } from "vitest";
import type { DeployDocument, PublicDeployment } from "../../src/release/document.ts";
import type { LedgerEvent } from "../../src/release/ledger.ts";
import type { SwitchDocument } from "../../src/release/switch.ts";
import { runBin, type BinRun } from "../cli/run.ts";
import { freePort } from "../free-port.ts";
import { writeTree } from "../temp.ts";

/** What the embeddings function does with a request; `n` counts the requests of its process. */
const GOOD = `return answer();`;

export interface Variant {
  /** Makes a build of its own; every answer says it. */
  release?: string;
  /** Statements of the embeddings function, with `n` and `answer()`. */
  embeddings?: string;
  /** Code before the embeddings function, run when it is imported. */
  onImport?: string;
  /** The whole health function. */
  health?: string;
}

const HEALTH = `import { buildId, mode } from "../lib/app.ts";
export default {
  fetch: () =>
    Response.json(
      { version: 1, status: "ok", buildId, modelId: "m", mode, task: "embeddings" },
      { headers: { "cache-control": "no-store" } },
    ),
};
`;

/** The source of a release. */
function sourceOf({ release = "a", embeddings = GOOD, onImport = "", health = HEALTH }: Variant) {
  return {
    "lib/app.ts": `import config from "../edge-ai.json" with { type: "json" };
import { versionId } from "./platform.ts";
export const buildId: string = versionId ?? process.env.EDGE_AI_BUILD_ID ?? "unbuilt";
export const mode: string = config.mode;
export const release = "${release}";
`,
    "api/health.ts": health,
    "api/embeddings.ts": `import { setTimeout as sleep } from "node:timers/promises";
import { buildId, release } from "../lib/app.ts";
${onImport}
const answer = (): Response => Response.json({ buildId, release, data: [{ embedding: [1, 2] }] });
let n = 0;
export default {
  async fetch(request: Request): Promise<Response> {
    n++;
    const waitMs = Number(new URL(request.url).searchParams.get("wait") ?? 0);
    if (waitMs > 0) await sleep(waitMs);
    ${embeddings}
  },
};
`,
  };
}

/** One measured request is as good as the next: a p95 that a busy machine keeps too, and no throughput. */
const SLO = { p95Ms: 1_000, errorRate: 0.01 };

/** Where the contract is kept. Workers run no model, so there the app is one that calls another. */
export type Platform = "local" | "vercel" | "cloudflare";

const placeOf: Record<Platform, (port: number) => { mode: string; targets: object }> = {
  local: (port) => ({ mode: "local", targets: { local: { port } } }),
  vercel: () => ({ mode: "local", targets: { vercel: { scope: "rehearsal" } } }),
  cloudflare: () => ({ mode: "external", targets: {} }),
};

function configOf(target: Platform, port: number): object {
  return {
    version: 1,
    name: "app",
    task: "embeddings",
    target,
    model: { id: "m", revision: null, path: target === "cloudflare" ? null : "models/m" },
    latencyBudgetMs: 1_000,
    slo: SLO,
    probes: [
      {
        name: "embed",
        path: "/api/embeddings",
        method: "POST",
        body: { input: "{{n}}" },
        expect: { status: 200, json: { data: [{ embedding: "array" }] } },
      },
    ],
    ...placeOf[target](port),
  };
}

const wranglerJson = {
  name: "app",
  main: ".cloudflare/output/worker.js",
  no_bundle: true,
  compatibility_date: "2026-10-01",
  compatibility_flags: ["nodejs_compat"],
  version_metadata: { binding: "CF_VERSION_METADATA" },
  workers_dev: true,
  preview_urls: true,
  observability: { enabled: true },
  secrets: { required: [] as string[] },
  send_metrics: false,
  dependencies_instrumentation: { enabled: false },
};

/** What only one platform has a use for. */
async function ownFiles(target: Platform): Promise<Record<string, string>> {
  const own = { "lib/platform.ts": "export const versionId: string | null = null;\n" };
  if (target !== "cloudflare") return { ...own, "vercel.json": VERCEL_JSON, ...modelFiles };
  const lib = path.resolve("templates/app/lib");
  const names = (await fs.readdir(lib)).filter((name) =>
    /^(worker|platform\.cloudflare|cloudflare-.*)\.(d\.)?ts$/.test(name),
  );
  const copies = names.map(async (name) => [`lib/${name}`, await fs.readFile(path.join(lib, name), "utf8")] as const);
  return { ...own, ...Object.fromEntries(await Promise.all(copies)), "wrangler.jsonc": JSON.stringify(wranglerJson) };
}

const VERCEL_JSON = '{"functions":{"api/embeddings.ts":{"includeFiles":"models/m/**"}}}';

/** Stand-ins: no test here computes an embedding. */
const modelFiles = {
  "models/m/config.json": "{}",
  "models/m/tokenizer.json": "{}",
  "models/m/tokenizer_config.json": "{}",
  "models/m/onnx/model_quantized.onnx": "weights",
};

const tsconfig = {
  compilerOptions: {
    target: "es2024",
    lib: ["es2024"],
    module: "nodenext",
    types: ["node"],
    strict: true,
    allowImportingTsExtensions: true,
    resolveJsonModule: true,
    skipLibCheck: true,
    noEmit: true,
  },
  include: ["api", "lib"],
};

/** What a command with --json came to. */
interface JsonRun<T> {
  code: number | null;
  document: T;
  stderr: string;
}

interface ErrorDocument {
  error: { code: string; message: string; hint: string };
}

interface ListedDeployment extends PublicDeployment {
  environment: string;
  knownGood: string | null;
  production: boolean;
}

export class TestProject {
  readonly dir: string;
  readonly port: number;
  readonly url: string;
  /** Where everything it starts puts its temporary files. */
  readonly #temp: string;
  readonly #env: Readonly<Record<string, string>>;

  constructor(dir: string, temp: string, port: number, env: Readonly<Record<string, string>> = {}) {
    this.dir = dir;
    this.#temp = temp;
    this.#env = env;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Runs the bin, and sends it a signal as soon as it says that a step begins. */
  async interrupted(step: string, signal: NodeJS.Signals, ...args: string[]): Promise<JsonRun<ErrorDocument>> {
    const child = spawn(process.execPath, [path.resolve("dist/edge-ai.js"), ...args, "--json"], {
      cwd: this.dir,
      env: { ...process.env, ...this.#env, TMPDIR: this.#temp },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [stdout, stderr]: [string[], string[]] = [[], []];
    child.stdout.setEncoding("utf8").on("data", (text: string) => stdout.push(text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr.push(text);
      if (text.includes(`→ ${step}`)) child.kill(signal);
    });
    const [code] = (await once(child, "close")) as [number | null];
    return { code, document: JSON.parse(stdout.join("")) as ErrorDocument, stderr: stderr.join("") };
  }

  /** Changes the source to that of another release. */
  write(variant: Variant): Promise<void> {
    return writeTree(this.dir, sourceOf(variant));
  }

  /** The same project, with more in the environment of the bin. */
  with(env: Readonly<Record<string, string>>): TestProject {
    return new TestProject(this.dir, this.#temp, this.port, { ...this.#env, ...env });
  }

  move(from: string, to: string): Promise<void> {
    return fs.rename(path.join(this.dir, from), path.join(this.dir, to));
  }

  /** Removes a file or folder of the project. */
  remove(name: string): Promise<void> {
    return fs.rm(path.join(this.dir, name), { recursive: true });
  }

  bin(...args: string[]): Promise<BinRun> {
    return runBin(args, { cwd: this.dir, env: { ...this.#env, TMPDIR: this.#temp } });
  }

  async deploy(...args: string[]): Promise<JsonRun<DeployDocument>> {
    const run = await this.json("deploy", ...args);
    return { ...run, document: run.document as DeployDocument };
  }

  /** Runs promote or rollback. */
  async switch(...args: string[]): Promise<JsonRun<SwitchDocument>> {
    const run = await this.json(...args);
    return { ...run, document: run.document as SwitchDocument };
  }

  /** Runs a command that cannot do what it is asked. */
  async fail(...args: string[]): Promise<JsonRun<ErrorDocument>> {
    const run = await this.json(...args);
    return { ...run, document: run.document as ErrorDocument };
  }

  /** Deployments as they are listed, newest first. */
  async deployments(): Promise<ListedDeployment[]> {
    const { document } = await this.json("deployments");
    return (document as { deployments: ListedDeployment[] }).deployments;
  }

  /** Runs a command with --json. */
  async json(...args: string[]): Promise<JsonRun<unknown>> {
    const { code, stdout, stderr } = await this.bin(...args, "--json");
    try {
      return { code, document: JSON.parse(stdout), stderr };
    } catch {
      throw new Error(`edge-ai ${args.join(" ")} exited with ${code} and printed no document:\n${stdout}\n${stderr}`);
    }
  }

  /** Makes a release production without measuring it, which takes seconds. */
  async release(release: string): Promise<PublicDeployment> {
    await this.write({ release });
    const { document } = await this.deploy("--prod", "--no-gate");
    expect(document).toMatchObject({ outcome: "promoted" });
    if (document.deployment === null) throw new Error("what was promoted is a deployment");
    return document.deployment;
  }

  /** The build id that production answers with. */
  async production(): Promise<string> {
    const response = await fetch(`${this.url}/api/health`);
    const { buildId } = (await response.json()) as { buildId: string };
    return buildId;
  }

  async ledger(): Promise<LedgerEvent[]> {
    const text = await fs.readFile(path.join(this.dir, ".edge-ai/releases.jsonl"), "utf8").catch(() => "");
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as LedgerEvent);
  }

  /** Command lines of what runs for this project. */
  async processes(): Promise<string[]> {
    const { stdout } = await promisify(execFile)("ps", ["-eo", "pid=,args="], { maxBuffer: 16 * 1024 * 1024 });
    return stdout.split("\n").filter((line) => line.includes(this.dir) || line.includes(this.#temp));
  }

  /** Ends the local target and shows that nothing of it is left: no process, no temporary folder, no port. */
  async stop(): Promise<void> {
    expect(await this.bin("stop")).toMatchObject({ code: 0 });
    expect(await settled(() => this.processes())).toEqual([]);
    expect(await settled(() => this.#temporaryFiles())).toEqual([]);
  }

  async #temporaryFiles(): Promise<string[]> {
    return (await fs.readdir(this.#temp)).filter((name) => name !== "node-compile-cache");
  }

  /** Stops it and removes everything; `await using` does so at the end of a test. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.stop();
    } finally {
      await fs.rm(path.dirname(this.dir), { recursive: true, force: true });
    }
  }
}

/** Makes a project, with nothing deployed. */
export async function makeProject(variant: Variant = {}): Promise<TestProject> {
  return writeProject(variant, { target: "local", port: await freePort() });
}

/** @param options.port where production answers */
export async function writeProject(
  variant: Variant,
  options: { target: Platform; port: number; env?: Readonly<Record<string, string>> },
): Promise<TestProject> {
  const root = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), `edge-ai-${options.target}-`)));
  const dir = path.join(root, "my app ü");
  const temp = path.join(root, "tmp");
  await fs.mkdir(temp);
  await writeTree(dir, {
    "package.json": '{"name":"app","private":true,"type":"module","engines":{"node":"24.x"}}',
    "edge-ai.json": JSON.stringify(configOf(options.target, options.port)),
    "tsconfig.json": JSON.stringify(tsconfig),
    "public/index.html": "<h1>app</h1>",
    ...(await ownFiles(options.target)),
    ...sourceOf(variant),
  });
  // A link to our own: npm must not run there, nor `vercel build`, which starts with an npm install. It would empty it.
  await fs.symlink(path.resolve("node_modules"), path.join(dir, "node_modules"), "dir");
  return new TestProject(dir, temp, options.port, options.env);
}

/** Makes a project whose production is release "a". */
export async function makeReleased(): Promise<{ project: TestProject; buildId: string; id: string }> {
  const project = await makeProject();
  const { id, buildId } = await project.release("a");
  return { project, id, buildId };
}

/** Waits until something is so, for ten seconds. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > endMs) throw new Error("it did not become so in time");
    await sleep(20);
  }
}

/** @returns what is left after ten seconds, or as soon as nothing is */
async function settled(look: () => Promise<string[]>): Promise<string[]> {
  let left: string[] = [];
  await until(async () => {
    left = await look();
    return left.length === 0;
  }).catch(() => undefined);
  return left;
}
