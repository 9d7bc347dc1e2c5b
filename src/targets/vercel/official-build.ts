import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { parseEnv } from "node:util";
import { CliError } from "../../errors.ts";
import { redact } from "../../secrets.ts";
import type { Artefact, Environment } from "../target.ts";
import { vercelArgs } from "./command-lines.ts";
import type { VercelTarget } from "./vercel.ts";
import { exists } from "../../exists.ts";

const BUILD_ID = "EDGE_AI_BUILD_ID";
/** Of a value that is masked whatever its name is. */
const SHORTEST_VALUE = 8;

/**
 * Builds with `vercel build` instead of our own builder, with the settings of the project on Vercel. Its functions learn
 * their build id from the environment in .vc-config.json, since that builder replaces nothing in the code.
 * The variables that `vercel pull` writes to disk for the build are removed again, unless they were there before.
 * @throws CliError when vercel cannot link, pull or build
 */
export async function buildWithVercel(
  target: VercelTarget,
  projectDir: string,
  environment: Environment,
): Promise<Artefact> {
  const { scope } = await target.project.linked();
  const pulled = path.join(projectDir, ".vercel", `.env.${environment}.local`);
  const hadThem = await exists(pulled);
  try {
    await target.cli.output(vercelArgs.pull(environment, scope));
    await target.cli.output(vercelArgs.build(environment, scope));
  } catch (error) {
    throw await masked(error, pulled);
  } finally {
    if (!hadThem) await fs.rm(pulled, { force: true });
  }
  const outputDir = path.join(projectDir, ".vercel", "output");
  return { outputDir, buildId: await stampBuildId(projectDir, outputDir) };
}

/** A build that fails may print the variables it was given; nobody but that file knows their values here. */
async function masked(failure: unknown, pulled: string): Promise<unknown> {
  if (!(failure instanceof CliError) || !(await exists(pulled))) return failure;
  const values = Object.values(parseEnv(await fs.readFile(pulled, "utf8")));
  const secrets = values.flatMap((value) => (value !== undefined && value.length >= SHORTEST_VALUE ? [value] : []));
  return new CliError(failure.code, redact(failure.message, secrets), { hint: failure.hint, cause: failure });
}

/** Hashes what ships, files that functions only point to included, and writes the id into every function. */
async function stampBuildId(projectDir: string, outputDir: string): Promise<string> {
  const hash = createHash("sha256");
  const files = await filesOf(outputDir);
  const configs = files.filter((file) => path.basename(file) === ".vc-config.json");
  const pointed = new Set<string>();
  for (const file of files) {
    const inside = path.relative(outputDir, file);
    // They hold times and the paths of this machine.
    if (inside === "builds.json" || inside.startsWith(`diagnostics${path.sep}`)) continue;
    hash.update(`${inside}\0`).update(await contentOf(file));
  }
  for (const file of configs) for (const name of mappedFiles(await readObject(file))) pointed.add(name);
  for (const name of [...pointed].toSorted())
    hash.update(`${name}\0`).update(await fs.readFile(path.join(projectDir, name)));
  const buildId = hash.digest("hex").slice(0, 16);
  for (const file of configs) {
    const config = await readObject(file);
    const environment = { ...asObject(config["environment"]), [BUILD_ID]: buildId };
    await fs.writeFile(file, `${JSON.stringify({ ...config, environment }, null, 2)}\n`);
  }
  return buildId;
}

function mappedFiles(config: Record<string, unknown>): string[] {
  return Object.values(asObject(config["filePathMap"])).filter((name) => typeof name === "string");
}

async function readObject(file: string): Promise<Record<string, unknown>> {
  return asObject(JSON.parse(await fs.readFile(file, "utf8")));
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** Of a link, where it leads: a function that is the same as another one, or a package of pnpm. */
async function contentOf(file: string): Promise<Buffer | string> {
  return (await fs.lstat(file)).isSymbolicLink() ? fs.readlink(file) : fs.readFile(file);
}

async function filesOf(dir: string): Promise<string[]> {
  const entries = await fs.readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory()).map((entry) => path.join(entry.parentPath, entry.name));
  return files.toSorted();
}
