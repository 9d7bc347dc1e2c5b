import { CliError } from "../errors.ts";
import { answer, say, type Io } from "../io.ts";
import { deploy } from "../release/deploy.ts";
import { exitOf, type DeployDocument } from "../release/document.ts";
import { lockProject } from "../release/lock.ts";
import { openProject, preflight } from "../release/preflight.ts";
import { sizesCheck } from "../release/preflight/sizes.ts";
import type { Refusal } from "../release/smoke.ts";
import { plannedSteps } from "../release/steps.ts";
import { readTarget, type TargetOptions } from "./read-target.ts";

interface DeployOptions extends TargetOptions {
  prod?: boolean;
  gate: boolean;
  dryRun?: boolean;
}

/** `edge-ai deploy`: the deployment's URL on stdout, whatever the outcome; the exit code says which it was. */
export async function deployCommand(io: Io, options: DeployOptions): Promise<number> {
  const project = await readTarget(io, options);
  const production = options.prod === true;
  const plan = plannedSteps({ production, gate: options.gate });
  if (options.dryRun === true) {
    const environment = production ? "production" : "preview";
    const lines = [
      `${environment} on ${project.targetName}:`,
      ...plan.map(({ name, text }) => `  ${name.padEnd(10)} ${text}`),
    ];
    answer(
      io,
      options.json === true
        ? { version: 1, dryRun: true, target: project.targetName, environment, steps: plan }
        : lines.join("\n"),
    );
    return 0;
  }
  const unlock = await lockProject(project.projectDir, new Date());
  try {
    const document = await deploy({
      ...project,
      environment: production ? "production" : "preview",
      gate: options.gate,
      signal: io.signal,
      now: () => new Date(),
      preflight: () => refusalOf(io, project),
      onStep: (name) => say(io, `→ ${name}`),
      onProgress: (line) => say(io, `  ${line}`),
    });
    say(io, summary(document));
    if (options.json === true) answer(io, document);
    else if (document.deployment !== null) answer(io, document.deployment.url);
    return exitOf(document);
  } finally {
    await unlock();
  }
}

/**
 * Errors of the preflight refuse the release; warnings are said.
 * @throws CliError when the errors are not about the release, but about where it is to run
 */
async function refusalOf(io: Io, project: Awaited<ReturnType<typeof readTarget>>): Promise<Refusal | null> {
  const findings = await preflight(await openProject(io, project.projectDir, project.targetName));
  for (const { check, message } of findings.filter(({ level }) => level === "warning"))
    say(io, `  warning: ${check}: ${message}`);
  // Sizes are those of the last build; this deploy makes a new one, and refuses it itself when it is too large.
  const errors = findings.filter(({ check, level }) => level === "error" && check !== sizesCheck.title);
  const [first] = errors;
  if (first === undefined) return null;
  const unable = errors.find(({ code }) => code !== undefined);
  if (unable?.code !== undefined) throw new CliError(unable.code, unable.message, { hint: unable.hint });
  return {
    cause: "preflight",
    message: errors.map(({ check, message }) => `${check}: ${message}`).join("\n"),
    hint: first.hint,
  };
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
  const what = deployment === null ? "" : ` ${deployment.id} (build ${deployment.buildId})`;
  const times = Object.entries(stagesMs).map(([name, ms]) => `${name} ${(ms / 1_000).toFixed(1)} s`);
  return [
    `${outcome}${what}: ${environment}, ${verdict === null ? "not measured" : `verdict ${verdict}`}`,
    ...(cause === undefined ? [] : [`  ${cause}: ${(message ?? "").replaceAll("\n", "\n  ")}`]),
    ...(hint === undefined || hint === "" ? [] : [`  hint: ${hint}`]),
    ...(rolledBackTo === null ? [] : [`  production is ${rolledBackTo.id} again`]),
    `  ${times.join(", ")}`,
  ].join("\n");
}
