import fs from "node:fs";
import path from "node:path";
import { CONFIG_FILE, readConfig } from "../config/read.ts";
import type { Config } from "../config/schema.ts";
import { CliError, interruptedExit } from "../errors.ts";
import { checkHealth } from "../health/check.ts";
import { parseHeaders, parseUrl, wishesOf, type HealthFlags } from "../health/flags.ts";
import { planHealth } from "../health/plan.ts";
import { reportText } from "../health/report.ts";
import { targetOf } from "../targets/targets.ts";
import { answer, say, type Io } from "../io.ts";

interface Options extends HealthFlags {
  url?: string;
  header: string[];
  expectBuild?: string;
  json?: boolean;
}

const verdictExit = { pass: 0, fail: 1, inconclusive: 3 } as const;

/** `edge-ai healthcheck [url]`: measures a deployment and judges it by its SLOs. */
export async function healthcheckCommand(io: Io, options: Options): Promise<number> {
  const headers = parseHeaders(options.header);
  const given = options.url === undefined ? undefined : parseUrl(options.url);
  const wishes = wishesOf(options, given?.path);
  const config = await configIn(io.cwd);
  const production = given === undefined ? await productionOf(io, config) : { url: given.origin, headers: {} };
  const document = await checkHealth({
    ...planHealth(config, wishes),
    url: production.url,
    headers: { ...production.headers, ...headers },
    expectBuild: options.expectBuild,
    signal: io.signal,
    onProgress: (line) => say(io, line),
  });
  answer(io, options.json === true ? document : reportText(document));
  // The document is the answer, so an interruption is an exit code and not an error with a document of its own.
  return interruptedExit(io.signal) ?? verdictExit[document.verdict];
}

/** edge-ai.json of the folder, if there is one. */
async function configIn(dir: string): Promise<Config | null> {
  return fs.existsSync(path.join(dir, CONFIG_FILE)) ? readConfig(dir) : null;
}

/** Without a URL: the current production of the default target, and what reaches it. */
async function productionOf(
  io: Io,
  config: Config | null,
): Promise<{ url: string; headers: Readonly<Record<string, string>> }> {
  const target = config && targetOf(config.target, { io, projectDir: io.cwd, config });
  const url = target && (await target.productionUrl());
  if (target !== null && url !== null) return { url, headers: (await target.current())?.requestHeaders ?? {} };
  throw new CliError("NEEDS_INPUT", "which URL should be checked?", {
    hint: `give it: edge-ai healthcheck https://…${config === null ? "" : ` (${config.target} has no production yet)`}`,
  });
}
