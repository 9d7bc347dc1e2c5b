import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CONFIG_FILE, readConfig } from "../config/read.ts";
import { CliError } from "../errors.ts";
import { BUILD_ID_PLACEHOLDER, bundleFunction, sourceOf } from "./bundle.ts";
import { findFunctions, type FunctionSource } from "./functions.ts";
import { readNodeMajor } from "./node-version.ts";
import { buildRoutes } from "./routes.ts";
import { openStaging, replaceDir } from "./staging.ts";
import { copyStatic, type StaticReport } from "./static.ts";
import { includedFiles, traceFiles } from "./trace.ts";
import { readVercelJson, type VercelJson } from "./vercel-json.ts";

/** Vercel's standard limit for an uncompressed function: 250 x 1024 x 1024 (vercel build-utils, docs of 2026-06-19). */
export const MAX_FUNCTION_BYTES = 262_144_000;
const LARGEST_SHOWN = 5;
const SIGNAL_DELAY_MS = 50;

interface FunctionReport {
  path: string;
  bytes: number;
  largest: { name: string; bytes: number }[];
}

export interface BuildReport {
  version: 1;
  outputDir: string;
  buildId: string;
  functions: FunctionReport[];
  static: StaticReport;
  warnings: string[];
}

/**
 * Builds a project into a Build Output API v3 folder. It appears whole or not at all: an older one stays until then.
 * @param outputDir where to, by default .vercel/output of the project
 * @throws CliError BAD_CONFIG, BUILD_FAILED, MISSING_PROGRAM, or TOO_LARGE with the largest packages named
 */
export async function buildProject(
  dir: string,
  options: { outputDir?: string; signal?: AbortSignal } = {},
): Promise<BuildReport> {
  // The tracer follows links, and has to find the project where we say that it is.
  const projectDir = await fs.realpath(dir).catch(() => dir);
  const outputDir = options.outputDir ?? path.join(projectDir, ".vercel", "output");
  await checkConfig(projectDir);
  const vercelJson = await readVercelJson(projectDir);
  const nodeMajor = await readNodeMajor(projectDir);
  const sources = await findFunctions(projectDir, vercelJson);
  const staging = await openStaging(outputDir);
  try {
    const built: BuiltFunction[] = [];
    for (const source of sources) {
      options.signal?.throwIfAborted();
      built.push(await buildFunction({ projectDir, staging, source, vercelJson, nodeMajor }));
    }
    const statics = await copyStatic(projectDir, path.join(staging, "static"));
    const config = { version: 3, routes: buildRoutes(vercelJson, sources), crons: vercelJson.crons };
    await fs.writeFile(path.join(staging, "config.json"), `${JSON.stringify(config, null, 2)}\n`);
    refuseTooLarge(built);
    const buildId = await stampBuildId(staging, built);
    options.signal?.throwIfAborted();
    await replaceDir(staging, outputDir);
    return {
      version: 1,
      outputDir,
      buildId,
      functions: built.map(({ report }) => report),
      static: statics.report,
      warnings: [...built.flatMap(({ warnings }) => warnings), ...statics.warnings],
    };
  } catch (error) {
    // Ctrl-C in a terminal ends esbuild's process as well, and that may be noticed before the signal.
    if (!(error instanceof CliError)) await sleep(SIGNAL_DELAY_MS);
    options.signal?.throwIfAborted();
    throw error;
  } finally {
    await fs.rm(staging, { recursive: true, force: true });
  }
}

/** A function may read edge-ai.json: a wrong one is found here rather than in production. A project without one is fine. */
async function checkConfig(projectDir: string): Promise<void> {
  const file = path.join(projectDir, CONFIG_FILE);
  const exists = await fs.access(file).then(
    () => true,
    () => false,
  );
  if (exists) await readConfig(projectDir);
}

interface BuiltFunction {
  dir: string;
  report: FunctionReport;
  warnings: string[];
}

interface FunctionJob {
  projectDir: string;
  staging: string;
  source: FunctionSource;
  vercelJson: VercelJson;
  nodeMajor: number;
}

