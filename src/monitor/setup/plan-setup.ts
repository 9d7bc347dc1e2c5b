import fs from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import pkg from "../../../package.json" with { type: "json" };
import { parseWith, readJson } from "../../config/read.ts";
import type { Config } from "../../config/schema.ts";
import type { TargetName } from "../../config/words.ts";
import { CliError } from "../../errors.ts";
import { showCommand } from "../../exec.ts";
import type { Io } from "../../io.ts";
import { packageRoot } from "../../package-root.ts";
import { readOwnFile } from "../../scaffold/replace-file.ts";
import { planAlertRules, type AlertRulePlan } from "./alert-rules.ts";
import { MONITOR_WORKFLOW, planWorkflow, stateOf, workflowText, type FileState } from "./workflow.ts";

export type ShownRule = AlertRulePlan & { command: string };

/** What would be made, and what is there. */
export interface SetupPlan {
  target: TargetName;
  workflow: { file: string; state: FileState; text: string; everyMinutes: number; secrets: readonly string[] };
  alertRules: { rules: ShownRule[]; missing: string | null };
  warnings: string[];
}

interface Asked {
  config: Config;
  target: TargetName;
  url: string | null;
}

/** Looks at the project and asks the platform; changes nothing. @throws CliError USAGE for a URL that cannot be watched */
export async function planSetup(io: Io, { config, target, url }: Asked): Promise<SetupPlan> {
  const workflow = planWorkflow(config, target, url === null ? null : watchable(url));
  const template = await fs.readFile(path.join(packageRoot(), "templates/monitor/workflow.yml"), "utf8");
  const text = workflowText(template, workflow);
  const [found, warnings, alertRules] = await Promise.all([
    readOwnFile(io.cwd, MONITOR_WORKFLOW),
    readWarnings(io.cwd, target),
    rulesFor(io, config, target),
  ]);
  const { everyMinutes, secrets } = workflow;
  const state = stateOf(found, text);
  return { target, workflow: { file: MONITOR_WORKFLOW, state, text, everyMinutes, secrets }, alertRules, warnings };
}

/** Whether there is anything that could be made. */
export function isLeft({ workflow, alertRules }: SetupPlan): boolean {
  return (
    workflow.state === "missing" ||
    workflow.state === "stale" ||
    alertRules.rules.some(({ state }) => state === "missing")
  );
}

/** wrangler 4.150.0 has no command for alerts: Cloudflare's are made in its dashboard. */
async function rulesFor(io: Io, config: Config, target: TargetName): Promise<SetupPlan["alertRules"]> {
  if (target !== "vercel") return { rules: [], missing: null };
  const asked = await planAlertRules({ io, projectDir: io.cwd, config });
  if ("missing" in asked) return { rules: [], missing: asked.missing };
  const rules = asked.value.map((rule) => ({ ...rule, command: showCommand({ command: "vercel", args: rule.args }) }));
  return { rules, missing: null };
}

const dependencies = z.record(z.string(), z.unknown()).default({});
const manifestSchema = z.looseObject({ dependencies, devDependencies: dependencies, engines: dependencies });
/** The program that each target is asked through. */
const programs: Record<TargetName, string | null> = { vercel: "vercel", cloudflare: "wrangler", local: null };

/** What would make the workflow fail. */
async function readWarnings(projectDir: string, target: TargetName): Promise<string[]> {
  const file = path.join(projectDir, "package.json");
  const [manifest, files] = await Promise.all([readJson(file), fs.readdir(projectDir)]);
  const { dependencies: run, devDependencies: dev, engines } = parseWith(manifestSchema, manifest, file);
  const lacks = (name: string | null): name is string => name !== null && !(name in run) && !(name in dev);
  const program = programs[target];
  return [
    ...(files.includes("package-lock.json")
      ? []
      : ["there is no package-lock.json, and npm ci needs one: npm install makes it"]),
    ...(lacks(pkg.name) ? [`${pkg.name} is no devDependency: npx --no-install edge-ai will not find it in CI`] : []),
    ...(lacks(program) ? [`${program} is no devDependency: pin it, or CI asks the platform with another version`] : []),
    ...("node" in engines ? [] : ["package.json says no engines.node: npm pkg set engines.node=24.x"]),
  ];
}

/** Into a file of YAML, where an expression of GitHub's would be evaluated, goes no other. */
function watchable(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const isFine =
    parsed !== null && /^https?:$/.test(parsed.protocol) && parsed.username === "" && parsed.password === "";
  if (isFine && !parsed.href.includes("${{")) return parsed.href;
  throw new CliError("USAGE", "--url is not a URL that a workflow can watch", {
    hint: "give a URL like https://app.example.com, without a user or password: the workflow is a file that others read",
  });
}
