import fs from "node:fs/promises";
import path from "node:path";
import { openAlerts, parseAlerts, type Alert } from "../advise/alert.ts";
import { parsePlanFile } from "../advise/plan-file.ts";
import { CONFIG_FILE, readConfig, readJson } from "../config/read.ts";
import type { Config } from "../config/schema.ts";
import type { TargetName } from "../config/words.ts";
import { CliError, messageOf } from "../errors.ts";
import { exists } from "../exists.ts";
import type { HealthDocument } from "../health/document.ts";
import { lastCheckFile, readHealthFile, readLastChecks } from "../health/last-check.ts";
import type { Io } from "../io.ts";
import { optionsIn, routes, type OptionName } from "../scaffold/parts.ts";

export interface AdviseOptions {
  health?: string;
  alerts?: string;
  plan?: string;
  explain?: boolean;
  json?: boolean;
}

/** A health check, and what it is called. */
interface FoundHealth {
  name: string;
  health: HealthDocument;
  target: TargetName | null;
}

/** Everything that advice can be made from, as far as it is there. */
export interface Sources {
  config: Config | null;
  health: FoundHealth | null;
  alerts: { name: string; alerts: Alert[] } | null;
  plan: ({ name: string } & ReturnType<typeof parsePlanFile>) | null;
}

/**
 * Reads what was named; of a project in the current folder also its edge-ai.json, and its newest health check unless a plan was named.
 * @throws CliError BAD_CONFIG for a file that is not what it should be, NEEDS_INPUT when there is nothing at all
 */
export async function readSources(io: Io, options: AdviseOptions): Promise<Sources> {
  const config = (await exists(path.join(io.cwd, CONFIG_FILE))) ? await readConfig(io.cwd) : null;
  const alerts = options.alerts === undefined ? null : await readAlerts(io, options.alerts);
  const plan = options.plan === undefined ? null : await readPlan(io, options.plan);
  const health = await findHealth(io, options, config, alerts?.alerts ?? []);
  if (config === null && alerts === null && plan === null && health === null) {
    throw new CliError("NEEDS_INPUT", "there is no health check, no plan and no project to advise on", {
      hint: "measure the app: edge-ai healthcheck https://… --json > health.json, then edge-ai advise --health health.json; or run it in a project",
    });
  }
  return { config, health, alerts, plan };
}

async function findHealth(
  io: Io,
  { health: file, plan }: AdviseOptions,
  config: Config | null,
  alerts: readonly Alert[],
): Promise<FoundHealth | null> {
  if (file !== undefined) return { name: file, ...(await readHealthFile(path.resolve(io.cwd, file))) };
  if (config === null || plan !== undefined) return null;
  const checks = await readLastChecks(io.cwd);
  const about = new Set(openAlerts(alerts).map(({ target }) => target));
  const found = checks.find(({ target }) => about.has(target)) ?? checks[0];
  return found === undefined
    ? null
    : {
        name: `${lastCheckFile(found.target)} of ${found.checkedAt.slice(0, 16)}Z`,
        health: found.health,
        target: found.target,
      };
}

async function readAlerts(io: Io, file: string): Promise<NonNullable<Sources["alerts"]>> {
  const text = await fs.readFile(path.resolve(io.cwd, file), "utf8").catch((error: unknown) => {
    throw new CliError("FILE", `${file} cannot be read: ${messageOf(error)}`, {
      hint: "give a file with one alert as JSON a line",
      cause: error,
    });
  });
  return { name: file, alerts: parseAlerts(text, file) };
}

async function readPlan(io: Io, file: string): Promise<NonNullable<Sources["plan"]>> {
  return { name: file, ...parsePlanFile(await readJson(path.resolve(io.cwd, file)), file) };
}

/** The functions of a project, and what stands before its models. */
export async function readParts(projectDir: string): Promise<{ routes: string[]; options: OptionName[] }> {
  const names = Object.entries(routes).map(async ([name, { file }]) =>
    (await exists(path.join(projectDir, file))) ? [name] : [],
  );
  const options = await fs.readFile(path.join(projectDir, "lib/options.ts"), "utf8").catch(() => "");
  return { routes: (await Promise.all(names)).flat(), options: optionsIn(options) };
}
