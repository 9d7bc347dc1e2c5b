import type { Config } from "../config/schema.ts";
import type { TargetName } from "../config/words.ts";
import type { Io } from "../io.ts";
import { cloudflareTarget } from "./cloudflare/cloudflare.ts";
import { localTarget } from "./local/local.ts";
import type { Target } from "./target.ts";
import { vercelTarget } from "./vercel/vercel.ts";

export interface TargetContext {
  io: Io;
  projectDir: string;
  config: Config;
  /** The longest that one command of a platform's own CLI may take, in milliseconds. */
  timeoutMs?: number | undefined;
}

/** How each target is made. */
const makers: Record<TargetName, (context: TargetContext) => Target> = {
  local: ({ projectDir, config }) => localTarget(projectDir, config),
  vercel: vercelTarget,
  cloudflare: cloudflareTarget,
};

/** The target of a project. */
export function targetOf(name: TargetName, context: TargetContext): Target {
  return makers[name](context);
}

/** True when this version can deploy there. */
export function isDeployable(name: string): boolean {
  return Object.hasOwn(makers, name);
}
