import { buildProject } from "../build/build.ts";
import { buildWorker } from "../build/worker/build-worker.ts";
import { CliError } from "../errors.ts";
import { answer, say, type Io } from "../io.ts";
import { deploy } from "../release/deploy.ts";
import { exitOf, type DeployDocument } from "../release/document.ts";
import { Ledger } from "../release/ledger.ts";
import { lockProject } from "../release/lock.ts";
import { refuseOutput } from "../release/refuse-output.ts";
import { plannedSteps } from "../release/steps.ts";
import type { Artefact, Environment } from "../targets/target.ts";
import { buildWithVercel } from "../targets/vercel/official-build.ts";
import { VercelTarget } from "../targets/vercel/vercel.ts";
import { withGoOn } from "./go-on.ts";
import { keepCheck } from "./keep-check.ts";
import { withProbeEnv } from "./probe-env.ts";
import { withGitHubReport } from "./github-report.ts";
import { readTarget, type TargetOptions } from "./read-target.ts";
import { refusalOf } from "./refusal.ts";

/** Who builds: edge-ai itself, or `vercel build`. */
export type Builder = "edge-ai" | "vercel";

export interface DeployOptions extends TargetOptions {
  prod?: boolean;
  gate: boolean;
  force?: boolean;
  builder: Builder;
  dryRun?: boolean;
  github?: boolean;
}

/** `edge-ai deploy`: the deployment's URL on stdout, whatever the outcome; the exit code says which it was. */
export async function deployCommand(io: Io, options: DeployOptions): Promise<number> {
  if (options.dryRun === true) return showSteps(io, options);
  const document = await withGitHubReport(io, options.github, () => release(io, options));
  if (options.json === true) answer(io, document);
  else if (document.deployment !== null) answer(io, document.deployment.url);
  return exitOf(document);
}

async function showSteps(io: Io, options: DeployOptions): Promise<number> {
  const { targetName: target, ...project } = await readTarget(io, options);
  const environment = environmentOf(options);
  builderOf(io, { targetName: target, ...project }, options.builder, environment);
  const steps = plannedSteps({ production: environment === "production", gate: options.gate });
  const lines = [`${environment} on ${target}:`, ...steps.map(({ name, text }) => `  ${name.padEnd(10)} ${text}`)];
  answer(io, options.json === true ? { version: 1, dryRun: true, target, environment, steps } : lines.join("\n"));
  return 0;
}

/** Releases the project in `io.cwd`, and says how it went. */
export async function release(io: Io, options: DeployOptions): Promise<DeployDocument> {
  const document = await withGoOn(io, commandLine(options), () => releaseLocked(io, options));
  say(io, summary(document));
  return document;
}

/** The command line of these options, as far as they say what is released. */
function commandLine({ target, prod, gate, force, builder, timeout, github }: DeployOptions): (string | false)[] {
  return [
    "deploy",
    ...(target === undefined ? [] : ["--target", target]),
    prod === true && "--prod",
    !gate && "--no-gate",
    force === true && "--force",
    ...(builder === "vercel" ? ["--builder", builder] : []),
    ...(timeout === undefined ? [] : ["--timeout", `${timeout}ms`]),
    github === true && "--github",
  ];
}

async function releaseLocked(io: Io, options: DeployOptions): Promise<DeployDocument> {
  const project = await readTarget(io, options);
  const { projectDir, targetName, target } = project;
  const environment = environmentOf(options);
  const build = builderOf(io, project, options.builder, environment);
  const asked = { targetName, environment, ...(target instanceof VercelTarget && { vercel: target }) };
  const unlock = await lockProject(projectDir, new Date());
  try {
    const document = await deploy({
      ...project,
      config: await withProbeEnv(io, projectDir, project.config),
      environment,
      gate: options.gate,
      force: options.force === true,
      ledger: new Ledger(projectDir),
      build,
      signal: io.signal,
      now: () => new Date(),
      preflight: () => refusalOf(io, projectDir, asked),
      onStep: (name) => say(io, `→ ${name}`),
      onProgress: (line) => say(io, `  ${line}`),
    });
    // The watch has seen production, the gate only what was to become it.
    await keepCheck(io, projectDir, targetName, document.watch ?? document.health);
    return document;
  } finally {
    await unlock();
  }
}

function environmentOf({ prod }: DeployOptions): Environment {
  return prod === true ? "production" : "preview";
}

/** @throws CliError USAGE when that builder does not build for the target */
function builderOf(
  io: Io,
  { target, targetName, projectDir }: Awaited<ReturnType<typeof readTarget>>,
  builder: Builder,
  environment: Environment,
): () => Promise<Artefact> {
  const { signal } = io;
  if (builder === "edge-ai" && targetName === "cloudflare") {
    return async () => {
      const built = await buildWorker(projectDir, { signal });
      for (const warning of built.warnings) say(io, `  warning: ${warning}`);
      return built;
    };
  }
  if (builder === "edge-ai") return () => buildProject(projectDir, { signal });
  if (target instanceof VercelTarget) {
    return async () => {
      const artefact = await buildWithVercel(target, projectDir, environment);
      await refuseOutput(projectDir, artefact.outputDir);
      return artefact;
    };
  }
  throw new CliError("USAGE", `--builder vercel builds for Vercel, and the target is ${targetName}`, {
    hint: "add --target vercel, or leave --builder out",
  });
}

function summary({
  outcome,
  verdict,
  cause,
  message,
  hint,
  environment,
  deployment,
  rolledBackTo,
  stagesMs,
}: DeployDocument): string {
  const what = deployment === null ? "" : ` ${deployment.id} (build ${deployment.builtFrom})`;
  const times = Object.entries(stagesMs).map(([name, ms]) => `${name} ${(ms / 1_000).toFixed(1)} s`);
  return [
    `${outcome}${what}: ${environment}, ${verdict === null ? "not measured" : `verdict ${verdict}`}`,
    ...(cause === undefined ? [] : [`  ${cause}: ${(message ?? "").replaceAll("\n", "\n  ")}`]),
    ...(hint === undefined || hint === "" ? [] : [`  hint: ${hint}`]),
    ...(rolledBackTo === null ? [] : [`  production is ${rolledBackTo.id} again`]),
    `  ${times.join(", ")}`,
  ].join("\n");
}
