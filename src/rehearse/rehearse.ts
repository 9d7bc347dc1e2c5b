import fs from "node:fs/promises";
import path from "node:path";
import { buildProject } from "../build/build.ts";
import type { Config } from "../config/schema.ts";
import { CliError } from "../errors.ts";
import { readEnvFile } from "../host/env-file.ts";
import { chooseNode } from "../host/node-binary.ts";
import type { Io } from "../io.ts";
import { reapedFolder } from "../reaper.ts";
import { deploy, type Release } from "../release/deploy.ts";
import type { DeployDocument, Verdict } from "../release/document.ts";
import { Ledger } from "../release/ledger.ts";
import { rollback, type SwitchDocument } from "../release/switch.ts";
import type { Artefact } from "../targets/target.ts";
import { vercelArgs } from "../targets/vercel/command-lines.ts";
import { vercelTarget, type VercelTarget } from "../targets/vercel/vercel.ts";
import { restamp } from "./restamp.ts";
import type { EndpointName } from "./vercel-api/endpoint-names.ts";
import type { Fault } from "./vercel-api/faults.ts";
import { teams } from "./vercel-api/teams.ts";
import { startVercelApi, type VercelApi } from "./vercel-api/vercel-api.ts";

/** What `rehearse --json` prints. */
export interface RehearsalDocument {
  version: 1;
  target: "vercel";
  /** pass when every step came to what it should; inconclusive when this machine was too busy to measure one. */
  verdict: Verdict;
  /** The program that was driven. */
  cli: { version: string | null };
  steps: Step[];
  /** The releases, as `deploy --json` and `rollback --json` print them; null for one that was not reached. */
  releases: { good: DeployDocument | null; sick: DeployDocument | null; next: DeployDocument | null };
  rollback: SwitchDocument | null;
  /** How often the program called each endpoint of the API. */
  calls: Partial<Record<EndpointName, number>>;
  /** "GET /v99/thing": what it called and the emulator does not know. */
  unknownCalls: readonly string[];
}

export interface Step {
  name: "link" | "good release" | "sick release" | "next release" | "rollback" | "api";
  verdict: Verdict;
  /** What happened, in a sentence. */
  text: string;
  ms: number;
}

export interface Rehearsal {
  io: Io;
  projectDir: string;
  config: Config;
  faults: readonly Fault[];
  timeoutMs?: number | undefined;
  /** What the checks before a release find, with the environment of the rehearsal. */
  preflight: (io: Io, target: VercelTarget) => Release["preflight"];
  onStep: (name: Step["name"]) => void;
  onProgress: (line: string) => void;
}

/** Accepted by the emulator, and by nobody else. */
const TOKEN = "rehearsal";
const TEAM = teams.rehearsal.slug;

/**
 * Goes through a whole release on this machine: the real `vercel` program against an emulated API whose deployments are
 * served from the uploaded files. A good release, a sick one that has to be refused, the next one, and the way back.
 * It builds the project's .vercel/output, since what was rehearsed is what ships; its link, ledger and the user's login are
 * neither read nor written.
 * @throws CliError when it cannot run
 */
export async function rehearse(rehearsal: Rehearsal): Promise<RehearsalDocument> {
  const { io, projectDir, faults } = rehearsal;
  const { dir, reaper } = await reapedFolder("edge-ai-rehearsal");
  const api = await startVercelApi({
    token: TOKEN,
    node: (await chooseNode(projectDir)).path,
    onLog: rehearsal.onProgress,
    signal: io.signal,
  });
  try {
    for (const fault of faults) api.inject(fault);
    return await new Stage(rehearsal, api, dir).play();
  } finally {
    await api.close();
    await reaper.done();
    await fs.rm(dir, { recursive: true, force: true });
  }
}

/** A rehearsal on its way. */
class Stage {
  readonly #rehearsal: Rehearsal;
  readonly #api: VercelApi;
  /** What is deployed, and linked: a folder of the rehearsal's own. */
  readonly #workDir: string;
  readonly #target: VercelTarget;
  /** Without the user's own token, project and secret: they have no business in a rehearsal. */
  readonly #io: Io;
  readonly #ledger: Ledger;
  readonly #steps: Step[] = [];
  readonly #releases: RehearsalDocument["releases"] = { good: null, sick: null, next: null };
  #rollback: SwitchDocument | null = null;