async function buildFunction({
  projectDir,
  staging,
  source,
  vercelJson,
  nodeMajor,
}: FunctionJob): Promise<BuiltFunction> {
  const { file, route, settings } = source;
  const dir = path.join(staging, "functions", `${route}.func`);
  const code = path.join(dir, "index.mjs");
  const architecture = settings.architecture ?? "x86_64";
  const bundle = await bundleFunction(projectDir, file, nodeMajor);
  await fs.mkdir(dir, { recursive: true });
  await fs.writeFile(code, bundle.code);

  const bytesBySource = new Map(bundle.bytesBySource);
  const files = new Map([
    ...(await traceFiles(projectDir, code, architecture)),
    ...(await includedFiles(projectDir, file, settings)),
  ]);
  for (const [inside, from] of files) {
    const bytes = await placeFile(from, path.join(dir, inside));
    bytesBySource.set(sourceOf(inside), (bytesBySource.get(sourceOf(inside)) ?? 0) + bytes);
  }
  await fs.writeFile(
    path.join(dir, ".vc-config.json"),
    `${JSON.stringify(vcConfig(source, vercelJson, nodeMajor), null, 2)}\n`,
  );
  const largest = [...bytesBySource].map(([name, bytes]) => ({ name, bytes })).toSorted((a, b) => b.bytes - a.bytes);
  const bytes = largest.reduce((sum, part) => sum + part.bytes, 0);
  const inFileConfig = bundle.exports.includes("config")
    ? [`${file}: \`export const config\` is not read; use functions in vercel.json`]
    : [];
  return {
    dir,
    report: { path: route, bytes, largest: largest.slice(0, LARGEST_SHOWN) },
    warnings: [...bundle.warnings, ...inFileConfig],
  };
}

/** What Vercel reads about a Node.js function, https://vercel.com/docs/build-output-api/primitives (2025-03-04). */
function vcConfig({ settings }: FunctionSource, vercelJson: VercelJson, nodeMajor: number): object {
  const regions = settings.regions ?? vercelJson.regions;
  const functionFailoverRegions = settings.functionFailoverRegions ?? vercelJson.functionFailoverRegions;
  return {
    handler: "index.mjs",
    runtime: `nodejs${nodeMajor}.x`,
    architecture: settings.architecture ?? "x86_64",
    launcherType: "Nodejs",
    shouldAddHelpers: true,
    supportsResponseStreaming: true,
    environment: {},
    ...(settings.maxDuration !== undefined && { maxDuration: settings.maxDuration }),
    ...(settings.supportsCancellation !== undefined && { supportsCancellation: settings.supportsCancellation }),
    ...(settings.maxConcurrency !== undefined && { maxConcurrency: settings.maxConcurrency }),
    ...(regions !== undefined && { regions }),
    ...(functionFailoverRegions !== undefined && { functionFailoverRegions }),
  };
}

/** Copies a file, or makes a symbolic link. Returns its bytes. */
async function placeFile(source: { copyOf: string } | { linkTo: string }, to: string): Promise<number> {
  await fs.mkdir(path.dirname(to), { recursive: true });
  if ("linkTo" in source) await fs.symlink(source.linkTo, to);
  else await fs.copyFile(source.copyOf, to, fs.constants.COPYFILE_FICLONE);
  return (await fs.lstat(to)).size;
}

function refuseTooLarge(built: readonly BuiltFunction[]): void {
  const over = built.filter(({ report }) => report.bytes >= MAX_FUNCTION_BYTES);
  if (over.length === 0) return;
  const lines = over.map(
    ({ report }) =>
      `${report.path} has ${report.bytes} bytes: ${report.largest.map(({ name, bytes }) => `${name} ${bytes}`).join(", ")}`,
  );
  throw new CliError(
    "TOO_LARGE",
    `at or over Vercel's limit of ${MAX_FUNCTION_BYTES} bytes\n${lines.map((line) => `  ${line}`).join("\n")}`,
    {
      hint: "take a smaller model or quantisation, or move the largest package out of the function",
    },
  );
}

/** Writes the hash of everything that ships, functions, static files and routes, into the code that asks for it. Returns the id. */
async function stampBuildId(staging: string, built: readonly BuiltFunction[]): Promise<string> {
  const hash = createHash("sha256");
  const entries = await fs.readdir(staging, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  for (const file of files.toSorted()) {
    hash.update(`${path.relative(staging, file)}\0`).update(await fs.readFile(file));
  }
  const buildId = hash.digest("hex").slice(0, 16);
  for (const { dir } of built) {
    const file = path.join(dir, "index.mjs");
    const code = await fs.readFile(file, "utf8");
    if (code.includes(BUILD_ID_PLACEHOLDER)) await fs.writeFile(file, code.replaceAll(BUILD_ID_PLACEHOLDER, buildId));
  }
  return buildId;
}
