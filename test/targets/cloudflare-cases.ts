// One case on the emulated Cloudflare: a command meets a fault of the API, or kill -9; then it is run again without.
// bench/cloudflare-faults.ts runs all of them.
import { spawn, type ChildProcess } from "node:child_process";
import fs from "node:fs/promises";
import path from "node:path";
import readline from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { CloudflareApi } from "../../src/rehearse/cloudflare-api/cloudflare-api.ts";
import type { EndpointName } from "../../src/rehearse/cloudflare-api/endpoint-names.ts";
import type { FaultKind, FaultStatus } from "../../src/rehearse/cloudflare-api/faults.ts";
import type { StepName } from "../../src/release/steps.ts";
import { makeOnCloudflare, type OnCloudflare } from "./cloudflare.ts";
import { processesOf, settled } from "./leftovers.ts";

type Command = "deploy" | "promote" | "rollback" | "deployments";
type CloudflareFault = `${FaultStatus}` | Exclude<FaultKind, object>;

export interface CloudflareCase {
  command: Command;
  /** Of a deploy: the fault is there, or the kill comes, from this step on. */
  step?: StepName;
  /** Where the fault is; with `kill`, the call that the kill waits for. */
  endpoint?: EndpointName;
  kind?: CloudflareFault;
  /** The request has its effect, and only its answer is lost. */
  after?: boolean;
  /** kill -9 of the CLI. */
  kill?: boolean;
}

export interface CaseOutcome {
  exit: number | null;
  /** The error's code, else the outcome. */
  answer: string;
  message: string;
  /** What production was between the two runs. */
  between: "old" | "new";
  problems: string[];
}

interface End {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

interface Answer {
  error?: { code: string; message: string; hint?: string };
  outcome?: string;
  deployment?: { id: string; buildId: string } | null;
  production?: string | null;
}

/** What a fault has to be called, so that a user can read it: of the message and its hint. */
const words: Partial<Record<CloudflareFault, RegExp>> = {
  401: /token/i,
  403: /token/i,
  "bad-token": /token/i,
  404: /not (be )?found|does not exist|no (Worker|version)|not list/i,
  409: /change.*same time|conflict/is,
  429: /wait|limits/i,
  500: /cloudflarestatus/i,
  502: /cloudflarestatus/i,
  503: /cloudflarestatus/i,
  hang: /did not end within|did not say/i,
  reset: /cloudflarestatus/i,
  "startup-failed": /10021.*1 second/is,
  "too-big": /10027.*64 MiB/is,
  "missing-secret": /10057.*\.env\.local/is,
  dropped: /Cloudflare says/i,
  intruder: /Cloudflare says|has become|somebody else/i,
};

const SHORT = "12s";
const LONG = "90s";
/** What the edge needs to follow, and a little. */
const SETTLE_MS = 400;
const ASK_EVERY_MS = 300;

export function caseName({ command, step, endpoint, kind, after, kill }: CloudflareCase): string {
  const what = kill === true ? "kill -9" : kind;
  const where = [step, endpoint].filter(Boolean).join(", ");
  return `${command}${where === "" ? "" : ` (${where})`}: ${what}${after === true ? ", effect had" : ""}`;
}

/** Releases "a" and "b" of one project; b is production, and knows a as good. */
export class CloudflareCases implements AsyncDisposable {
  readonly #on: OnCloudflare;
  readonly #root: string;
  #releases = 0;
  #a = "";
  #b = "";

  private constructor(on: OnCloudflare) {
    this.#on = on;
    this.#root = path.dirname(on.project.dir);
  }

  static async make(): Promise<CloudflareCases> {
    const made = new CloudflareCases(await makeOnCloudflare());
    made.#a = await made.#release();
    made.#b = await made.#release();
    return made;
  }

  get #api(): CloudflareApi {
    return this.#on.api;
  }

