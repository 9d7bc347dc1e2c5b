import { readConfig } from "../config/read.ts";
import type { Config } from "../config/schema.ts";
import type { TargetName } from "../config/words.ts";
import type { Io } from "../io.ts";
import type { Target } from "../targets/target.ts";
import { targetOf } from "../targets/targets.ts";

export interface TargetOptions {
  target?: TargetName | undefined;
  /** The longest that one command of a platform's own CLI may take, in milliseconds. */
  timeout?: number | undefined;
  json?: boolean;
}

/** The project in the current folder and the target a command is about: the flag, else edge-ai.json. */
export async function readTarget(
  io: Io,
  { target: asked, timeout: timeoutMs }: TargetOptions,
): Promise<{ projectDir: string; config: Config; targetName: TargetName; target: Target }> {
  const projectDir = io.cwd;
  const config = await readConfig(projectDir);
  const targetName = asked ?? config.target;
  return { projectDir, config, targetName, target: targetOf(targetName, { io, projectDir, config, timeoutMs }) };
}
