import type { Io } from "../../io.ts";
import { replaceOwnFile } from "../../scaffold/replace-file.ts";
import { VercelCli } from "../../targets/vercel/cli.ts";
import { failureOf } from "../../targets/vercel/failures.ts";
import type { SetupPlan, ShownRule } from "./plan-setup.ts";

/** What was made. */
export interface Made {
  workflow: "written" | "left";
  rules: { name: string; state: "exists" | "made" | "failed"; why?: string }[];
}

const TIMEOUT_MS = 60_000;

/** Makes what the plan says is missing, with exactly the commands that it shows. What fails does not stop the rest. */
export async function makeSetup(io: Io, plan: SetupPlan): Promise<Made> {
  const { state, file, text } = plan.workflow;
  const writes = state === "missing" || state === "stale";
  if (writes) await replaceOwnFile(io.cwd, file, text);
  const cli = new VercelCli(io, io.cwd, { timeoutMs: TIMEOUT_MS });
  const rules: Made["rules"] = [];
  // One after the other: the API counts questions.
  for (const rule of plan.alertRules.rules) {
    rules.push(rule.state === "exists" ? { name: rule.name, state: "exists" } : await makeRule(io, cli, rule));
  }
  return { workflow: writes ? "written" : "left", rules };
}

async function makeRule(
  io: Io,
  cli: VercelCli,
  { name, bodyFile, body, args }: ShownRule,
): Promise<Made["rules"][number]> {
  await replaceOwnFile(io.cwd, bodyFile, `${JSON.stringify(body, null, 2)}\n`);
  const result = await cli.run(args);
  if (result.exitCode === 0) return { name, state: "made" };
  return { name, state: "failed", why: failureOf("alerts rules add", result).message };
}
