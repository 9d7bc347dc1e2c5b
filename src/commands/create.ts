import fs from "node:fs/promises";
import path from "node:path";
import pkg from "../../package.json" with { type: "json" };
import { type Mode, type PackageManager, type TargetName, type Task } from "../config/words.ts";
import { CliError } from "../errors.ts";
import { showCommand } from "../exec.ts";
import { answer, canAsk, say, type Io } from "../io.ts";
import { planModel } from "../plan/plan.ts";
import { workersRefusal } from "../plan/workers-refusal.ts";
import { renderPlan } from "../plan/render.ts";
import type { Plan } from "../plan/types.ts";
import { detectPackageManager } from "../scaffold/commands.ts";
import { projectFiles, type FileContent } from "../scaffold/files.ts";
import { jobCommands, makeProject, type ProjectJob, type StepReport } from "../scaffold/make.ts";
import { projectName } from "../scaffold/name.ts";
import { modesOf } from "../scaffold/parts.ts";
import { selfSpec } from "../scaffold/self.ts";
import { checkTarget } from "../scaffold/write.ts";
import { appModel } from "./create-model.ts";
import { askMissing, firstModel } from "./create-questions.ts";
import { releaseNew } from "./create-release.ts";

export interface CreateOptions {
  dir?: string | undefined;
  task?: Task | undefined;
  model?: string | undefined;
  params?: number | undefined;
  latencyBudget?: number | undefined;
  mode?: Mode | undefined;
  target?: TargetName | undefined;
  regions?: string[] | undefined;
  pm?: PackageManager | undefined;
  install: boolean;
  git: boolean;
  yes?: boolean;
  dryRun?: boolean;
  /** Releases it at once, to production. */
  deploy?: boolean;
  json?: boolean;
}

/** engines.node of the template. */
const APP_NODE_MAJOR = 24;

/** `edge-ai create`: a project whose first commit deploys. */
export async function createCommand(io: Io, options: CreateOptions): Promise<number> {
  if (options.deploy === true && !options.install) {
    throw new CliError("USAGE", "--deploy needs what --no-install leaves out", { hint: "leave one of the two out" });
  }
  const asking = canAsk(io) && options.yes !== true && options.json !== true;
  const chosen = asking ? await askMissing(io, options) : options;
  const plan = planOf(chosen);
  if (!plan.fits) {
    answer(io, options.json === true ? plan : renderPlan(plan));
    return 1;
  }
  refuseWithoutTemplate(plan);
  const target = await targetFolder(io, chosen);
  const answers = projectAnswers(io, chosen, plan, target);
  const job: ProjectJob = {
    target,
    tree: await projectFiles(answers),
    pm: answers.pm,
    install: chosen.install,
    git: chosen.git,
  };
  say(io, renderPlan(plan));

  if (options.dryRun === true) {
    answer(io, await renderDryRun(job, plan, answers.recreate, options.json === true));
    return 0;
  }
  if (
    asking &&
    !(await (await import("../prompts.ts")).askYesNo(io, { message: `Make it in ${target}?`, flag: "--yes" }))
  ) {
    throw new CliError("NEEDS_INPUT", "not made", { hint: "run it again with other answers" });
  }
  const steps = await makeProject(io, job);
  if (Number.parseInt(process.versions.node, 10) < APP_NODE_MAJOR) {
    say(io, `warning: this machine's Node.js is ${process.versions.node}; the app's own tests need ${APP_NODE_MAJOR}`);
  }
  const result = {
    version: 1,
    dir: target,
    name: answers.name,
    files: [...job.tree.keys()],
    steps,
    next: nextSteps(io, job),
    recreate: answers.recreate,
    plan,
  };
  say(io, renderSteps(steps));
  say(io, `created ${answers.name}: ${job.tree.size} files in ${target}. Next:`);
  for (const line of result.next) say(io, `  ${line}`);
  const isReleased = chosen.deploy === true || (asking && chosen.install && (await asksForRelease(io, answers.target)));
  const released = isReleased ? await releaseNew(io, target) : null;
  answer(io, options.json === true ? { ...result, ...(released && { deploy: released.answer }) } : target);
  return released?.exitCode ?? 0;
}

/** @throws CliError NO_TEMPLATE for a model inside a Worker */
function planOf(options: CreateOptions): Plan {
  const { target, mode, model, params, latencyBudget, task = "embeddings" } = options;
  const isOnWorkers = target === "cloudflare";
  if (isOnWorkers && mode === "local") throw workersRefusal({ model, task, params }, "NO_TEMPLATE");
  const named = model ?? (isOnWorkers && params === undefined ? firstModel(options) : undefined);
  return planModel({ ...options, model: named, latencyBudgetMs: latencyBudget, task });
}

