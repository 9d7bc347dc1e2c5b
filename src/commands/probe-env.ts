import type { Config } from "../config/schema.ts";
import { fillProbeEnv } from "../health/requests/probe-env.ts";
import { readEnvFile } from "../host/env-file.ts";
import { say, type Io } from "../io.ts";

/**
 * The config to measure a project with: `{{env.NAME}}` in the headers of probes filled from this process' environment, then from
 * .env.local. Says which variables are not set.
 * @throws CliError FILE when .env.local cannot be read
 */
export async function withProbeEnv(io: Io, projectDir: string, config: Config): Promise<Config> {
  const own = Object.entries(io.env).filter(([, value]) => (value ?? "") !== "");
  const filled = fillProbeEnv(config, { ...(await readEnvFile(projectDir)), ...Object.fromEntries(own) });
  for (const name of filled.missing) say(io, `warning: ${name} is not set: probe headers with it are not sent`);
  return filled.config;
}
