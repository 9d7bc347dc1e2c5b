import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { readConfig } from "../../config/read.ts";
import { CliError } from "../../errors.ts";
import { exists } from "../../exists.ts";
import { workersCron } from "../../workers-cron.ts";
import { BUILD_ID_PLACEHOLDER } from "../bundle.ts";
import { findFunctions, type FunctionSource } from "../functions.ts";
import { buildRoutes } from "../routes.ts";
import { openStaging, replaceDir } from "../staging.ts";
import { copyStatic, type StaticReport } from "../static.ts";
import { readVercelJson, type VercelJson } from "../vercel-json.ts";
import { bundleWorker, WORKER_ALTERNATIVES } from "./bundle-worker.ts";
import { vercelOnlyWarnings } from "./vercel-only.ts";
import { ASSETS, cronWarnings, MAIN, outputConfig, readWranglerConfig, WRANGLER_JSON } from "./wrangler-config.ts";

/** Of all modules of a Worker, uncompressed, on every plan since 2026-09-04 (developers.cloudflare.com/workers/platform/limits). */
export const MAX_WORKER_BYTES = 67_108_864;
const LARGEST_SHOWN = 5;
const ENTRY = "lib/worker.ts";

export interface WorkerBuild {
  version: 1;
  target: "cloudflare";
  outputDir: string;
  buildId: string;
  worker: { bytes: number; largest: { name: string; bytes: number }[] };
  static: StaticReport;
  warnings: string[];
}

/**
 * Builds a project into one Worker: worker.js, assets/ and wrangler.json. It appears whole or not at all.
 * @param outputDir where to, by default .cloudflare/output of the project
 * @throws CliError BAD_CONFIG; BUILD_FAILED, also for what cannot run on Workers; MISSING_PROGRAM; TOO_LARGE
 */
export async function buildWorker(
  dir: string,
  options: { outputDir?: string; signal?: AbortSignal } = {},
): Promise<WorkerBuild> {
  const projectDir = await fs.realpath(dir).catch(() => dir);
  const outputDir = options.outputDir ?? path.join(projectDir, ".cloudflare", "output");
  await refuseLocal(projectDir);
  const wrangler = await readWranglerConfig(projectDir);
  const vercelJson = await readVercelJson(projectDir);
  const functions = await findFunctions(projectDir, vercelJson);
  await refuseWithoutEntry(projectDir);
  const staging = await openStaging(outputDir);
  try {
    const bundle = await bundleWorker(projectDir, entryOf(functions, vercelJson));
    options.signal?.throwIfAborted();
    const worker = sizesOf(bundle.bytesBySource, Buffer.byteLength(bundle.code));
    const statics = await copyStatic(projectDir, path.join(staging, ASSETS));
    const config = `${JSON.stringify(outputConfig(wrangler, vercelJson), null, 2)}\n`;
    await fs.writeFile(path.join(staging, WRANGLER_JSON), config);
    await fs.writeFile(path.join(staging, MAIN), bundle.code);
    const buildId = await stampBuildId(staging, bundle.code);
    options.signal?.throwIfAborted();
    await replaceDir(staging, outputDir);
    const warnings = [
      ...bundle.warnings,
      ...vercelOnlyWarnings(vercelJson, functions),
      ...cronWarnings(wrangler, vercelJson),
      ...statics.warnings,
    ];
    return { version: 1, target: "cloudflare", outputDir, buildId, worker, static: statics.report, warnings };
  } catch (error) {
    options.signal?.throwIfAborted();
    throw error;
  } finally {
    await fs.rm(staging, { recursive: true, force: true });
  }
}

/** Weights and native code do not fit into a Worker. A project without edge-ai.json is fine. */
async function refuseLocal(projectDir: string): Promise<void> {
  if (!(await exists(path.join(projectDir, "edge-ai.json")))) return;
  const { mode, model } = await readConfig(projectDir);
  if (mode !== "local") return;
  throw new CliError("BUILD_FAILED", `${model.id} runs in the function (mode local), and a Worker cannot run it`, {
    hint: WORKER_ALTERNATIVES,
  });
}

async function refuseWithoutEntry(projectDir: string): Promise<void> {
  if (await exists(path.join(projectDir, ENTRY))) return;
  throw new CliError("BUILD_FAILED", `there is no ${path.join(projectDir, ENTRY)}`, {
    hint: "edge-ai add cloudflare writes it",
  });
}

/** The module that hands the functions, and what of vercel.json a Worker needs, to lib/worker.ts. Pure. */
function entryOf(functions: readonly FunctionSource[], vercelJson: VercelJson): string {
  const imports = functions.map(({ file }, index) => `import * as f${index} from ${JSON.stringify(`./${file}`)};`);
  const table = functions.map(({ route }, index) => `${JSON.stringify(`/${route}`)}: f${index}`);
  const crons = vercelJson.crons.map(({ path: to, schedule }) => ({ schedule: workersCron(schedule), path: to }));
  return [
    `import { workerOf } from "./${ENTRY}";`,
    ...imports,
    `const rewrites = ${JSON.stringify(rewritesOf(functions, vercelJson))};`,
    `const crons = ${JSON.stringify(crons)};`,
    `export default workerOf({ functions: { ${table.join(", ")} }, rewrites, crons });`,
    "",
  ].join("\n");
}

/** The rewrites of vercel.json and those of functions with [segments], in their order. */
function rewritesOf(functions: readonly FunctionSource[], { rewrites }: VercelJson): [string, string][] {
  const routes = buildRoutes({ rewrites, functions: {}, crons: [] }, functions);
  return routes.flatMap((route) =>
    "src" in route && route.src !== undefined && route.dest !== undefined && route.status === undefined
      ? [[route.src, route.dest] as [string, string]]
      : [],
  );
}

/** @throws CliError TOO_LARGE with the largest packages named */
function sizesOf(bytesBySource: ReadonlyMap<string, number>, bytes: number): WorkerBuild["worker"] {
  const largest = [...bytesBySource]
    .map(([name, each]) => ({ name, bytes: each }))
    .toSorted((a, b) => b.bytes - a.bytes)
    .slice(0, LARGEST_SHOWN);
  if (bytes <= MAX_WORKER_BYTES) return { bytes, largest };
  const names = largest.map((each) => `${each.name} ${each.bytes}`).join(", ");
  throw new CliError("TOO_LARGE", `the Worker has ${bytes} bytes, over the limit of ${MAX_WORKER_BYTES}: ${names}`, {
    hint: WORKER_ALTERNATIVES,
  });
}

/** Writes the hash of everything that ships into the code that asks for it. Returns the id. */
async function stampBuildId(staging: string, code: string): Promise<string> {
  const hash = createHash("sha256");
  const entries = await fs.readdir(staging, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  for (const file of files.toSorted()) {
    hash.update(`${path.relative(staging, file)}\0`).update(await fs.readFile(file));
  }
  const buildId = hash.digest("hex").slice(0, 16);
  await fs.writeFile(path.join(staging, MAIN), code.replaceAll(BUILD_ID_PLACEHOLDER, buildId));
  return buildId;
}