async function asksForRelease(io: Io, target: TargetName): Promise<boolean> {
  const { askYesNo } = await import("../prompts.ts");
  return askYesNo(io, {
    message: `Release it on ${target} now? It is measured before it takes traffic`,
    flag: "--deploy",
  });
}

/** Saying that there is no template is better than making something else. */
function refuseWithoutTemplate(plan: Plan): void {
  if (modesOf[plan.task].includes(plan.mode)) return;
  const what = `${plan.task} in ${plan.mode} mode on ${plan.platform}`;
  throw new CliError("NO_TEMPLATE", `the plan is ${what}, and there is no template for that yet`, {
    hint: `this version makes ${plan.task} apps in ${modesOf[plan.task].join(", ")} mode: add --mode ${modesOf[plan.task][0]}`,
  });
}

async function targetFolder(io: Io, { dir, yes }: CreateOptions): Promise<string> {
  if (dir === undefined && yes !== true) {
    throw new CliError("NEEDS_INPUT", "the folder of the new project is missing, and nobody is there to ask", {
      hint: "give it: create-edge-ai my-app --yes",
    });
  }
  const target = path.resolve(io.cwd, dir ?? "my-edge-ai-app");
  projectName(path.basename(target));
  await checkTarget(target);
  return target;
}

function projectAnswers(
  io: Io,
  options: CreateOptions,
  plan: Plan,
  target: string,
): Parameters<typeof projectFiles>[0] {
  const name = projectName(path.basename(target));
  const pm = options.pm ?? detectPackageManager(io.env["npm_config_user_agent"]);
  const model = appModel(plan);
  return {
    name,
    pm,
    task: plan.task,
    mode: plan.mode,
    target: options.target ?? plan.platform,
    model,
    latencyBudgetMs: plan.latencyBudgetMs,
    regions: options.regions === undefined ? undefined : plan.function.regions,
    reasons: [...plan.reasons.map(({ text }) => text), plan.platformReason],
    selfSpec,
    version: pkg.version,
    recreate: recreateLine(options, plan, pm, path.basename(target)),
  };
}

/** One command line that makes the same project again without asking. */
function recreateLine(options: CreateOptions, plan: Plan, pm: PackageManager, dir: string): string {
  const flags: [string, string | undefined][] = [
    ["--task", plan.task],
    ["--model", plan.model.id ?? undefined],
    ["--params", options.params === undefined ? undefined : String(options.params)],
    ["--latency-budget", String(plan.latencyBudgetMs)],
    ["--mode", plan.mode],
    ["--target", options.target],
    ["--regions", options.regions?.join(",")],
    ["--pm", pm],
  ];
  const given = flags.flatMap(([flag, value]) => (value === undefined ? [] : [flag, value]));
  const off = [...(options.install ? [] : ["--no-install"]), ...(options.git ? [] : ["--no-git"])];
  return showCommand({ command: "npx", args: [pkg.name, dir, ...given, ...off, "--yes"] });
}

async function renderDryRun(
  { target, ...job }: ProjectJob,
  plan: Plan,
  recreate: string,
  json: boolean,
): Promise<string | object> {
  const files = await Promise.all(
    [...job.tree].map(async ([file, content]) => ({ path: file, bytes: await sizeOf(content) })),
  );
  const commands = jobCommands({ target, ...job }, target).map(showCommand);
  if (json) return { version: 1, dryRun: true, dir: target, files, commands, recreate, plan };
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return [
    `would make ${target}: ${files.length} files, ${bytes} bytes`,
    ...files.map((file) => `  ${String(file.bytes).padStart(9)}  ${file.path}`),
    ...(commands.length === 0 ? [] : ["would run", ...commands.map((line) => `  ${line}`)]),
  ].join("\n");
}

async function sizeOf(content: FileContent): Promise<number> {
  return "text" in content ? Buffer.byteLength(content.text) : (await fs.stat(content.copyOf)).size;
}

function renderSteps(steps: readonly StepReport[]): string {
  return steps
    .map(({ command, outcome, reason }) => `${outcome}: ${command}${reason === undefined ? "" : ` (${reason})`}`)
    .join("\n");
}

function nextSteps(io: Io, { target, pm, install, tree }: ProjectJob): string[] {
  const run = pm === "npm" ? "npm run" : pm;
  const cd = path.relative(io.cwd, target);
  const withoutWeights = [...tree.keys()].find((file) => file.startsWith("models/") && file.endsWith(".gitkeep"));
  return [
    ...(cd === "" ? [] : [showCommand({ command: "cd", args: [cd] })]),
    ...(install ? [] : [`${pm} install`]),
    ...(withoutWeights === undefined ? [] : ["npx --no-install edge-ai models pull"]),
    `${run} dev`,
  ];
}
