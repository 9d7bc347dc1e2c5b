import fs from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "../../config/schema.ts";
import { CliError } from "../../errors.ts";
import type { ExecResult } from "../../exec.ts";
import { say, type Io } from "../../io.ts";
import { reapedFolder } from "../../reaper.ts";
import type { Artefact, Deployment, Environment, StageOptions, Target } from "../target.ts";
import { deploymentOf, parse, urlOf, type ApiDeployment, type ApiProject } from "./answers.ts";
import { VercelCli, type CliOptions } from "./cli.ts";
import { vercelArgs } from "./command-lines.ts";
import { failureOf, isNotFound, linesOf } from "./failures.ts";
import { readLink, type Link } from "./link.ts";

/** How long the production domain may need after a promotion: Vercel says seconds; a job may be queued before it. */
const PROPAGATION_MS = 60_000;
const POLL_MS = 1_000;

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
  readonly #io: Io;
  readonly #dir: string;
  readonly #config: Pick<Config, "name" | "targets">;
  readonly #requestHeaders: Readonly<Record<string, string>>;
  readonly #known = new Map<string, ApiDeployment>();
  #link: Promise<Link> | undefined;
  #project: Promise<ApiProject | null> | undefined;
  #host: Promise<string | null> | undefined;

  constructor({ io, projectDir, config, ...options }: VercelContext) {
    this.#io = io;
    this.#dir = projectDir;
    this.#config = config;
    this.cli = new VercelCli(io, projectDir, options);
    this.propagationMs = Math.min(PROPAGATION_MS, this.cli.timeoutMs);
    const secret = io.env["VERCEL_AUTOMATION_BYPASS_SECRET"];
    this.#requestHeaders = secret === undefined || secret === "" ? {} : { "x-vercel-protection-bypass": secret };
  }

  async productionUrl(): Promise<string | null> {
    const host = await this.#productionHost();
    return host === null ? null : urlOf(host);
  }

  async stage(artefact: Artefact, { environment, knownGood }: StageOptions): Promise<Deployment> {
    // The program deploys the .vercel/output of the folder it is in.
    const dir = path.dirname(path.dirname(artefact.outputDir));
    if (environment === "preview" && (await this.current()) === null) throw firstPreview();
    const { scope } = await this.linked();
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
    const { scope } = await this.#readLink();
    const result = await this.#attempt(vercelArgs.promote(id, { rollback }, this.cli.timeoutMs, scope));
    // "Skipped", "queued" and a rolling release at 10 % end with exit code 0 too, and what is production already with 1
    // (409); an answer that is lost says nothing at all: only the domain itself can tell.
    if (!(result instanceof CliError)) {
      if (await this.#becomes(id, mayFollow(result) ? this.propagationMs : 0)) return;
      throw notProduction(id, await this.#productionId(), result);
    }
    if (await this.#isProduction(id)) return;
    throw result;
  }

  async current(): Promise<Deployment | null> {
    const host = await this.#productionHost();
    const found = host === null ? null : await this.#read(host);
    if (found !== null) return deploymentOf(found, this.#requestHeaders);
    // Whoever takes it for the first release has nothing to go back to.
    const known = (await this.project())?.targets?.production;
    if (known?.readySubstate !== "PROMOTED") return null;
    throw new CliError("PLATFORM", `Vercel has no deployment at ${host}, and says that production is ${known.id}`, {
      hint: "run the same command again; else check targets.vercel.domain and targets.vercel.scope in edge-ai.json",
    });
  }

  async find(id: string): Promise<Deployment | null> {
    const [project, found] = await Promise.all([this.project(), this.#read(id)]);
    const isOurs = found !== null && (found["projectId"] === undefined || found["projectId"] === project?.id);
    return isOurs ? this.#ready(found) : null;
  }

  async list(): Promise<Deployment[]> {
    const project = await this.project();
    if (project === null) return [];
    const { scope } = await this.#readLink();
    return parse
      .list(await this.cli.output(vercelArgs.list(project.name, scope)))
      .filter(({ readyState, url }) => readyState === "READY" && url !== "")
      .toSorted((a, b) => b.createdAt - a.createdAt)
      .map((each) => deploymentOf(each, this.#requestHeaders));
  }

  /** The project on Vercel; null when there is none of that name yet. @throws CliError when a fixed one cannot be found */
  project(): Promise<ApiProject | null> {
    this.#project ??= this.#readProject();
    return this.#project;
  }

  /**
   * Names of the variables that the project has for an environment. Asked of the API, which shows no value unasked.
   * @param needed when the project itself lacks one of these, those that its team shares with it are asked for too
   */
  async envNames(environment: Environment, needed: readonly string[]): Promise<string[]> {
    const project = await this.project();
    if (project === null) return [];
    const { scope } = await this.#readLink();
    const namesOf = (variables: ReturnType<typeof parse.variables>): string[] =>
      variables.filter(({ target }) => target.includes(environment)).map(({ key }) => key);
    const own = namesOf(
      parse.variables(await this.cli.output(vercelArgs.api(`/v10/projects/${project.id}/env`, scope))),
    );
    if (needed.every((name) => own.includes(name))) return own;
    const shared = await this.cli.run(vercelArgs.api(`/v1/env?projectId=${project.id}`, scope));
    if (shared.exitCode === 0) return [...own, ...namesOf(parse.sharedVariables(shared.stdout))];
    const failure = failureOf("api", shared);
    // An account without a team shares nothing, and a token of a project alone does not see it.
    if (isNotFound(shared) || failure.code === "NO_ACCESS") return own;
    throw failure;
  }

  /** "hobby", "pro", "enterprise", or null when it cannot be seen. */
  async plan(): Promise<string | null> {
    const project = await this.project();
    const accountId = project?.accountId;
    if (accountId == null || !accountId.startsWith("team_")) return null;
    const { scope } = await this.#readLink();
    return parse.plan(await this.cli.output(vercelArgs.api(`/v2/teams/${accountId}`, scope)));
  }

  async #readProject(): Promise<ApiProject | null> {
    const { project, scope, isLinked } = await this.#readLink();
    const args = vercelArgs.api(`/v9/projects/${encodeURIComponent(project)}`, scope);
    const result = await this.cli.run(args);
    if (isNotFound(result) && !isLinked) return null;
    if (result.exitCode !== 0) throw failureOf("api", result);
    const found = parse.project(result.stdout);
    const named = this.#config.targets.vercel?.project ?? found.name;
    if (named === found.name || named === found.id) return found;
    throw new CliError(
      "BAD_CONFIG",
      `edge-ai.json names the project ${named}, and this folder is linked to ${found.name}`,
      {
        hint: "correct targets.vercel.project, or remove .vercel/project.json and VERCEL_PROJECT_ID",
      },
    );
  }

  #readLink(): Promise<Link> {
    this.#link ??= readLink(this.#io.env, this.#dir, this.#config);
    return this.#link;
  }

  /** The link of the folder. When there is none yet it is made, and the project too if there is none of that name. */
  async linked(): Promise<Link> {
    const link = await this.#readLink();
    if (link.isLinked) return link;
    say(this.#io, `  linking this folder to the Vercel project ${link.project}`);
    await this.#makeLink(link);
    this.#link = undefined;
    this.#project = undefined;
    this.#host = undefined;
    const made = await this.#readLink();
    if (made.isLinked) return made;
    throw new CliError("PLATFORM", "vercel link succeeded, and .vercel/project.json is not there", {
      hint: "run vercel link, then the same command again",
    });
  }

  /** In a folder of its own: `vercel link` would also write a token into the project's .env.local. */
  async #makeLink({ project, scope }: Link): Promise<void> {
    const { dir, reaper } = await reapedFolder("edge-ai-link");
    try {
      await this.cli.output(vercelArgs.link(project, scope), { dir });
      await fs.mkdir(path.join(this.#dir, ".vercel"), { recursive: true });
      const file = path.join(".vercel", "project.json");
      await fs.copyFile(path.join(dir, file), path.join(this.#dir, file));
    } finally {
      await reaper.done();
      await fs.rm(dir, { recursive: true, force: true });
    }
  }

  #productionHost(): Promise<string | null> {
    this.#host ??= this.#readHost();
    return this.#host;
  }

  async #readHost(): Promise<string | null> {
    const named = this.#config.targets.vercel?.domain ?? null;
    if (named !== null) return named;
    const project = await this.project();
    if (project === null) return null;
    const { scope } = await this.#readLink();
    const endpoint = `/v9/projects/${project.id}/domains?production=true&redirects=false&limit=100`;
    const domains = parse.productionDomains(await this.cli.output(vercelArgs.api(endpoint, scope)));
    // A domain of one's own is what people use.
    return domains.find((name) => !name.endsWith(".vercel.app")) ?? domains[0] ?? null;
  }

  /** Which deployment the production domain is. */
  async #productionId(): Promise<string | null> {
    const host = await this.#productionHost();
    if (host === null) return null;
    const { scope } = await this.#readLink();
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

  /** After a failure, which is what counts when this cannot be found out either. */
  async #isProduction(id: string): Promise<boolean> {
    try {
      return (await this.#productionId()) === id;
    } catch (error) {
      if (error instanceof CliError) return false;
      throw error;
    }
  }

  async #becomes(id: string, withinMs: number): Promise<boolean> {
    const endMs = performance.now() + withinMs;
    for (;;) {
      if ((await this.#productionId()) === id) return true;
      if (performance.now() + POLL_MS > endMs) return false;
      await sleep(POLL_MS, undefined, { signal: this.#io.signal }).catch(() => this.#io.signal.throwIfAborted());
    }
  }

  /** By id, or by a host that names it. One that is ready does not change any more. */
  async #read(idOrHost: string): Promise<ApiDeployment | null> {
    const known = this.#known.get(idOrHost);
    if (known !== undefined) return known;
    const { scope } = await this.#readLink();
    const result = await this.cli.run(vercelArgs.api(`/v13/deployments/${encodeURIComponent(idOrHost)}`, scope));
    if (isNotFound(result)) return null;
    if (result.exitCode !== 0) throw failureOf("api", result);
    const found = parse.deployment(result.stdout);
    if (found.readyState === "READY") this.#known.set(found.id, found);
    return found;
  }

  /** @throws CliError PLATFORM when it cannot answer */
  #ready(made: ApiDeployment): Deployment {
    if (made.readyState === "READY") return deploymentOf(made, this.#requestHeaders);
    throw new CliError("PLATFORM", `the deployment ${made.id} is ${made.readyState}, not READY`, {
      hint: `see ${typeof made["inspectorUrl"] === "string" ? made["inspectorUrl"] : "the project on vercel.com"}`,
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
