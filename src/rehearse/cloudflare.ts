import fs from "node:fs/promises";
import path from "node:path";
import { buildWorker } from "../build/worker/build-worker.ts";
import { loadMiniflare } from "../host/workerd/miniflare.ts";
import type { Config } from "../config/schema.ts";
import type { Io } from "../io.ts";
import { cloudflareTarget } from "../targets/cloudflare/cloudflare.ts";
import { findWrangler } from "../targets/cloudflare/program.ts";
import { readWranglerJson, WRANGLER_FILE } from "../targets/cloudflare/wrangler-json.ts";
import { REHEARSAL_ACCOUNT, startCloudflareApi, type CloudflareApi } from "./cloudflare-api/cloudflare-api.ts";
import { endpointNames } from "./cloudflare-api/endpoint-names.ts";
import { faultNames, faultStatuses } from "./cloudflare-api/faults.ts";
import { copyIfThere } from "./copy-if-there.ts";
import { parseFault } from "./fault-flag.ts";
import type { OpenStage } from "./platform.ts";

/** Accepted by the emulator, and by nobody else. */
const TOKEN = "rehearsal";
/** Shares of the traffic, in percent, that a release goes through when edge-ai.json names none. */
const TRAFFIC_STEPS = [10, 50];

/** The real `wrangler` program, and an emulated Cloudflare with real workerd. @throws CliError USAGE for an unknown fault */
export function cloudflareStage(faultTexts: readonly string[]): OpenStage {
  const faults = faultTexts.map((text) => parseFault(text, { endpointNames, faultNames, faultStatuses }));
  return async ({ io, root, projectDir, config, timeoutMs, onProgress }) => {
    // The emulated edge runs the workerd of this very wrangler: without it nothing could answer.
    await loadMiniflare(projectDir);
    const { from } = await findWrangler(io, projectDir);
    const api = await startCloudflareApi({
      token: TOKEN,
      miniflareFrom: projectDir,
      onLog: onProgress,
      signal: io.signal,
    });
    try {
      for (const fault of faults) api.inject(fault);
      const dir = path.join(root, "app");
      await fs.mkdir(dir);
      await copyIfThere(projectDir, dir, ["package.json", "vercel.json", ".env.example", ".env.local"]);
      await writeOwnConfig(path.join(dir, WRANGLER_FILE), await readWranglerJson(projectDir), onProgress);
      const ownIo = { ...io, env: await rehearsalEnv(io.env, api, root) };
      const own = { ...config, targets: ownTargets(config) };
      const target = cloudflareTarget({ io: ownIo, projectDir: dir, programDir: projectDir, config: own, timeoutMs });
      return {
        api,
        dir,
        io: ownIo,
        target,
        config: own,
        cli: { name: "wrangler", version: await target.worker.cli.version(), from },
        prepare: async () => `the Worker will be ${await target.worker.name()}, in an account of this rehearsal`,
        build: async () => {
          const { outputDir: built, buildId } = await buildWorker(projectDir, { signal: io.signal });
          const outputDir = path.join(dir, ".cloudflare", "output");
          await fs.cp(built, outputDir, { recursive: true });
          const file = path.join(outputDir, "wrangler.json");
          await writeOwnConfig(file, JSON.parse(await fs.readFile(file, "utf8")));
          return { outputDir, buildId };
        },
        stampedFiles: async (outputDir) => [path.join(outputDir, "worker.js")],
      };
    } catch (error) {
      await api.close();
      throw error;
    }
  };
}

/** Without the user's account, which wrangler would prefer to ours, and without routes, which belong to a zone of theirs. */
async function writeOwnConfig(
  file: string,
  { account_id: _account, route, routes, ...rest }: Record<string, unknown>,
  onProgress?: (line: string) => void,
): Promise<void> {
  const hasRoutes = route !== undefined || (Array.isArray(routes) && routes.length > 0);
  if (hasRoutes) onProgress?.("the routes of wrangler.jsonc are left out: they belong to a zone of yours");
  await fs.writeFile(file, `${JSON.stringify(rest, null, 2)}\n`);
}

function ownTargets({ targets }: Config): Config["targets"] {
  const steps = targets.cloudflare?.trafficSteps ?? [];
  const trafficSteps = steps.length === 0 ? TRAFFIC_STEPS : steps;
  return { cloudflare: { accountId: REHEARSAL_ACCOUNT, name: null, domain: null, trafficSteps } };
}

/** A home of its own, so that the user's login is not found; and nothing that says another account, token or API. */
async function rehearsalEnv(env: Io["env"], api: CloudflareApi, root: string): Promise<Io["env"]> {
  const home = path.join(root, "home");
  await fs.mkdir(home);
  const own = Object.entries(env).filter(([name]) => !/^(CLOUDFLARE|CF|WRANGLER|VERCEL|XDG)_/.test(name));
  return {
    ...Object.fromEntries(own),
    HOME: home,
    XDG_CONFIG_HOME: path.join(home, ".config"),
    CLOUDFLARE_API_BASE_URL: api.url,
    CLOUDFLARE_API_TOKEN: TOKEN,
    CLOUDFLARE_ACCOUNT_ID: REHEARSAL_ACCOUNT,
  };
}
