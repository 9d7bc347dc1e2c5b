import fs from "node:fs/promises";
import path from "node:path";
import { parseWith, readConfig, readJson } from "../config/read.ts";
import type { TargetName } from "../config/words.ts";
import type { PlatformName } from "../data/platforms.ts";
import { CliError } from "../errors.ts";
import { exec } from "../exec.ts";
import { answer, say, type Io } from "../io.ts";
import { packageRoot } from "../package-root.ts";
import { workersRefusal } from "../plan/workers-refusal.ts";
import { readOwnFile, replaceOwnFile } from "../scaffold/replace-file.ts";
import { manifestSchema, planWorkflow, type GitFacts } from "../scaffold/workflow-project.ts";
import { WORKFLOW_FILE, workflowState, workflowText, type WorkflowState } from "../scaffold/workflow.ts";

interface CiOptions {
  target?: TargetName | undefined;
  check?: boolean;
  force?: boolean;
  json?: boolean;
}

/** What `ci --json` prints. */
interface CiDocument {
  version: 1;
  file: string;
  state: "written" | "unchanged" | WorkflowState;
  warnings: string[];
}

/** Whether `ci --check` answers yes, and what it says. */
const checked: Record<WorkflowState, { exit: 0 | 1; text: string }> = {
  current: { exit: 0, text: "is current" },
  stale: { exit: 1, text: "is stale: edge-ai ci writes it anew" },
  missing: { exit: 1, text: "is missing: edge-ai ci writes it" },
  edited: { exit: 1, text: "was edited, or not written by edge-ai ci: edge-ai ci --force writes over it" },
};

/** `edge-ai ci`: the GitHub Actions workflow of the project in the current folder. With --check: 1 when it is not current. */
export async function ciCommand(io: Io, options: CiOptions): Promise<number> {
  const config = await readConfig(io.cwd);
  const target = platformOf(options.target ?? config.target);
  if (target === "cloudflare" && config.mode === "local") {
    throw workersRefusal({ model: config.model.id, task: config.task }, "NO_TEMPLATE");
  }
  const { wanted, state, warnings } = await readWorkflow(io, target);
  for (const warning of warnings) say(io, `warning: ${warning}`);
  const print = (document: CiDocument, text: string): void =>
    answer(io, options.json === true ? document : `${WORKFLOW_FILE} ${text}`);
  if (options.check === true) {
    print({ version: 1, file: WORKFLOW_FILE, state, warnings }, checked[state].text);
    return checked[state].exit;
  }
  if (state === "current") {
    print({ version: 1, file: WORKFLOW_FILE, state: "unchanged", warnings }, "is unchanged");
    return 0;
  }
  if (state === "edited" && options.force !== true) {
    throw new CliError("FILE", `${WORKFLOW_FILE} was edited, or not written by edge-ai ci`, {
      hint: "move your changes elsewhere, then edge-ai ci --force writes over it",
    });
  }
  await replaceOwnFile(io.cwd, WORKFLOW_FILE, wanted);
  if (state === "missing") say(io, "its first lines say which secrets and variables GitHub needs");
  print({ version: 1, file: WORKFLOW_FILE, state: "written", warnings }, "is written");
  return 0;
}

function platformOf(target: TargetName): PlatformName {
  if (target !== "local") return target;
  throw new CliError("NO_TARGET", "there is no workflow for local: what runs GitHub's actions is not this machine", {
    hint: "edge-ai ci --target vercel, or cloudflare",
  });
}

async function readWorkflow(
  io: Io,
  target: PlatformName,
): Promise<{ wanted: string; state: WorkflowState; warnings: string[] }> {
  const [packageJson, files, found, git, template] = await Promise.all([
    readJson(path.join(io.cwd, "package.json")),
    fs.readdir(io.cwd),
    readOwnFile(io.cwd, WORKFLOW_FILE),
    readGit(io),
    fs.readFile(path.join(packageRoot(), `templates/ci/${target}.yml`), "utf8"),
  ]);
  const manifest = parseWith(manifestSchema, packageJson, path.join(io.cwd, "package.json"));
  const { settings, warnings } = planWorkflow({ manifest, files, git, found, target });
  const wanted = workflowText(template, settings);
  return { wanted, state: workflowState(found, wanted), warnings };
}

/** null without git, or outside of a repository. */
async function readGit(io: Io): Promise<GitFacts | null> {
  const ask = async (...args: string[]): Promise<string | null> => {
    const env = { GIT_DIR: undefined, GIT_WORK_TREE: undefined };
    const { exitCode, stdout } = await exec(io, { command: "git", args, env });
    return exitCode === 0 ? stdout.trim() : null;
  };
  try {
    const prefix = await ask("rev-parse", "--show-prefix");
    if (prefix === null) return null;
    const origin = await ask("symbolic-ref", "--short", "refs/remotes/origin/HEAD");
    return {
      prefix,
      originBranch: origin?.replace(/^origin\//, "") ?? null,
      currentBranch: await ask("symbolic-ref", "--short", "HEAD"),
    };
  } catch (error) {
    if (error instanceof CliError && error.code === "MISSING_PROGRAM") return null;
    throw error;
  }
}
