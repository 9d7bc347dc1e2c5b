import path from "node:path";
import type { TargetName } from "../config/words.ts";
import { CliError } from "../errors.ts";
import { answer, say, type Io } from "../io.ts";
import { openProject, preflightChecks, type Finding } from "../release/preflight.ts";
import { applyFixes } from "../release/preflight/fixes.ts";

export interface DoctorOptions {
  dir: string;
  target?: TargetName;
  fix?: boolean;
  json?: boolean;
}

/** `edge-ai doctor`: what would stop a deploy, or spoil it. 1 when something would stop it. */
export async function doctorCommand(io: Io, options: DoctorOptions): Promise<number> {
  const dir = path.resolve(io.cwd, options.dir);
  const project = await openProject(io, dir, { targetName: options.target });
  if (options.fix === true && project.config === null) {
    throw new CliError("BAD_CONFIG", `--fix needs a project, and ${dir} has no edge-ai.json that can be read`, {
      hint: "run edge-ai doctor without --fix to see what is wrong",
    });
  }
  const changes = options.fix === true ? await applyFixes(project) : [];
  for (const change of changes) say(io, `fixed: ${change}`);
  const checks = await Promise.all(
    preflightChecks.map(async (check) => ({ title: check.title, findings: await check.run(project) })),
  );
  const ok = checks.every(({ findings }) => findings.every(({ level }) => level !== "error"));
  answer(io, options.json === true ? { version: 1, dir, ok, checks } : checks.flatMap(renderCheck).join("\n"));
  return ok ? 0 : 1;
}

function renderCheck({ title, findings }: { title: string; findings: readonly Finding[] }): string[] {
  return findings.length === 0 ? [`✓ ${title}`] : findings.map(renderFinding);
}

function renderFinding({ check, level, message, hint }: Finding): string {
  return `${level === "error" ? "✗" : "!"} ${check}: ${message.replaceAll("\n", "\n  ")}\n    hint: ${hint}`;
}
