import pkg from "../../package.json" with { type: "json" };
import { CliError } from "../errors.ts";
import { workersCron } from "../workers-cron.ts";
import { parseJsonc, withStrings } from "../jsonc.ts";
import { asObject } from "./merge-json.ts";

/** What wrangler reads. */
export const WRANGLER_FILE = "wrangler.jsonc";

/** What only Workers need of the template: the builder puts them in place of, and before, the code for Vercel. */
export const WORKER_CODE = ["lib/cloudflare-workers.d.ts", "lib/platform.cloudflare.ts", "lib/worker.ts"] as const;

/** The version of wrangler that our tests run; a project pins the same. */
export const WRANGLER_VERSION: string = pkg.devDependencies.wrangler;

/** From 2025-04-01 on `nodejs_compat` fills process.env; the workerd of wrangler 4.150.0 knows dates up to 2026-10-06. */
const COMPATIBILITY_DATE = "2026-10-01";
/** A preview is <8 of the version>-<name>, and a label of a domain has at most 63 characters. */
const MAX_NAME = 54;

/** The folders that a build, wrangler and its secrets leave. */
const IGNORED = [".cloudflare/", ".wrangler/", ".dev.vars*"];

export interface WranglerSettings {
  name: string;
  /** Names of the variables without which no release is made. */
  secrets: readonly string[];
  /** Schedules, as vercel.json has them. */
  crons: readonly string[];
}

/** The text of wrangler.jsonc: `edge-ai deploy` uses it, and plain `wrangler deploy` and `wrangler dev` too. */
export function wranglerText({ name, secrets, crons }: WranglerSettings): string {
  return `{
  "$schema": "./node_modules/wrangler/config-schema.json",
  "name": ${JSON.stringify(workerName(name))},
  // What \`edge-ai build --target cloudflare\` makes of api/, lib/ and public/. It is one module already.
  "main": ".cloudflare/output/worker.js",
  "no_bundle": true,
  "find_additional_modules": false,
  "build": { "command": "npx --no-install edge-ai build --target cloudflare" },
  "assets": { "directory": ".cloudflare/output/assets", "run_worker_first": ["/api/*"] },
  "compatibility_date": "${COMPATIBILITY_DATE}",
  // The second one tells a request that its caller has left, so that no model goes on for nobody.
  "compatibility_flags": ["nodejs_compat", "enable_request_signal"],
  // Tells a release which version answered: the build id of /api/health.
  "version_metadata": { "binding": "CF_VERSION_METADATA" },
  "workers_dev": true,
  "preview_urls": true,
  "observability": { "enabled": true },
  // Without these no version is taken. \`edge-ai deploy\` sends their values from .env.local with the version.
  "secrets": { "required": ${listOf(secrets)} },
  // The schedules of vercel.json, which says what they call.
  "triggers": { "crons": ${listOf(cronsOf(crons))} },
  "send_metrics": false,
  "dependencies_instrumentation": { "enabled": false }
}
`;
}

function listOf(names: readonly string[]): string {
  return `[${names.map((name) => JSON.stringify(name)).join(", ")}]`;
}

/** A name for a Worker: small letters, digits and dashes. */
function workerName(name: string): string {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return plain.replace(/^-/, "").slice(0, MAX_NAME).replace(/-$/, "");
}

/**
 * A wrangler.jsonc that has these secrets and schedules too. What is there stays.
 * @returns the same text when it has them all
 * @throws CliError BAD_CONFIG when it cannot be read
 */
export function mergeWrangler(text: string, { secrets, crons }: Omit<WranglerSettings, "name">): string {
  try {
    const config = asObject(parseJsonc(text));
    const withSecrets = merged(text, ["secrets", "required"], asObject(config["secrets"])["required"], secrets);
    return merged(withSecrets, ["triggers", "crons"], asObject(config["triggers"])["crons"], cronsOf(crons));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CliError("BAD_CONFIG", `${WRANGLER_FILE} cannot be read: ${error.message}`, {
      hint: `correct ${WRANGLER_FILE}`,
      cause: error,
    });
  }
}

function merged(text: string, place: readonly [string, string], found: unknown, wanted: readonly string[]): string {
  const present = (Array.isArray(found) ? found : []).filter((each) => typeof each === "string");
  const all = [...new Set([...present, ...wanted])];
  return all.length === present.length ? text : withStrings(text, place, all);
}

function cronsOf(schedules: readonly string[]): string[] {
  return [...new Set(schedules.map(workersCron))];
}

/** The schedules in the text of a vercel.json. @throws CliError BAD_CONFIG when it is no JSON */
export function schedulesIn(vercelJson: string): string[] {
  const { crons } = asObject(parsed(vercelJson));
  return (Array.isArray(crons) ? crons : []).flatMap((cron) => {
    const { schedule } = asObject(cron);
    return typeof schedule === "string" ? [schedule] : [];
  });
}

function parsed(vercelJson: string): unknown {
  try {
    return JSON.parse(vercelJson);
  } catch (error) {
    throw new CliError("BAD_CONFIG", "vercel.json is not valid JSON", { hint: "correct vercel.json", cause: error });
  }
}

/** The names that a .env.example says have to be set: those that it does not comment out. */
export function requiredNames(envExample: string): string[] {
  return [...envExample.matchAll(/^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=/gm)].map(([, name]) => name ?? "");
}

/** A .gitignore with what a build for Workers leaves. */
export function mergeGitignore(text: string): string {
  const lines = new Set(text.split(/\r?\n/).map((line) => line.trim()));
  const missing = IGNORED.filter((line) => !lines.has(line));
  return missing.length === 0 ? text : `${text === "" ? "" : `${text.trimEnd()}\n`}${missing.join("\n")}\n`;
}
