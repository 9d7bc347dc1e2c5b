import type { Config } from "../config/schema.ts";
import type { TargetName } from "../config/words.ts";
import { CliError } from "../errors.ts";
import type { Io } from "../io.ts";
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

/** How each target is made; null where this version has none yet. */
const makers: Record<TargetName, ((context: TargetContext) => Target) | null> = {
  local: ({ projectDir, config }) => localTarget(projectDir, config),
  vercel: vercelTarget,
  cloudflare: null,
};

/** The target of a project. @throws CliError NO_TARGET when this version cannot deploy there */
export function targetOf(name: TargetName, context: TargetContext): Target {
  const make = makers[name];
  if (make !== null) return make(context);
  throw new CliError("NO_TARGET", `this version cannot deploy to ${name} yet`, {
    hint: "take --target local or --target vercel",
  });
}

/** True when this version can deploy there. */
export function isDeployable(name: TargetName): boolean {
  return makers[name] !== null;
}
