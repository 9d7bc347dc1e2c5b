import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "../../config/schema.ts";
import { CliError } from "../../errors.ts";
import type { ExecResult } from "../../exec.ts";
import type { Io } from "../../io.ts";
import type { Artefact, Deployment, StageOptions, Target } from "../target.ts";
import { deploymentOf, parse, urlOf, type ApiDeployment } from "./answers.ts";
import { VercelCli, type CliOptions } from "./cli.ts";
import { vercelArgs } from "./command-lines.ts";
import { failureOf, isNotFound, linesOf } from "./failures.ts";
import { VercelProject } from "./project.ts";

/** How long the production domain may need after a promotion: Vercel says seconds; a job may be queued before it. */
const PROPAGATION_MS = 60_000;
const POLL_MS = 1_000;
/** Of our time limit: the program ends with its own words before we end it. */
const OWN_SHARE = 0.9;

export interface VercelContext extends CliOptions {
  io: Io;
  /** The folder that is linked to a project, or will be. */
  projectDir: string;
  config: Pick<Config, "name" | "targets">;
}

/** Vercel, through the `vercel` program. Reads what it did from the platform, and believes no exit code alone. */
export function vercelTarget(context: VercelContext): VercelTarget {
  return new VercelTarget(context);
}

export class VercelTarget implements Target {
  readonly cli: VercelCli;
  readonly propagationMs: number;
  readonly rollbackNotes = [
    "the deployment runs with the environment variables it was made with: what was changed in the project since is not in it",
    "cron jobs are those of that deployment again; data that the newer release wrote stays",
    "new production deployments are not assigned by Vercel itself until the next promote (edge-ai deploy --prod does one)",
    "on the Hobby plan Vercel goes back to the previous production deployment only",
  ];
  /** Vercel's bypass secret reaches every deployment of the project, production too. */
  readonly productionHeaders: Readonly<Record<string, string>>;
  readonly project: VercelProject;
  readonly #io: Io;
  readonly #known = new Map<string, ApiDeployment>();

  constructor({ io, projectDir, config, ...options }: VercelContext) {
    this.#io = io;
    this.cli = new VercelCli(io, projectDir, options);
    this.project = new VercelProject({ io, dir: projectDir, config, cli: this.cli });
    this.propagationMs = Math.min(PROPAGATION_MS, this.cli.timeoutMs);
    const secret = io.env["VERCEL_AUTOMATION_BYPASS_SECRET"];
    this.productionHeaders = secret === undefined || secret === "" ? {} : { "x-vercel-protection-bypass": secret };
  }

  async productionUrl(): Promise<string | null> {
    const host = await this.project.productionHost();
    return host === null ? null : urlOf(host);
  }

  async stage(artefact: Artefact, { environment, knownGood }: StageOptions): Promise<Deployment> {
    // The program deploys the .vercel/output of the folder it is in.
    const dir = path.dirname(path.dirname(artefact.outputDir));
    if (environment === "preview" && (await this.current()) === null) throw firstPreview();
    const { scope } = await this.project.linked();
    const meta = { buildId: artefact.buildId, knownGood };
    const result = await this.cli.run(vercelArgs.deploy(environment, meta, scope), { dir });
    if (result.exitCode !== 0) throw deployFailure(result);
    const { id } = parse.staged(result.stdout);
    const made = await this.#read(id);
    if (made === null) throw missing(id);
    return this.#ready(made);
  }

  async reach(id: string): Promise<Deployment> {
    const found = await this.find(id);
    if (found === null) throw missing(id);
    return found;
  }

  async promote(id: string, { rollback = false }: { rollback?: boolean } = {}): Promise<void> {
    const wanted = await this.#read(id);
    if (wanted === null) throw missing(id);
    this.#ready(wanted);
    if (wanted.target !== "production") {
      throw new CliError("NOT_PROMOTABLE", `${id} is a preview: Vercel would make another deployment of it`, {
        hint: "edge-ai deploy --prod makes one for production",
      });
    }
    const { scope } = await this.project.link();
    const result = await this.#attempt(vercelArgs.promote(id, { rollback }, this.cli.timeoutMs * OWN_SHARE, scope));
    // "Skipped", "queued" and a rolling release at 10 % end with exit code 0 too, and what is production already with 1
    // (409); an answer that is lost says nothing at all: only the domain itself can tell.
    if (!(result instanceof CliError)) {
      if (await this.#becomes(id, mayFollow(result) ? this.propagationMs : 0)) return;
      throw notProduction(id, await this.#productionId(), result);
    }
    // What counts when this cannot be found out either is why it failed.
    const isProduction = await this.#becomes(id, 0).catch((error: unknown) => {
      if (error instanceof CliError) return false;
      throw error;
    });
    if (!isProduction) throw result;
  }

