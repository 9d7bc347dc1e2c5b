import semver from "semver";
import { MAX_WORKER_BYTES } from "../../build/worker/build-worker.ts";
import { readEnvFile } from "../../host/env-file.ts";
import { WranglerCli } from "../../targets/cloudflare/cli.ts";
import { cloudflareTarget } from "../../targets/cloudflare/cloudflare.ts";
import { findWrangler, OLDEST_WRANGLER, TESTED_WRANGLER } from "../../targets/cloudflare/program.ts";
import { readWranglerJson, WRANGLER_FILE, type WranglerJson } from "../../targets/cloudflare/wrangler-json.ts";
import { CliError } from "../../errors.ts";
import { defineCheck, type Problem } from "./check.ts";
import type { Project } from "./project.ts";

const PIN = `npm install --save-dev --save-exact wrangler@${TESTED_WRANGLER}`;

/** The `wrangler` program is there, new enough, has a Node.js that it runs on, and is the same on every machine. */
export const wranglerCheck = defineCheck("wrangler", async (project): Promise<Problem[]> => {
  if (project.targetName !== "cloudflare") return [];
  const { from } = await findWrangler(project.io, project.dir);
  if (from === "npx") {
    const message = `wrangler is not installed: npx wrangler@${TESTED_WRANGLER} is used, which needs the network`;
    return [{ level: "warning", message, hint: PIN }];
  }
  const version = await new WranglerCli(project.io, project.dir).version();
  if (version !== null && semver.lt(version, OLDEST_WRANGLER)) {
    const message = `wrangler ${version} is older than ${OLDEST_WRANGLER}, the oldest that a release can be driven with`;
    return [{ level: "error", message, hint: PIN, code: "MISSING_PROGRAM" }];
  }
  return from === "project" ? [] : [unpinned(version)];
});

function unpinned(version: string | null): Problem {
  const message = `wrangler (${version ?? "unknown version"}) is the one of this machine: another machine may have another one`;
  return { level: "warning", message, hint: PIN };
}

/** The project can run on Workers, wrangler.jsonc is as a release needs it, and its secrets have values. */
export function workersCheck(now: () => Date = () => new Date()) {
  return defineCheck("Cloudflare Worker", async (project): Promise<Problem[]> => {
    const { targetName, config } = project;
    if (targetName !== "cloudflare" || config === null) return [];
    if (config.mode === "local") return [localMode()];
    const wranglerJson = await readWranglerJson(project.dir);
    return [...settings(wranglerJson, now()), ...(await missingSecrets(project, wranglerJson))];
  });
}

function localMode(): Problem {
  return {
    level: "error",
    code: "BAD_CONFIG",
    message: `mode local runs a model in the function: a Worker has 128 MB of memory, ${MAX_WORKER_BYTES} bytes of code and no native modules`,
    hint: "call a model instead: mode hybrid (a hosted endpoint) or external (an API, Workers AI too: model @cf/…); or deploy with --target vercel or --target local",
  };
}

/** https://developers.cloudflare.com/workers/wrangler/configuration/ */
function settings(wranglerJson: WranglerJson, now: Date): Problem[] {
  const { compatibility_date: date, compatibility_flags: flags, version_metadata: metadata } = wranglerJson;
  const wrong: [boolean, Problem["level"], string, string][] = [
    [
      Date.parse(date) > now.getTime(),
      "error",
      `the compatibility date ${date} is in the future, and Cloudflare refuses it`,
      `set "compatibility_date" to a day that is past`,
    ],
    [
      !flags.includes("nodejs_compat"),
      "error",
      "nodejs_compat is not among the compatibility flags: process.env would be empty",
      'add "compatibility_flags": ["nodejs_compat"]',
    ],
    [
      metadata === undefined,
      "error",
      "there is no version_metadata: the app could not say which version it is, and no gate could tell",
      'add "version_metadata": { "binding": "CF_VERSION_METADATA" }',
    ],
    [
      wranglerJson.send_metrics !== false,
      "warning",
      "send_metrics is not false: wrangler tells Cloudflare how it is used, when somebody runs it by hand",
      'add "send_metrics": false',
    ],
  ];
  return wrong
    .filter(([is]) => is)
    .map(([, level, message, hint]) => ({ level, message: `${WRANGLER_FILE}: ${message}`, hint }));
}

/** In .env.local, which a release takes along, or on the Worker already. */
async function missingSecrets({ io, dir, config }: Project, { secrets }: WranglerJson): Promise<Problem[]> {
  const values = await readEnvFile(dir);
  const unset = secrets.required.filter((name) => (values[name] ?? "") === "");
  if (unset.length === 0 || config === null) return [];
  let there: string[];
  try {
    there = await cloudflareTarget({ io, projectDir: dir, config }).worker.secretNames();
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const message = `${unset.join(", ")} not in .env.local, and Cloudflare could not be asked: ${error.message}`;
    return [{ level: "warning", message, hint: error.hint ?? "run it again" }];
  }
  const missing = unset.filter((name) => !there.includes(name));
  if (missing.length === 0) return [];
  return [
    {
      level: "error",
      message: `secrets that ${WRANGLER_FILE} requires and that are nowhere: ${missing.join(", ")}`,
      hint: `put them into .env.local, or: npx wrangler secret put ${missing[0]}`,
      code: "BAD_CONFIG",
    },
  ];
}