  constructor(rehearsal: Rehearsal, api: VercelApi, dir: string) {
    this.#rehearsal = rehearsal;
    this.#api = api;
    this.#workDir = path.join(dir, "app");
    this.#ledger = new Ledger(this.#workDir);
    this.#io = { ...rehearsal.io, env: rehearsalEnv(rehearsal.io.env) };
    this.#target = vercelTarget({
      io: this.#io,
      projectDir: this.#workDir,
      programDir: rehearsal.projectDir,
      config: { name: rehearsal.config.name, targets: { vercel: { project: null, scope: TEAM, domain: null } } },
      timeoutMs: rehearsal.timeoutMs,
      globalConfig: path.join(dir, "cli"),
    });
  }

  async play(): Promise<RehearsalDocument> {
    const cli = { version: await this.#prepare() };
    const artefact = await this.#build();
    let current: Artefact = artefact;
    const build =
      (release: number): (() => Promise<Artefact>) =>
      async () =>
        (current = await restamp(current, `${artefact.buildId.slice(0, -2)}${String(release).padStart(2, "0")}`));

    const linked = await this.#step("link", () => this.#link());
    const good = linked && (await this.#step("good release", () => this.#goodRelease("good", async () => artefact)));
    if (good) {
      await this.#step("sick release", () => this.#sickRelease(build(2)));
      if (await this.#step("next release", () => this.#goodRelease("next", build(3))))
        await this.#step("rollback", () => this.#goBack(artefact.buildId));
    }
    await this.#step("api", async () => judgeCalls(this.#api));
    return {
      version: 1,
      target: "vercel",
      verdict: overall(this.#steps.map(({ verdict }) => verdict)),
      cli,
      steps: this.#steps,
      releases: this.#releases,
      rollback: this.#rollback,
      calls: countCalls(this.#api),
      unknownCalls: this.#api.unknownCalls,
    };
  }

  /** A folder with what `vercel deploy --prebuilt` reads, and the CLI's config. @returns the program's version */
  async #prepare(): Promise<string | null> {
    const { projectDir } = this.#rehearsal;
    await fs.mkdir(this.#workDir);
    const cliDir = path.join(path.dirname(this.#workDir), "cli");
    await fs.mkdir(cliDir);
    await fs.writeFile(path.join(cliDir, "config.json"), JSON.stringify({ api: this.#api.url }));
    await Promise.all(
      ["vercel.json", "package.json"].map((name) =>
        fs.copyFile(path.join(projectDir, name), path.join(this.#workDir, name)).catch(ignoreMissing),
      ),
    );
    return this.#target.cli.version();
  }

  async #build(): Promise<Artefact> {
    const { io, projectDir } = this.#rehearsal;
    const built = await buildProject(projectDir, { signal: io.signal });
    const outputDir = path.join(this.#workDir, ".vercel", "output");
    await fs.cp(built.outputDir, outputDir, { recursive: true, verbatimSymlinks: true });
    return { outputDir, buildId: built.buildId };
  }

  async #link(): Promise<Outcome> {
    const { project, scope } = await this.#target.linked();
    await this.#addVariables(project);
    await this.#target.cli.output(vercelArgs.pull("production", scope));
    return { verdict: "pass", text: "the project was made, linked and pulled" };
  }

  /** Gives the project the variables of .env.local, as a person does in its settings. */
  async #addVariables(project: string): Promise<void> {
    const env = await readEnvFile(this.#rehearsal.projectDir);
    const variables = Object.entries(env).map(([key, value]) => ({
      key,
      value,
      type: "encrypted",
      target: ["production", "preview"],
    }));
    const response = await fetch(`${this.#api.url}/v10/projects/${project}/env?teamId=${teams.rehearsal.id}`, {
      method: "POST",
      headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
      body: JSON.stringify(variables),
    });
    if (!response.ok) throw new Error(`the emulator refused the variables of .env.local: HTTP ${response.status}`);
  }

  async #goodRelease(which: "good" | "next", build: Release["build"]): Promise<Outcome> {
    const document = await deploy(this.#release(build));
    this.#releases[which] = document;
    const answers = await this.#production();
    const { outcome, verdict, deployment, cause, message } = document;
    const ok = outcome === "promoted" && verdict === "pass" && answers === deployment?.buildId;
    const why = cause === undefined ? "" : ` (${cause}: ${message ?? ""})`;
    return {
      verdict: verdict === "inconclusive" ? verdict : passIf(ok),
      text: `${outcome}, verdict ${verdict ?? "none"}${why}; production answers with build ${answers}`,
    };
  }

  async #sickRelease(build: Release["build"]): Promise<Outcome> {
    const before = await this.#production();
    this.#api.sicken("next", { kind: "errors", share: 0.05 });
    const document = await deploy(this.#release(build));
    this.#releases.sick = document;
    const answers = await this.#production();
    const ok = document.outcome === "refused" && document.verdict === "fail" && answers === before;
    const why = `${document.cause ?? "no cause"}: ${document.message ?? ""}`;
    return {
      verdict: document.verdict === "inconclusive" ? document.verdict : passIf(ok),
      text: `${document.outcome} (${why}); production answers with build ${answers}`,
    };
  }

  async #goBack(wanted: string): Promise<Outcome> {
    const { io, config, onProgress } = this.#rehearsal;
    const switching = {
      targetName: "vercel",
      target: this.#target,
      config,
      gate: false,
      ledger: this.#ledger,
    } as const;
    const document = await rollback({ ...switching, signal: io.signal, now: () => new Date(), onProgress }, undefined);
    this.#rollback = document;
    const answers = await this.#production();
    const ok = document.outcome === "rolled-back" && answers === wanted;
    return { verdict: passIf(ok), text: `${document.outcome}; production answers with build ${answers}` };
  }

  #release(build: Release["build"]): Release {
    const { io, projectDir, config, preflight, onProgress } = this.#rehearsal;
    return {
      projectDir,
      config,
      targetName: "vercel",
      target: this.#target,
      environment: "production",
      gate: true,
      force: false,
      ledger: this.#ledger,
      signal: io.signal,
      now: () => new Date(),
      build,
      preflight: preflight(this.#io, this.#target),
      onStep: (name) => onProgress(`→ ${name}`),
      onProgress,
    };
  }

  /** The build id that production answers with, to somebody who asks it and nobody else. */
  async #production(): Promise<string> {
    const response = await fetch(`${this.#api.productionUrl}/api/health`);
    const body: unknown = await response.json().catch(() => null);
    if (typeof body === "object" && body !== null && "buildId" in body && typeof body.buildId === "string")
      return body.buildId;
    return `none (HTTP ${response.status})`;
  }

  /** A step that the platform keeps from happening did not come to what it should. */
  async #step(name: Step["name"], work: () => Promise<Outcome>): Promise<boolean> {
    this.#rehearsal.io.signal.throwIfAborted();
    this.#rehearsal.onStep(name);
    const started = performance.now();
    const { verdict, text } = await work().catch((error: unknown): Outcome => {
      this.#rehearsal.io.signal.throwIfAborted();
      if (error instanceof CliError) return { verdict: "fail", text: `${error.code}: ${error.message}` };
      throw error;
    });
    this.#steps.push({ name, verdict, text, ms: Math.round(performance.now() - started) });
    return verdict === "pass";
  }
}

type Outcome = Pick<Step, "verdict" | "text">;

function passIf(ok: boolean): Verdict {
  return ok ? "pass" : "fail";
}

function overall(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes("fail")) return "fail";
  return verdicts.includes("inconclusive") ? "inconclusive" : "pass";
}

/** A new version of the program may call what nobody has looked at: that is not passed over. */
export function judgeCalls({ calls, unknownCalls }: Pick<VercelApi, "calls" | "unknownCalls">): Outcome {
  if (unknownCalls.length === 0) return { verdict: "pass", text: `${calls.length} calls, all of them known` };
  return { verdict: "fail", text: `vercel called what the emulator does not know: ${unknownCalls.join(", ")}` };
}

function rehearsalEnv(env: Io["env"]): Io["env"] {
  const own = Object.entries(env).filter(([name]) => !name.startsWith("VERCEL_"));
  return { ...Object.fromEntries(own), VERCEL_TOKEN: TOKEN };
}

function countCalls(api: VercelApi): RehearsalDocument["calls"] {
  const counts: RehearsalDocument["calls"] = {};
  for (const { endpoint } of api.calls) if (endpoint !== null) counts[endpoint] = (counts[endpoint] ?? 0) + 1;
  return counts;
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}