  async current(): Promise<Deployment | null> {
    const host = await this.project.productionHost();
    const found = host === null ? null : await this.#read(host);
    if (found !== null) return deploymentOf(await this.#own(found, host), this.productionHeaders);
    // Whoever takes it for the first release has nothing to go back to.
    const known = (await this.project.read())?.targets?.production;
    if (known == null || known.readySubstate === "STAGED") return null;
    throw new CliError("PLATFORM", `Vercel has no deployment at ${host}, and says that production is ${known.id}`, {
      hint: "run the same command again; else check targets.vercel.domain and targets.vercel.scope in edge-ai.json",
    });
  }

  async find(id: string): Promise<Deployment | null> {
    const [project, found] = await Promise.all([this.project.read(), this.#read(id)]);
    const isOurs = found !== null && (found.projectId === undefined || found.projectId === project?.id);
    return isOurs ? this.#ready(found) : null;
  }

  async list(): Promise<Deployment[]> {
    const project = await this.project.read();
    if (project === null) return [];
    const { scope } = await this.project.link();
    return parse
      .list(await this.cli.output(vercelArgs.list(project.name, scope)))
      .filter(({ readyState, url }) => readyState === "READY" && url !== "")
      .toSorted((a, b) => b.createdAt - a.createdAt)
      .map((each) => deploymentOf(each, this.productionHeaders));
  }

  /** Which deployment the production domain is. */
  async #productionId(): Promise<string | null> {
    const host = await this.project.productionHost();
    if (host === null) return null;
    const { scope } = await this.project.link();
    const result = await this.cli.run(vercelArgs.inspect(host, scope));
    if (isNotFound(result)) return null;
    if (result.exitCode !== 0) throw failureOf("inspect", result);
    return parse.inspect(result.stdout).id;
  }

  /** Runs a command whose failure is not the last word. */
  async #attempt(args: readonly string[]): Promise<ExecResult | CliError> {
    try {
      const result = await this.cli.run(args);
      return result.exitCode === 0 ? result : failureOf(args[0] ?? "", result);
    } catch (error) {
      if (error instanceof CliError) return error;
      throw error;
    }
  }

  /** Asks at least twice, so that one answer that is lost does not decide. @throws CliError when none came at the end */
  async #becomes(id: string, withinMs: number): Promise<boolean> {
    const endMs = performance.now() + Math.max(withinMs, POLL_MS);
    for (;;) {
      const found = await this.#productionId().catch((error: unknown) => {
        if (error instanceof CliError) return error;
        throw error;
      });
      if (found === id) return true;
      if (performance.now() >= endMs) {
        if (found instanceof CliError) throw found;
        return false;
      }
      await sleep(POLL_MS, undefined, { signal: this.#io.signal }).catch(() => this.#io.signal.throwIfAborted());
    }
  }

  /** @throws CliError BAD_CONFIG when the domain answers as another project */
  async #own(found: ApiDeployment, host: string | null): Promise<ApiDeployment> {
    const project = await this.project.read();
    if (found.projectId === undefined || found.projectId === project?.id) return found;
    throw new CliError("BAD_CONFIG", `${host} is a deployment of another project, ${found.projectId}`, {
      hint: "correct targets.vercel.domain or targets.vercel.project in edge-ai.json",
    });
  }

  /** By id, or by a host that names it. One that is ready does not change any more. */
  async #read(idOrHost: string): Promise<ApiDeployment | null> {
    const known = this.#known.get(idOrHost);
    if (known !== undefined) return known;
    const { scope } = await this.project.link();
    const result = await this.cli.run(vercelArgs.api(`/v13/deployments/${encodeURIComponent(idOrHost)}`, scope));
    if (isNotFound(result)) return null;
    if (result.exitCode !== 0) throw failureOf("api", result);
    const found = parse.deployment(result.stdout);
    if (found.readyState === "READY") this.#known.set(found.id, found);
    return found;
  }

  /** @throws CliError PLATFORM when it cannot answer */
  #ready(made: ApiDeployment): Deployment {
    if (made.readyState === "READY") return deploymentOf(made, this.productionHeaders);
    throw new CliError("PLATFORM", `the deployment ${made.id} is ${made.readyState}, not READY`, {
      hint: `see ${made.inspectorUrl ?? "the project on vercel.com"}`,
    });
  }
}

/** A failed deploy prints a document too, which says more than stderr. */
function deployFailure(result: ExecResult): CliError {
  const failure = failureOf("deploy", result);
  let error: string | undefined;
  try {
    error = parse.staged(result.stdout).error?.message;
  } catch {
    return failure;
  }
  return error === undefined
    ? failure
    : new CliError(failure.code, `${failure.message}\n${error}`, { hint: failure.hint ?? "" });
}

/** `--skip-domain` is for production deployments only (58.4.4 and 60.1.3 refuse it otherwise). */
function firstPreview(): CliError {
  return new CliError("PLATFORM", "Vercel makes the first deployment of a project production at once, even a preview", {
    hint: "release the first one with --prod: it is measured before it takes traffic",
  });
}

function missing(id: string): CliError {
  return new CliError("UNKNOWN_DEPLOYMENT", `Vercel has no deployment ${JSON.stringify(id)} in this project`, {
    hint: "edge-ai deployments --target vercel lists what there is",
  });
}

/** Whether the domain may still follow a promotion that ended well: what was skipped or goes in stages does not. */
function mayFollow({ stderr }: ExecResult): boolean {
  return !/was skipped|rolling release/i.test(stderr);
}

function notProduction(id: string, is: string | null, { stderr }: ExecResult): CliError {
  const said = linesOf(stderr).slice(-2).join("\n");
  return new CliError("NOT_PRODUCTION", `production is ${is ?? "nothing"} and not ${id}; vercel said: ${said}`, {
    hint: /rolling/i.test(said)
      ? "a rolling release moves production in stages: complete it (vercel rr complete), or switch rolling releases off"
      : "run the same command again: it goes on from here",
  });
}
