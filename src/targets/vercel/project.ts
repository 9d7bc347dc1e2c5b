import fs from "node:fs/promises";
import path from "node:path";
import type { Config } from "../../config/schema.ts";
import { CliError } from "../../errors.ts";
import { say, type Io } from "../../io.ts";
import { reapedFolder } from "../../reaper.ts";
import type { Environment } from "../target.ts";
import { parse, type ApiProject } from "./answers.ts";
import type { VercelCli } from "./cli.ts";
import { vercelArgs } from "./command-lines.ts";
import { failureOf, isNotFound } from "./failures.ts";
import { readLink, type Link } from "./link.ts";

/** The project on Vercel that a folder goes to. What it is asked is asked once. */
export class VercelProject {
  readonly #io: Io;
  readonly #dir: string;
  readonly #config: Pick<Config, "name" | "targets">;
  readonly #cli: VercelCli;
  #link: Promise<Link> | undefined;
  #project: Promise<ApiProject | null> | undefined;
  /** Only once there is one: a project gets it with its first production deployment. */
  #host: string | undefined;

  constructor(options: { io: Io; dir: string; config: Pick<Config, "name" | "targets">; cli: VercelCli }) {
    this.#io = options.io;
    this.#dir = options.dir;
    this.#config = options.config;
    this.#cli = options.cli;
  }

  /** The project on Vercel; null when there is none of that name yet. @throws CliError when a fixed one cannot be found */
  read(): Promise<ApiProject | null> {
    this.#project ??= this.#readProject();
    return this.#project;
  }

  /**
   * Names of the variables that the project has for an environment. Asked of the API, which shows no value unasked.
   * @param needed when the project itself lacks one of these, those that its team shares with it are asked for too
   */
  async envNames(environment: Environment, needed: readonly string[]): Promise<string[]> {
    const project = await this.read();
    if (project === null) return [];
    const { scope } = await this.link();
    const namesOf = (variables: ReturnType<typeof parse.variables>): string[] =>
      variables
        .filter(({ target, gitBranch }) => target.includes(environment) && gitBranch == null)
        .map(({ key }) => key);
    const own = namesOf(
      parse.variables(await this.#cli.output(vercelArgs.api(`/v10/projects/${project.id}/env`, scope))),
    );
    if (needed.every((name) => own.includes(name))) return own;
    const shared = await this.#cli.run(vercelArgs.api(`/v1/env?projectId=${project.id}`, scope));
    if (shared.exitCode === 0) return [...own, ...namesOf(parse.sharedVariables(shared.stdout))];
    const failure = failureOf("api", shared);
    // An account without a team shares nothing, and a token of a project alone does not see it.
    if (isNotFound(shared) || failure.code === "NO_ACCESS") return own;
    throw failure;
  }

  /** "hobby", "pro", "enterprise", or null when it cannot be seen. */
  async plan(): Promise<string | null> {
    const project = await this.read();
    const accountId = project?.accountId;
    if (accountId == null || !accountId.startsWith("team_")) return null;
    const { scope } = await this.link();
    return parse.plan(await this.#cli.output(vercelArgs.api(`/v2/teams/${accountId}`, scope)));
  }

  /** The link as it is now; see `linked`. */
  link(): Promise<Link> {
    this.#link ??= readLink(this.#io.env, this.#dir, this.#config);
    return this.#link;
  }

  /** The link of the folder. When there is none yet it is made, and the project too if there is none of that name. */
  async linked(): Promise<Link> {
    const link = await this.link();
    if (link.isLinked) return link;
    refuseInCi(this.#io.env);
    say(this.#io, `  linking this folder to the Vercel project ${link.project}`);
    await this.#makeLink(link);
    this.#link = undefined;
    this.#project = undefined;
    this.#host = undefined;
    const made = await this.link();
    if (made.isLinked) return made;
    throw new CliError("PLATFORM", "vercel link succeeded, and .vercel/project.json is not there", {
      hint: "run vercel link, then the same command again",
    });
  }

  /** In a folder of its own: `vercel link` would also write a token into the project's .env.local. */
  async #makeLink({ project, scope }: Link): Promise<void> {
    const { dir, reaper } = await reapedFolder("edge-ai-link");
    try {
      await this.#cli.output(vercelArgs.link(project, scope), { dir });
      await fs.mkdir(path.join(this.#dir, ".vercel"), { recursive: true });
      const file = path.join(".vercel", "project.json");
      await fs.copyFile(path.join(dir, file), path.join(this.#dir, file));
    } finally {
      await reaper.done();
      await fs.rm(dir, { recursive: true, force: true });
    }
  }

  /** The production domain: that of edge-ai.json, else the project's; null while there is no project. */
  async productionHost(): Promise<string | null> {
    this.#host ??= (await this.#readHost()) ?? undefined;
    return this.#host ?? null;
  }

  /** @throws CliError BAD_CONFIG when edge-ai.json names a domain that is not production of this project */
  async #readHost(): Promise<string | null> {
    const project = await this.read();
    if (project === null) return null;
    const { scope } = await this.link();
    const endpoint = `/v9/projects/${project.id}/domains?production=true&redirects=false&limit=100`;
    const domains = parse.productionDomains(await this.#cli.output(vercelArgs.api(endpoint, scope)));
    const named = this.#config.targets.vercel?.domain ?? null;
    if (named !== null && !domains.includes(named)) throw notItsDomain(named, project.name, domains);
    if (named !== null) return named;
    // A domain of one's own is what people use.
    return domains.find((name) => !name.endsWith(".vercel.app")) ?? domains[0] ?? null;
  }

  async #readProject(): Promise<ApiProject | null> {
    const { project, scope, isLinked } = await this.link();
    const args = vercelArgs.api(`/v9/projects/${encodeURIComponent(project)}`, scope);
    const result = await this.#cli.run(args);
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
}

/** Without a link a name decides, and a project of that name is made where there is none: not by a runner nobody watches. */
function refuseInCi({ CI: ci = "" }: Io["env"]): void {
  if (ci === "" || ci === "false" || ci === "0") return;
  throw new CliError("BAD_CONFIG", "CI is set, and nothing says which project on Vercel this is", {
    hint: "set VERCEL_ORG_ID and VERCEL_PROJECT_ID (vercel link writes both into .vercel/project.json)",
  });
}

function notItsDomain(named: string, project: string, domains: readonly string[]): CliError {
  const has = domains.length === 0 ? "none yet" : domains.join(", ");
  return new CliError("BAD_CONFIG", `${named} is no production domain of the project ${project}, which has ${has}`, {
    hint: "correct targets.vercel.domain in edge-ai.json, or take it out",
  });
}