  async #release(): Promise<string> {
    await this.#change();
    const { id } = await this.#on.project.release(`r${this.#releases}`);
    return id;
  }

  async #change(): Promise<void> {
    this.#releases += 1;
    await this.#on.project.write({ release: `r${this.#releases}` });
  }

  /** Makes b production again, past the program under test. */
  async #restore(): Promise<void> {
    this.#api.clearFaults();
    await fs.rm(path.join(this.#on.project.dir, ".edge-ai"), { recursive: true, force: true });
    const account = this.#on.env["CLOUDFLARE_ACCOUNT_ID"];
    const response = await fetch(`${this.#api.url}/accounts/${account}/workers/scripts/app/deployments`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.#on.env["CLOUDFLARE_API_TOKEN"]}`, "content-type": "application/json" },
      body: JSON.stringify({ strategy: "percentage", versions: [{ version_id: this.#b, percentage: 100 }] }),
    });
    if (!response.ok) throw new Error(`b cannot be made production: ${await response.text()}`);
    await sleep(SETTLE_MS);
  }

  /** From b in production to b, or what was asked for, in production. */
  async run(cell: CloudflareCase): Promise<CaseOutcome> {
    const problems: string[] = [];
    await this.#restore();
    const old = await this.#production();
    if (cell.command === "deploy") await this.#change();
    const watch = this.#watch();
    const first = await this.#first(cell);
    if (this.#api.unmetFaults.length > 0 && cell.kill !== true) problems.push("nothing met the fault");
    this.#api.clearFaults();
    await sleep(SETTLE_MS);
    const between = await this.#production();
    const again = this.#again(cell, first);
    const second = await this.#bin(again);
    if (second.code !== 0) problems.push(`the rerun ended with ${second.code}: ${second.stdout}\n${second.stderr}`);
    await sleep(SETTLE_MS);
    const now = await this.#production();
    const seen = await watch.stop();
    problems.push(...seen.problems, ...(await this.#leftovers()));
    for (const build of seen.builds)
      if (build !== old && build !== now && cell.kind !== "intruder") problems.push(`production was ${build}`);
    if (this.#api.unknownCalls.length > 0) problems.push(`unknown calls: ${this.#api.unknownCalls.join(", ")}`);
    problems.push(...this.#judge(cell, first), ...this.#judgeEnd(cell, second, { old, now }));
    const { error, outcome } = parse(first) ?? {};
    return {
      exit: first.code,
      answer: error?.code ?? outcome ?? (first.signal === null ? "listed" : first.signal),
      message: `${error?.message ?? ""} — ${error?.hint ?? ""}`,
      between: between === old ? "old" : "new",
      problems: [...new Set(problems)],
    };
  }

  #argsOf({ command, kind }: CloudflareCase, timeout = kind === "hang" ? SHORT : LONG): string[] {
    const rest = ["--timeout", timeout, "--json"];
    if (command === "deploy") return ["deploy", "--prod", "--no-gate", ...rest];
    if (command === "promote") return ["promote", this.#a, "--no-gate", ...rest];
    return [command, ...rest];
  }

  /** A rollback that has succeeded is not asked for once more: that would go back one release further. */
  #again(cell: CloudflareCase, first: End): string[] {
    return cell.command === "rollback" && first.code === 0 ? ["rollback", this.#a, "--json"] : this.#argsOf(cell, LONG);
  }

  async #first(cell: CloudflareCase): Promise<End> {
    const { child, end } = this.#start(this.#argsOf(cell), (line) => {
      if (cell.step === undefined || line !== `→ ${cell.step}`) return;
      if (cell.kill === true && cell.endpoint === undefined) child.kill("SIGKILL");
      else if (cell.kill !== true) this.#inject(cell);
    });
    if (cell.kill === true && cell.endpoint !== undefined) void this.#killAfter(cell, child);
    else if (cell.step === undefined) this.#inject(cell);
    return end;
  }

  #inject({ endpoint, kind, after = false }: CloudflareCase): void {
    if (endpoint === undefined || kind === undefined) throw new Error("a case without a fault");
    const isStatus = /^\d+$/.test(kind);
    const parsed = (
      isStatus ? { status: Number(kind), ...(kind === "429" && { retryAfterSeconds: 1 }) } : kind
    ) as FaultKind;
    // Asked often: what happens once is over by then.
    const isOnce = kind === "dropped" || kind === "intruder" || kind === "slow-propagation";
    this.#api.inject({ endpoint, kind: parsed, after, ...(isOnce && { times: 1 }) });
  }

  async #killAfter({ endpoint, after = false }: CloudflareCase, child: ChildProcess): Promise<void> {
    const before = this.#api.calls.length;
    if (after && endpoint !== undefined) this.#api.inject({ endpoint, kind: "hang", after: true });
    const isThere = (): boolean =>
      this.#api.calls.slice(before).some((call) => call.endpoint === endpoint && (after || (call.status ?? 500) < 300));
    while (!isThere() && child.exitCode === null) await sleep(5);
    await sleep(after ? SETTLE_MS : 0);
    child.kill("SIGKILL");
  }

  /** Looks at the first run. */
  #judge({ kind, kill, after, command }: CloudflareCase, end: End): string[] {
    if (kill === true) return end.signal === "SIGKILL" || end.code === 0 ? [] : [`it ended by itself: ${end.stderr}`];
    if (parse(end) === undefined) return [`stdout is not one document: ${end.stdout}\n${end.stderr}`];
    const { error } = parse(end) ?? {};
    if (end.code === 0) {
      const isFine = after === true || kind === "slow-propagation" || kind === "429" || command === "deployments";
      return isFine ? [] : [`exit 0 in spite of the fault:\n${end.stderr}`];
    }
    if (error === undefined) return [`exit ${end.code} without an error:\n${end.stdout}`];
    const text = `${error.message}\n${error.hint ?? ""}`;
    const said = kind === undefined ? undefined : words[kind];
    return [
      ...(end.code === (error.code === "NOT_PRODUCTION" ? 1 : 2) ? [] : [`${error.code} with exit code ${end.code}`]),
      ...(said === undefined || said.test(text) ? [] : [`the words do not name the cause: ${text}`]),
      ...(error.hint === undefined || error.hint === "" ? ["there is no hint"] : []),
    ];
  }

  /** Looks at the second run. */
  #judgeEnd({ command }: CloudflareCase, end: End, { old, now }: { old: string; now: string }): string[] {
    const document = parse(end);
    if (command === "deployments") return now === old ? [] : ["a list has changed production"];
    if (now !== document?.deployment?.id) return [`production is ${now}, not ${document?.deployment?.id}`];
    if (command !== "deploy" && now !== this.#a) return [`production is ${now}, not ${this.#a}`];
    return now === old ? ["production is the old release after the rerun"] : [];
  }

  #start(args: readonly string[], onLine: (line: string) => void = () => undefined) {
    const child = spawn(process.execPath, [path.resolve("dist/edge-ai.js"), ...args], {
      cwd: this.#on.project.dir,
      env: { ...process.env, ...this.#on.env, TMPDIR: path.join(this.#root, "tmp") },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [stdout, stderr]: [string[], string[]] = [[], []];
    child.stdout.setEncoding("utf8").on("data", (text: string) => stdout.push(text));
    readline.createInterface({ input: child.stderr }).on("line", (line) => {
      stderr.push(line);
      onLine(line);
    });
    const end = new Promise<End>((resolve) => {
      child.once("close", (code, signal) =>
        resolve({ code, signal, stdout: stdout.join(""), stderr: stderr.join("\n") }),
      );
    });
    return { child, end };
  }

  #bin(args: readonly string[]): Promise<End> {
    return this.#start(args).end;
  }

  /** The version that production is. @throws when it does not answer */
  async #production(): Promise<string> {
    const response = await fetch(`${this.#on.project.url}/api/embeddings`, {
      method: "POST",
      headers: { connection: "close", "content-type": "application/json" },
      body: '{"input":"x"}',
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`production answers ${response.status}: ${text}`);
    return (JSON.parse(text) as { buildId: string }).buildId;
  }

  /** Asks production all the time: it has to answer throughout. */
  #watch(): { stop: () => Promise<{ builds: Set<string>; problems: string[] }> } {
    const builds = new Set<string>();
    const problems: string[] = [];
    const stopped = new AbortController();
    const asking = (async () => {
      while (!stopped.signal.aborted) {
        await this.#production().then(
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

  /** What is there and belongs to nobody any more, after a while. */
  #leftovers(): Promise<string[]> {
    return settled(async () => [
      ...(await processesOf(this.#root)).map(({ pid, command }) => `process ${pid}: ${command}`),
      ...(await fs.readdir(path.join(this.#root, "tmp")))
        .filter((name) => name !== "node-compile-cache")
        .map((name) => `temporary: ${name}`),
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#on[Symbol.asyncDispose]();
  }
}

function parse({ stdout }: End): Answer | undefined {
  try {
    return JSON.parse(stdout) as Answer;
  } catch {
    return undefined;
  }
}

const requestFaults = ["401", "403", "404", "409", "429", "500", "502", "503", "hang", "reset", "bad-token"] as const;

const places: readonly CloudflareCase[] = [
  { command: "deploy", endpoint: "deployments" },
  { command: "deploy", step: "stage", endpoint: "versions" },
  { command: "deploy", step: "stage", endpoint: "uploadVersion" },
  { command: "deploy", step: "stage", endpoint: "createDeployment" },
  { command: "deploy", step: "promote", endpoint: "createDeployment" },
  { command: "deploy", step: "promote", endpoint: "deployments" },
  { command: "promote", endpoint: "version" },
  { command: "promote", endpoint: "createDeployment" },
  { command: "rollback", endpoint: "worker" },
  { command: "rollback", endpoint: "createDeployment" },
  { command: "deployments", endpoint: "worker" },
  { command: "deployments", endpoint: "versions" },
];
const switches = places.filter(({ endpoint }) => endpoint === "createDeployment");

/** The whole matrix. */
export function cloudflareMatrix(): CloudflareCase[] {
  return [
    ...places.flatMap((place) => requestFaults.map((kind) => ({ ...place, kind }))),
    ...[...switches, { command: "deploy", step: "stage", endpoint: "uploadVersion" } as const].flatMap((place) =>
      (["500", "hang", "reset"] as const).map((kind) => ({ ...place, kind, after: true })),
    ),
    ...(["startup-failed", "too-big", "missing-secret"] as const).map((kind): CloudflareCase => ({
      command: "deploy",
      step: "stage",
      endpoint: "uploadVersion",
      kind,
    })),
    ...switches.flatMap((place) =>
      (["dropped", "slow-propagation", "intruder"] as const).map((kind) => ({ ...place, kind })),
    ),
  ];
}

/** Every step, and the calls that change something. */
export const cloudflareKills: readonly CloudflareCase[] = [
  ...(["anchor", "preflight", "build", "smoke", "stage", "promote"] as const).map((step): CloudflareCase => ({
    command: "deploy",
    step,
    kill: true,
  })),
  ...[false, true].flatMap((after): CloudflareCase[] => [
    { command: "deploy", endpoint: "uploadVersion", kill: true, after },
    { command: "deploy", endpoint: "createDeployment", kill: true, after },
    { command: "promote", endpoint: "createDeployment", kill: true, after },
    { command: "rollback", endpoint: "createDeployment", kill: true, after },
  ]),
];
