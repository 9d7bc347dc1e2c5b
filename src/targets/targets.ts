import type { Config } from "../config/schema.ts";
import type { TargetName } from "../config/words.ts";
import { CliError } from "../errors.ts";
import { localTarget } from "./local/local.ts";
import type { Target } from "./target.ts";

/** How each target is made; null where this version has none yet. */
const makers: Record<TargetName, ((projectDir: string, config: Config) => Target) | null> = {
  local: localTarget,
  vercel: null,
  cloudflare: null,
};

/** The target of a project. @throws CliError NO_TARGET when this version cannot deploy there */
export function targetOf(name: TargetName, projectDir: string, config: Config): Target {
  const make = makers[name];
  if (make !== null) return make(projectDir, config);
  throw new CliError("NO_TARGET", `this version cannot deploy to ${name} yet`, {
    hint: "take --target local; for Vercel: edge-ai build, then vercel deploy --prebuilt",
  });
}
